// Courier's lock of one folder: tmp/courier.lock. compat/maildir.md section 3.
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"

namespace postrider::store::maildir {

/// Holds the lock from take() to its end.
class DotLock {
public:
    /// Waits for a live holder on this host; recovers a lock whose process is gone at once (no sleep), one of another
    /// host after 120 s. Gives `unavailable` after `patience`. Where the file system has no hard links it goes on
    /// without a lock, as Courier does. folder: descriptor of the folder's directory. Blocking: pool only.
    static Result<DotLock> take(int folder, const std::string& host, std::chrono::milliseconds patience);
    /// A lock that holds nothing: IMAP_USELOCKS=0.
    static DotLock none() { return DotLock(-1); }

    DotLock(DotLock&& other) noexcept;
    DotLock& operator=(DotLock&&) = delete;
    ~DotLock();

private:
    explicit DotLock(int folder) : folder_(folder) {}
    int folder_;
};

}  // namespace postrider::store::maildir
