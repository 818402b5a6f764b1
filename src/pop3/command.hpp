// A command is one row: its name, when it may be given, and what runs it.
#pragma once

#include <cstdint>
#include <string_view>

#include "pop3/reply.hpp"
#include "pop3/session.hpp"

namespace postrider::pop3 {

/// The states of RFC 1939. Values are bits, so that a command can name both.
enum class When : std::uint8_t { before_login = 1, after_login = 2, always = 3 };

constexpr bool includes(When set, When one) {
    return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(one)) != 0;
}

struct Session::Command {
    std::string_view name;  ///< upper case
    When when;
    Task<Reply> (Session::*run)(std::string_view arguments);
    bool is_counted = true;  ///< whether its answer counts as sent in the closing log line: compat/pop3.md section 4
};

}  // namespace postrider::pop3
