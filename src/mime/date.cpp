// Dates of header fields. RFC 5322 sections 3.3 and 4.3, the form of C's asctime, and missing or wrong times and
// zones, which RFC 5256 section 2.2 reads as 00:00:00 and UTC.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/text.hpp"
#include "mime/envelope.hpp"
#include "mime/lexer.hpp"

namespace postrider::mime {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

bool is_alpha(char c) {
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// A run of 1 to `most` digits.
std::optional<unsigned> number(Lexer& in, std::size_t most) {
    const std::string_view digits = in.run(is_digit);
    if (digits.size() > most) {
        return std::nullopt;
    }
    return parse_decimal<unsigned>(digits);
}

/// 1-12 from a name of at least three letters.
std::optional<unsigned> month_number(std::string_view word) {
    constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    const std::size_t at = word.size() < 3 ? std::string_view::npos : names.find(lower(word.substr(0, 3)));
    if (at == std::string_view::npos || at % 3 != 0) {
        return std::nullopt;
    }
    return static_cast<unsigned>(at / 3 + 1);
}

void skip_separators(Lexer& in) {
    in.skip_cfws();
    while (in.peek() == '-' || in.peek() == ',' || in.peek() == '.') {
        in.skip(1);
        in.skip_cfws();
    }
}

/// RFC 5322 section 4.3: two digits are 1950-2049, three count from 1900.
std::optional<int> year(Lexer& in) {
    const std::string_view digits = in.run(is_digit);
    const auto value = parse_decimal<unsigned>(digits);
    if (!value || digits.size() < 2 || digits.size() > 4) {
        return std::nullopt;
    }
    const int shift = digits.size() == 4 ? 0 : digits.size() == 2 && *value < 50 ? 2000 : 1900;
    return static_cast<int>(*value) + shift;
}

/// hh:mm or hh:mm:ss. Zero when it is none.
seconds time_of_day(Lexer& in) {
    const auto hour = number(in, 2);
    const auto separator = [&] { return in.accept(':') || in.accept('.'); };
    if (!hour || !separator()) {
        return seconds(0);
    }
    const auto minute = number(in, 2);
    std::optional<unsigned> second = 0;
    if (separator()) {
        second = number(in, 2);
        if (in.accept('.')) {
            in.run(is_digit);
        }
    }
    if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
        return seconds(0);
    }
    return std::chrono::hours(*hour) + minutes(*minute) + seconds(*second);
}

/// The obsolete names; a single letter other than Z and unknown names count as UTC.
minutes named_zone(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, int>, 8> zones{
        {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}}};
    const auto* zone = std::find_if(zones.begin(), zones.end(), [&](auto& z) { return iequals(z.first, name); });
    return zone == zones.end() ? minutes(0) : std::chrono::hours(zone->second);
}

/// +hhmm, +hh:mm, a name, or a name before the number ("GMT+0100").
minutes zone_of(Lexer& in) {
    in.skip_cfws();
    const std::string_view name = in.run(is_alpha);
    const char sign = in.peek();
    if (sign != '+' && sign != '-') {
        return named_zone(name);
    }
    in.skip(1);
    std::string digits(in.run(is_digit));
    if (digits.size() == 2 && in.accept(':')) {
        digits += in.run(is_digit);
    }
    const auto value = parse_decimal<unsigned>(digits);
    if (!value || digits.size() != 4 || *value % 100 > 59) {
        return minutes(0);
    }
    const minutes east(*value / 100 * 60 + *value % 100);
    return sign == '+' ? east : -east;
}

std::optional<DateTime> moment(std::optional<int> y, std::optional<unsigned> m, std::optional<unsigned> d,
                               seconds of_day, minutes zone) {
    if (!y || !m || !d) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*y), std::chrono::month(*m), std::chrono::day(*d)};
    if (!date.ok()) {
        return std::nullopt;
    }
    return DateTime{std::chrono::sys_days(date) + of_day - zone, zone};
}

/// "Feb  7 21:52:25 1994", also with a zone before or behind the year. In: behind the month.
std::optional<DateTime> asctime_date(Lexer& in, std::optional<unsigned> month) {
    skip_separators(in);
    const auto day = number(in, 2);
    skip_separators(in);
    const seconds of_day = time_of_day(in);
    minutes zone = zone_of(in);
    in.skip_cfws();
    const auto y = year(in);
    in.skip_cfws();
    if (!in.at_end()) {
        zone = zone_of(in);
    }
    return moment(y, month, day, of_day, zone);
}

}  // namespace

std::optional<DateTime> parse_date(std::string_view value) {
    Lexer in(value);
    in.skip_cfws();
    if (is_alpha(in.peek())) {
        std::string_view word = in.run(is_alpha);
        skip_separators(in);
        if (is_alpha(in.peek())) {
            word = in.run(is_alpha);
        }
        if (const auto month = month_number(word)) {
            return asctime_date(in, month);
        }
    }
    const auto day = number(in, 2);
    skip_separators(in);
    const auto month = month_number(in.run(is_alpha));
    skip_separators(in);
    const auto y = year(in);
    skip_separators(in);
    const seconds of_day = time_of_day(in);
    return moment(y, month, day, of_day, zone_of(in));
}

}  // namespace postrider::mime
