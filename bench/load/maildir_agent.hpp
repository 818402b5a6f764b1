// A delivery agent: a file in tmp/, then a rename into new/. maildir(5).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"

namespace postrider::bench {

/// Delivers into one Maildir folder, as its owner where root runs this.
class MaildirAgent {
public:
    /// Throws std::system_error where the folder cannot be opened.
    explicit MaildirAgent(const std::string& maildir);

    /// content: with CR LF; stored with LF. Gives the moment just before the rename. Throws std::system_error.
    std::chrono::steady_clock::time_point deliver(std::string_view content);

private:
    Descriptor tmp_;
    Descriptor new_;
    uid_t uid_ = 0;
    gid_t gid_ = 0;
    std::uint64_t number_ = 0;
};

}  // namespace postrider::bench
