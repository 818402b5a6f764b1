// A PAM child as its parent sees it: started when it is needed, killed when it does not answer. Blocks, never longer
// than the given time; one thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

#include "auth/pam.hpp"
#include "auth/pam/message.hpp"
#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace postrider::auth {

/// The argument that makes a child of this program, and where it finds the line.
inline constexpr const char* pam_child_word = "authpam";
inline constexpr int pam_child_line = 3;

class PamChild {
public:
    explicit PamChild(const PamSettings& settings) : settings_(settings) {}
    ~PamChild() { end(); }
    PamChild(const PamChild&) = delete;
    PamChild& operator=(const PamChild&) = delete;

    /// Accepted or refused. Errors: unavailable (PAM's own trouble, no answer in time, the child died).
    Result<PamAnswer> ask(const PamRequest& request);

private:
    Result<void> start();
    void end();
    /// False: it is not there any more.
    bool send(const std::string& packet);
    Result<PamAnswer> receive(std::chrono::steady_clock::time_point deadline);

    PamSettings settings_;
    pid_t process_ = -1;
    Descriptor line_;
    std::size_t conversations_ = 0;
};

}  // namespace postrider::auth
