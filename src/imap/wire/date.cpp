// Dates read and printed. RFC 3501 section 9: date, date-time.
#include "imap/wire/date.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "core/text.hpp"

namespace postrider::imap::wire {

namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// A cursor over a date. What does not fit leaves it in place, so that it tells the offset of an error.
class DateReader {
public:
    explicit DateReader(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    SyntaxError error(const char* reason) const { return {at_, reason}; }

    bool take(char c) {
        if (at_end() || text_[at_] != c) {
            return false;
        }
        ++at_;
        return true;
    }

    /// As many digits as there are, `least` to `most`.
    std::optional<unsigned> digits(std::size_t least, std::size_t most) {
        std::size_t end = at_;
        while (end < text_.size() && end - at_ < most && is_digit(text_[end])) {
            ++end;
        }
        if (end - at_ < least) {
            return std::nullopt;
        }
        const auto value = parse_decimal<unsigned>(text_.substr(at_, end - at_));
        at_ = end;
        return value;
    }

    std::optional<month> month_name() {
        const auto name = text_.substr(at_, 3);
        const auto found = std::ranges::find_if(month_names, [&](std::string_view m) { return iequals(m, name); });
        if (found == month_names.end()) {
            return std::nullopt;
        }
        at_ += 3;
        return month(static_cast<unsigned>(found - month_names.begin()) + 1);
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

/// date-day "-" date-month "-" date-year
Parsed<Date> read_date(DateReader& in) {
    const DateReader start = in;
    const auto day_number = in.digits(1, 2);
    if (!day_number || !in.take('-')) {
        return in.error("day of the month expected, as in 1-Feb-1994");
    }
    const auto month_number = in.month_name();
    if (!month_number || !in.take('-')) {
        return in.error("month expected, as in 1-Feb-1994");
    }
    const auto year_number = in.digits(4, 4);
    if (!year_number) {
        return in.error("year of four digits expected");
    }
    const Date date(year(static_cast<int>(*year_number)), *month_number, day(*day_number));
    if (!date.ok()) {
        return start.error("there is no such day");
    }
    return date;
}

/// hh:mm:ss; 60 seconds for a leap second.
Parsed<seconds> read_time(DateReader& in) {
    const DateReader start = in;
    const auto hour = in.digits(2, 2);
    const bool first = hour && in.take(':');
    const auto minute = first ? in.digits(2, 2) : std::nullopt;
    const bool second = minute && in.take(':');
    const auto seconds_number = second ? in.digits(2, 2) : std::nullopt;
    if (!seconds_number) {
        return in.error("time expected, as in 21:52:25");
    }
    if (*hour > 23 || *minute > 59 || *seconds_number > 60) {
        return start.error("there is no such time");
    }
    return hours(*hour) + minutes(*minute) + seconds(*seconds_number);
}

Parsed<minutes> read_zone(DateReader& in) {
    const DateReader start = in;
    const bool west = in.take('-');
    if (!west && !in.take('+')) {
        return in.error("zone expected, as in -0800");
    }
    const auto hour = in.digits(2, 2);
    const auto minute = hour ? in.digits(2, 2) : std::nullopt;
    if (!minute) {
        return in.error("zone of four digits expected");
    }
    if (*hour > 23 || *minute > 59) {
        return start.error("there is no such zone");
    }
    const minutes east = hours(*hour) + minutes(*minute);
    return west ? -east : east;
}

}  // namespace

Parsed<Date> parse_date(std::string_view text) {
    DateReader in(text);
    auto date = read_date(in);
    if (date && !in.at_end()) {
        return in.error("nothing expected behind the date");
    }
    return date;
}

Parsed<DateTime> parse_date_time(std::string_view text) {
    DateReader in(text);
    in.take(' ');
    const auto date = read_date(in);
    if (!date) {
        return date.error();
    }
    if (!in.take(' ')) {
        return in.error("blank expected behind the date");
    }
    const auto time = read_time(in);
    if (!time) {
        return time.error();
    }
    if (!in.take(' ')) {
        return in.error("blank expected behind the time");
    }
    const auto zone = read_zone(in);
    if (!zone) {
        return zone.error();
    }
    if (!in.at_end()) {
        return in.error("nothing expected behind the zone");
    }
    return DateTime{sys_days(*date) + *time - *zone, *zone};
}

std::string print_date_time(sys_seconds time, minutes zone) {
    // A file's time can be anything; the wire has four digits for the year.
    constexpr sys_seconds first = sys_days(year(1) / January / 1);
    constexpr sys_seconds last = sys_days(year(9999) / December / 30);
    const auto local = std::clamp(time, first, last) + zone;
    const auto midnight = floor<days>(local);
    const Date date(midnight);
    const hh_mm_ss clock(local - midnight);
    const auto offset = static_cast<int>(zone < 0min ? -zone.count() : zone.count());
    std::array<char, 64> out{};
    std::snprintf(out.data(), out.size(), "%02u-%s-%04d %02d:%02d:%02d %c%02d%02d", static_cast<unsigned>(date.day()),
                  month_names[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), zone < 0min ? '-' : '+', offset / 60, offset % 60);
    return out.data();
}

}  // namespace postrider::imap::wire
