// The trash folder: expunged messages move there, and old ones are removed from it. compat/maildir.md section 12.
#pragma once

#include <chrono>
#include <string>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/quota_text.hpp"

namespace postrider::store::maildir {

/// Removes the messages of a folder, those in new/ too, whose last change (ctime: a delivery, a move, a flag) is longer
/// ago. Gives what they counted in a quota. What cannot be removed stays. folder: descriptor.
/// Errors: unavailable (a directory cannot be read).
Result<Usage> purge(int folder, std::chrono::seconds age, std::chrono::system_clock::time_point now);

/// The trash folder as one EXPUNGE fills it. Blocking: pool only.
class Trash {
public:
    /// Makes the folder where it is not there. maildir: descriptor of the main Maildir. directory: its name, ".Trash".
    /// host: as in names of files.
    static Result<Trash> open(int maildir, const std::string& directory, const std::string& host,
                              Durability durability);

    /// Moves a message's file here, without its flags \Deleted and \Draft, under its own base name; under a new one
    /// when that is taken. At each moment the message is in its folder, or here, or in both. cur: descriptor of the
    /// folder's cur/. Gives the name here. Errors: expunged when there is no such file.
    Result<std::string> take(int cur, const std::string& name);

    /// Makes last what was taken.
    Result<void> sync();

    /// Descriptors of the folder and its cur/, for its quota.
    int folder() const { return folder_.get(); }
    int cur() const { return cur_.get(); }

private:
    Trash() = default;

    Result<std::string> copy(int cur, const std::string& name, const std::string& wanted);

    Descriptor folder_;
    Descriptor cur_;
    std::string host_;
    Durability durability_ = Durability::durable;
};

}  // namespace postrider::store::maildir
