// A session as an administrator sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace postrider::imap {

struct Status {
    std::string state;             ///< the command under way, or "waiting"
    std::string folder;            ///< the selected mailbox, UTF-8; "" for none
    std::string client_id;         ///< what ID said
    std::chrono::seconds idle{0};  ///< since the last command began
    std::size_t memory = 0;        ///< bytes of this session alone: what sessions share is not counted
};

}  // namespace postrider::imap
