#include "config/value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "core/text.hpp"

namespace postrider::config {

namespace {

std::optional<unsigned> whole_number(std::string_view text, int base) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

unsigned number_within(const Value& value, const Setting& setting, int base) {
    const auto [least, most] = limits_of(setting, base);
    const auto number = whole_number(trimmed(value.text()), base);
    if (!number || *number < least || *number > most) {
        const auto dots = setting.limits.find("..");
        value.refuse((base == 8 ? "an octal number from " : "a number from ") +
                     std::string(setting.limits.substr(0, dots)) + " to " +
                     std::string(setting.limits.substr(dots + 2)));
    }
    return *number;
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string_view> words;
    for (auto at = text.find_first_not_of(blanks); at != std::string_view::npos;) {
        const auto end = std::min(text.find_first_of(blanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(blanks, end);
    }
    return words;
}

std::string place_of(const Assignment& assignment) {
    return assignment.line == 0 ? assignment.file : assignment.file + ':' + std::to_string(assignment.line);
}

Limits limits_of(const Setting& setting, int base) {
    const auto dots = setting.limits.find("..");
    const auto least = whole_number(setting.limits.substr(0, dots), base);
    const auto most =
        dots == std::string_view::npos ? std::nullopt : whole_number(setting.limits.substr(dots + 2), base);
    if (!least || !most) {
        throw std::logic_error("settings table: limits of " + std::string(setting.name));
    }
    return {.least = *least, .most = *most};
}

std::string Value::place_and_value() const {
    return place_of(assignment_) + ": " + assignment_.name + ": \"" + log_safe(assignment_.value, 80) + '"';
}

void Value::refuse(std::string_view expected) const {
    throw ConfigError(place_and_value() + " is not " + std::string(expected));
}

void Value::note(std::string_view remark) const {
    notes_.push_back(place_and_value() + ' ' + std::string(remark));
}

const std::string& Value::text() const {
    if (std::ranges::any_of(assignment_.value, is_control)) {
        refuse("free of control characters");
    }
    return assignment_.value;
}

const std::string& Value::word() const {
    if (text().empty()) {
        refuse("usable: it is empty");
    }
    return assignment_.value;
}

unsigned Value::number() const {
    return number_within(*this, setting_, 10);
}

unsigned Value::octal() const {
    return number_within(*this, setting_, 8);
}

bool Value::on_off() const {
    const std::string_view value = trimmed(text());
    if (value != "0" && value != "1") {
        refuse("0 or 1");
    }
    return value == "1";
}

long Value::lenient_number() const {
    const long number = std::strtol(text().c_str(), nullptr, 10);
    if (!whole_number(trimmed(text()), 10)) {
        note("is not a plain number; it counts as " + std::to_string(number) + ", as for Courier");
    }
    return number;
}

bool Value::yes_no() const {
    const bool yes = istarts_with(text(), "y");
    if (!iequals(text(), "yes") && !iequals(text(), "no")) {
        note(yes ? "counts as YES" : "counts as NO: YES begins with a y");
    }
    return yes;
}

bool Value::on_unless_zero() const {
    const bool on = !text().starts_with('0');
    if (text() != "0" && text() != "1") {
        note(on ? "counts as 1: only what begins with 0 is off" : "counts as 0");
    }
    return on;
}

const std::string& Value::choice() const {
    const std::string_view allowed = setting_.limits;
    for (std::size_t at = 0; at < allowed.size();) {
        const auto end = std::min(allowed.find(' ', at), allowed.size());
        if (allowed.substr(at, end - at) == text()) {
            return text();
        }
        at = end + 1;
    }
    refuse("one of: " + std::string(allowed));
}

std::vector<std::string_view> Value::words() const {
    return words_of(text());
}

std::string Value::path_in(const std::filesystem::path& folder) const {
    return text().empty() ? std::string() : (folder / text()).lexically_normal().string();
}

}  // namespace postrider::config
