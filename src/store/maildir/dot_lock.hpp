// Courier's lock of one folder: tmp/courier.lock. compat/maildir.md section 3.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "core/result.hpp"

namespace postrider::store::maildir {

/// Most holders are done within it; for the others the caller waits without a thread (store/patience.hpp).
inline constexpr auto lock_patience = std::chrono::milliseconds(2);

/// Holds the lock from take() to its end.
class DotLock {
public:
    /// Waits for a live holder on this host; recovers a lock whose process is gone at once (no sleep), one of another
    /// host after 120 s. Gives `locked` after `patience`. Where the file system has no hard links it goes on without a
    /// lock, as Courier does. folder: descriptor of the folder's directory. Blocking: pool only.
    static Result<DotLock> take(int folder, const std::string& host, std::chrono::milliseconds patience);
    /// A lock that holds nothing: IMAP_USELOCKS=0.
    static DotLock none() { return DotLock(std::nullopt); }

    DotLock(DotLock&& other) noexcept : folder_(std::exchange(other.folder_, std::nullopt)) {}
    DotLock& operator=(DotLock&&) = delete;
    ~DotLock();

private:
    using FolderKey = std::pair<dev_t, ino_t>;
    explicit DotLock(std::optional<FolderKey> folder) : folder_(folder) {}
    std::optional<FolderKey> folder_;  ///< none: holds nothing
};

}  // namespace postrider::store::maildir
