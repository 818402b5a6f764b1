// A folder's MODSEQs beyond the end of this process: the index keeps them, and they are believed only when nothing that
// was told is missing. docs/index.md, "MODSEQ".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "store/index.hpp"
#include "store/index/state_mark.hpp"
#include "store/maildir/folder_files.hpp"
#include "store/message.hpp"

namespace postrider::store {

/// One folder's, for as long as it is open. Blocking; one thread at a time (the account's strand).
class StateKeeper {
public:
    /// index: null: nothing is known, nothing is kept. inode: of the folder's directory.
    StateKeeper(std::shared_ptr<index::Index> index, std::uint64_t inode);

    /// For the first snapshot: what was kept, as far as it can be believed; at least how high MODSEQs have been.
    FolderStates recall(UidValidity uid_validity);
    /// Before the snapshot is told. True: from now on there is something to keep.
    bool will_tell(const Snapshot& next);
    /// Whether there is.
    bool has_news() const { return has_news_; }
    /// Leaves it to be written behind. Work follows the number of messages, some nanoseconds each.
    void keep(const Snapshot& newest);

private:
    std::vector<Uid> dead_blocks(const Snapshot& newest);

    std::shared_ptr<index::Index> index_;  ///< owners: the account, its folders, a batch under way
    std::uint64_t inode_;
    std::optional<index::StateMark> mark_;  ///< from recall() on
    ModSeq in_index_;                       ///< up to here the index has all; 0: nothing
    ModSeq handed_;                         ///< up to here it was handed all, and may have it
    std::vector<Uid> old_blocks_;           ///< those that recall() met
    bool has_news_ = false;
};

/// When the machine was started, by its clocks: the same for one start of the machine, but for a clock that is set.
std::chrono::sys_seconds boot_time();

/// For a first snapshot. Above the known one, and above what was told of the folder when that is not known any more,
/// even if the clock went back since: each told change left its time at cur/ or the keywords.
ModSeq first_mod_seq(ModSeq known, const maildir::FolderFiles& files, std::chrono::system_clock::time_point now);

}  // namespace postrider::store
