#include "store/maildir/filename.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <utility>

#include "core/text.hpp"

namespace postrider::store::maildir {

namespace {

constexpr std::array<std::pair<char, Flag>, 5> letters{
    {{'D', Flag::draft}, {'F', Flag::flagged}, {'R', Flag::answered}, {'S', Flag::seen}, {'T', Flag::deleted}}};

/// What stands behind ":2,"; empty where there is none.
std::string_view letters_of(std::string_view name) {
    const auto info = name.substr(base_of(name).size());
    return info.starts_with(":2,") ? info.substr(3) : std::string_view{};
}

bool is_ours(char letter) {
    return std::ranges::any_of(letters, [letter](const auto& known) { return known.first == letter; });
}

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Takes the leading digits off the name; gives them without leading zeros.
std::string_view take_number(std::string_view& name) {
    const auto end = std::ranges::find_if_not(name, is_digit);
    auto digits = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    name.remove_prefix(digits.size());
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

/// The host as it may stand in a file name and in a line of a list.
std::string file_safe(std::string_view host) {
    constexpr std::size_t most = 64;
    std::string out;
    for (const char c : host) {
        if (c == '/') {
            out += "\\057";
        } else if (c == ':') {
            out += "\\072";
        } else {
            out += is_control(c) ? '_' : c;
        }
    }
    return out.empty() ? "localhost" : out.substr(0, most);
}

}  // namespace

std::string_view base_of(std::string_view name) {
    return name.substr(0, name.rfind(':'));
}

Flags flags_of(std::string_view name) {
    Flags flags;
    for (const char c : letters_of(name)) {
        for (const auto& [letter, flag] : letters) {
            if (c == letter) {
                flags = flags | flag;
            }
        }
    }
    return flags;
}

std::string with_flags(std::string_view name, Flags flags) {
    std::string kept;
    std::ranges::copy_if(letters_of(name), std::back_inserter(kept),
                         [](char c) { return is_letter(c) && !is_ours(c); });
    for (const auto& [letter, flag] : letters) {
        if (flags.has(flag)) {
            kept += letter;
        }
    }
    std::ranges::sort(kept);
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    return std::string(base_of(name)) + ":2," + kept;
}

std::optional<std::uint64_t> size_of(std::string_view name) {
    const auto base = base_of(name);
    const auto mark = base.rfind(",S=");
    if (mark == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number = base.substr(mark + 3);
    return parse_decimal<std::uint64_t>(number.substr(0, number.find(',')));
}

std::strong_ordering delivery_order(std::string_view a, std::string_view b) {
    auto rest_a = a.substr(0, a.find(':'));
    auto rest_b = b.substr(0, b.find(':'));
    const auto number_a = take_number(rest_a);
    const auto number_b = take_number(rest_b);
    if (const auto order = number_a.size() <=> number_b.size(); order != 0) {
        return order;
    }
    if (const auto order = number_a <=> number_b; order != 0) {
        return order;
    }
    if (const auto order = rest_a <=> rest_b; order != 0) {
        return order;
    }
    return base_of(a) <=> base_of(b);
}

std::string unique_name(std::string_view host) {
    static std::atomic<std::uint64_t> counter{0};
    using namespace std::chrono;
    const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    return std::to_string(now / 1'000'000) + ".M" + std::to_string(now % 1'000'000) + "P" + std::to_string(::getpid()) +
           "_" + std::to_string(counter++) + "." + file_safe(host);
}

std::string delivered_name(std::string_view temporary, std::uint64_t device, std::uint64_t inode, std::uint64_t size) {
    std::array<char, 48> place{};
    std::snprintf(place.data(), place.size(), "V%016llXI%016llX", static_cast<unsigned long long>(device),
                  static_cast<unsigned long long>(inode));
    std::string name(temporary);
    name.insert(std::min(name.find('_'), name.size()), place.data());
    return name + ",S=" + std::to_string(size);
}

}  // namespace postrider::store::maildir
