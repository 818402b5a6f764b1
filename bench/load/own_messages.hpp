// The messages that one worker changes, where several work on one mailbox.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/crew.hpp"

namespace postrider::bench {

/// A worker's part of a mailbox's UIDs, given out in batches of --batch.
class OwnMessages {
public:
    /// Logs in and selects --folder. Throws AnswerError where the worker's part is empty.
    static Task<OwnMessages> of(ImapSession& session, const Place& place);

    /// Others instead, none given out yet.
    void replace(std::vector<std::uint32_t> uids);
    const std::vector<std::uint32_t>& all() const { return uids_; }
    /// The next batch; empty when all were given out.
    std::vector<std::uint32_t> next();
    /// The same, from the first again when all were given out.
    std::vector<std::uint32_t> next_going_round();

private:
    std::vector<std::uint32_t> uids_;
    std::size_t batch_ = 0;  ///< 0: all at once
    std::size_t next_ = 0;
};

/// --to, with the worker's number where several share an account.
std::string own_folder(const Place& place);

}  // namespace postrider::bench
