// What a running server tells an administrator: src/service/messages.hpp has how it travels.
#pragma once

#include <cstdint>
#include <string>

#include "core/session_facts.hpp"

namespace postrider::service {

/// What `postrider who` shows of one session.
struct SessionLine {
    std::uint64_t session = 0;
    std::string user;
    std::string address;
    Protocol protocol = Protocol::imap;
    bool tls = false;
    std::uint32_t uid = 0;
    std::uint32_t process = 0;  ///< 0: none has it yet
    std::int64_t age = 0;       ///< seconds since login
    SessionReport status;
};

/// A number that `postrider stats` shows; figure_rows() (figures.hpp) has its meaning.
struct Figure {
    std::string name;
    std::string label;  ///< such as listener="imap"; may be empty
    std::uint64_t value = 0;
};

}  // namespace postrider::service
