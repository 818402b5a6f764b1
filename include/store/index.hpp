// The index of one account as its readers see it: facts of messages, without their files. A cache: whatever is in it
// can be made again from the Maildir. docs/index.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "store/index_facts.hpp"
#include "store/message.hpp"

namespace postrider::store {

namespace index {
class Index;
}

/// One look into the index, for one piece of pool work on one folder; it sees the file as it was at its beginning. One
/// thread. What it gives are views, until the same is asked of another message.
class IndexLook {
public:
    IndexLook(IndexLook&& other) noexcept;
    IndexLook& operator=(IndexLook&& other) noexcept;
    ~IndexLook();

    /// Whether facts that are found out now are of use.
    bool wants_facts() const;
    /// None: the index does not have it, or has something else in its place.
    std::optional<HeaderFacts> header(const Message& message);
    std::optional<StructureFacts> structure(const Message& message);
    /// When the message came into this mailbox: RFC 8514. None: nobody saw it come; its internal date stands for that,
    /// as the time at which it was delivered.
    std::optional<std::chrono::sys_seconds> saved(const Message& message);

    /// For later looks, also of other processes: written behind, from the end of this look on. May be forgotten.
    void keep(const Message& message, const HeaderFacts& facts);
    void keep(const Message& message, const StructureFacts& facts);

private:
    friend class IndexedFolder;
    struct State;
    explicit IndexLook(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;  ///< null: there is no index
};

/// A folder's part of the index. Any thread.
class IndexedFolder {
public:
    /// There is no index: every look is in vain.
    IndexedFolder() = default;
    /// inode: of the folder's directory.
    IndexedFolder(std::shared_ptr<index::Index> index, std::uint64_t inode, UidValidity uid_validity);

    /// Pool only.
    IndexLook look() const;

    /// MODSEQs as they were last kept. None: there are none. Pool only: about 1 ms for 10,000 messages.
    std::optional<FolderStates> states() const;
    /// The folder's part of them alone. Pool only.
    std::optional<FolderFacts> folder_facts() const;
    /// Written behind, all or nothing. May be forgotten: then states() stays as it was.
    /// blocks: by their first UIDs (index::block_of), each with all its messages.  dead: blocks without any.
    void keep(const FolderFacts& folder, const std::map<Uid, std::vector<StateFacts>>& blocks,
              const std::vector<Uid>& dead) const;
    /// These came into the mailbox just then. Names: of their files.
    void keep_saved(const std::vector<std::pair<Uid, std::string_view>>& messages,
                    std::chrono::sys_seconds saved) const;
    /// These messages are gone; what is kept of them goes too.
    void forget(const std::vector<Uid>& uids) const;

private:
    std::shared_ptr<index::Index> index_;  ///< owners: the account, its folders' parts, a batch under way
    std::uint64_t inode_ = 0;
    UidValidity uid_validity_;
};

}  // namespace postrider::store
