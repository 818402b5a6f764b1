#include "store/maildir/quota_text.hpp"

#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>

#include "core/text.hpp"

namespace postrider::store::maildir {

namespace {

std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (__builtin_add_overflow(a, b, &result)) {
        return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    }
    return result;
}

/// The smallest number has no counterpart: the largest stands for it.
std::int64_t negative(std::int64_t number) {
    return number == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -number;
}

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// Takes a signed decimal number, and the blanks before it, off the front.
std::optional<std::int64_t> take_number(std::string_view& line) {
    line = trimmed(line);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return number;
}

std::optional<Usage> parse_usage(std::string_view line) {
    const auto bytes = take_number(line);
    const bool apart = line.starts_with(' ') || line.starts_with('\t');
    const auto messages = take_number(line);
    if (!bytes || !apart || !messages || !trimmed(line).empty()) {
        return std::nullopt;
    }
    return Usage{*bytes, *messages};
}

bool within(std::uint64_t limit, std::int64_t used) {
    return limit == 0 || used <= 0 || static_cast<std::uint64_t>(used) <= limit;
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
    bytes = sum(bytes, other.bytes);
    messages = sum(messages, other.messages);
    return *this;
}

Usage Usage::operator-() const {
    return {negative(bytes), negative(messages)};
}

QuotaLimits parse_quota_limits(std::string_view text) {
    QuotaLimits limits;
    while (!text.empty()) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (error == std::errc::result_out_of_range) {
            number = std::numeric_limits<std::uint64_t>::max();
        }
        text.remove_prefix(digits);
        if (digits > 0 && text.starts_with('S')) {
            limits.bytes = number;
        } else if (digits > 0 && text.starts_with('C')) {
            limits.messages = number;
        }
        if (digits == 0) {
            text.remove_prefix(1);
        }
    }
    return limits;
}

std::string print_quota_limits(const QuotaLimits& limits) {
    std::string text;
    if (limits.bytes != 0) {
        text = std::to_string(limits.bytes) + "S";
    }
    if (limits.messages != 0) {
        text += (text.empty() ? "" : ",") + std::to_string(limits.messages) + "C";
    }
    return text;
}

QuotaFile parse_quota_file(std::string_view text) {
    QuotaFile file;
    file.damaged = !text.ends_with('\n');
    file.limits = parse_quota_limits(take_line(text));
    while (!text.empty()) {
        const auto usage = parse_usage(take_line(text));
        file.used += usage.value_or(Usage{});
        file.damaged = file.damaged || !usage;
        ++file.lines;
    }
    file.damaged = file.damaged || file.used.bytes < 0 || file.used.messages < 0;
    return file;
}

std::string print_usage(const Usage& usage) {
    char line[64];
    const int size = std::snprintf(line, sizeof line, "%12lld %12lld\n", static_cast<long long>(usage.bytes),
                                   static_cast<long long>(usage.messages));
    return {line, static_cast<std::size_t>(size)};
}

bool fits(const QuotaLimits& limits, const Usage& used) {
    return within(limits.bytes, used.bytes) && within(limits.messages, used.messages);
}

}  // namespace postrider::store::maildir
