#include "store/state_keeper.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "store/index/index.hpp"
#include "store/index/record.hpp"
#include "store/snapshot_update.hpp"

namespace postrider::store {

namespace {

using index::block_of;
using index::block_uids;

/// Clocks are read one after the other, and leap seconds come; a machine that starts again takes longer.
constexpr std::chrono::seconds boot_tolerance{2};

std::chrono::nanoseconds read_clock(clockid_t id) {
    timespec time{};
    ::clock_gettime(id, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

StateFacts state_of(const Message& message, const KeywordTable& keywords) {
    StateFacts state{message.uid, message.mod_seq, message.flags, {}};
    for (const KeywordId id : message.keywords) {
        state.keywords.push_back(keywords[id]);
    }
    return state;
}

/// Those with a message that changed or came since then, whole.
std::map<Uid, std::vector<StateFacts>> blocks_since(const Snapshot& snapshot, ModSeq since) {
    std::map<Uid, std::vector<StateFacts>> blocks;
    for (const auto& chunk : snapshot.chunks()) {
        for (const Message& message : *chunk) {
            if (message.mod_seq > since) {
                blocks.try_emplace(block_of(message.uid));
            }
        }
    }
    for (auto& [block, states] : blocks) {
        for (std::size_t i = snapshot.rank(block); i < snapshot.size(); ++i) {
            const Message& message = snapshot.at(i);
            if (message.uid.value() - block.value() >= block_uids) {
                break;
            }
            states.push_back(state_of(message, snapshot.keyword_table()));
        }
    }
    return blocks;
}

}  // namespace

std::chrono::sys_seconds boot_time() {
    return std::chrono::sys_seconds(
        std::chrono::round<std::chrono::seconds>(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME)));
}

ModSeq first_mod_seq(ModSeq known, const maildir::FolderFiles& files, std::chrono::system_clock::time_point now) {
    constexpr auto from_change_to_telling = std::chrono::seconds(1);
    const Descriptor keywords = files.keyword_folder();
    for (const int fd : {files.cur(), keywords.get()}) {
        struct stat status {};
        if (::fstat(fd, &status) == 0) {
            const std::chrono::system_clock::time_point changed(std::chrono::duration_cast<std::chrono::microseconds>(
                std::chrono::seconds(status.st_ctim.tv_sec) + std::chrono::nanoseconds(status.st_ctim.tv_nsec)));
            now = std::max(now, changed + from_change_to_telling);
        }
    }
    return next_mod_seq(known, now);
}

StateKeeper::StateKeeper(std::shared_ptr<index::Index> index, std::uint64_t inode)
    : index_(std::move(index)), inode_(inode) {}

FolderStates StateKeeper::recall(UidValidity uid_validity) {
    if (!index_) {
        return {};
    }
    mark_.emplace(index_->open_mark(inode_));
    auto kept = IndexedFolder(index_, inode_, uid_validity).states();
    if (!kept) {
        return {};
    }
    for (const StateFacts& state : kept->messages) {
        if (old_blocks_.empty() || old_blocks_.back() != block_of(state.uid)) {
            old_blocks_.push_back(block_of(state.uid));
        }
    }
    const bool same_boot = std::chrono::abs(kept->folder.boot - boot_time()) <= boot_tolerance;
    if (!same_boot || mark_->found() != kept->folder.highest) {
        // Greater than what was told at any rate, unless the clock went back.
        const ModSeq marked = std::min(mark_->found(), index::most_mod_seq);
        return {{.highest = std::max(kept->folder.highest, marked)}, {}};
    }
    in_index_ = kept->folder.highest;
    return std::move(*kept);
}

bool StateKeeper::will_tell(const Snapshot& next) {
    if (!mark_ || has_news_ || next.mod_seq() == in_index_ || next.mod_seq() == handed_) {
        return false;
    }
    mark_->clear();
    has_news_ = mark_->is_ours();
    return has_news_;
}

void StateKeeper::keep(const Snapshot& newest) {
    has_news_ = false;
    const IndexedFolder folder(index_, inode_, newest.uid_validity());
    // A batch may be on its way still, or lost, and the index may have been begun anew: it is asked how far it got.
    const auto facts = folder.folder_facts();
    const ModSeq got = facts ? facts->highest : ModSeq();
    in_index_ = got == handed_ || got == in_index_ ? got : ModSeq();
    const auto blocks = blocks_since(newest, in_index_);
    folder.keep({newest.mod_seq(), newest.uid_next(), newest.size(), boot_time()}, blocks, dead_blocks(newest));
    handed_ = newest.mod_seq();
    mark_->set(handed_);
}

/// What other programs removed while nobody looked. Only below all that may still come: a key is not removed and
/// written in one batch.
std::vector<Uid> StateKeeper::dead_blocks(const Snapshot& newest) {
    std::erase_if(old_blocks_, [&](Uid block) {
        const std::size_t next = newest.rank(block);
        const bool has_messages = next < newest.size() && newest.at(next).uid.value() - block.value() < block_uids;
        return has_messages || block >= block_of(newest.uid_next());
    });
    return std::exchange(old_blocks_, {});
}

}  // namespace postrider::store
