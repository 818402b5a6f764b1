// Dates on the wire. RFC 3501 section 9: date, date-time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "mime/envelope.hpp"

namespace postrider::imap::wire {

using Date = std::chrono::year_month_day;
using mime::DateTime;

/// "1-Feb-1994" (one or two digits of day, month in any case). Pure.
Parsed<Date> parse_date(std::string_view text);
/// " 1-Feb-1994 21:52:25 -0800" (day as two digits or blank and digit; also one digit). Pure.
Parsed<DateTime> parse_date_time(std::string_view text);

/// "07-Feb-2020 20:52:25 +0000": the day always two digits, as Courier writes it. zone: the server's at that time.
std::string print_date_time(std::chrono::sys_seconds time, std::chrono::minutes zone);

}  // namespace postrider::imap::wire
