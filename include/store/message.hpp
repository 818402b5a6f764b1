// What a session knows of the messages of a mailbox: flags, keywords, and an immutable list of messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"

namespace postrider::store {

/// The system flags that are kept, in the order of their letters in a Maildir file name: D F R S T.
enum class Flag : std::uint8_t { draft = 1, flagged = 2, answered = 4, seen = 8, deleted = 16 };

/// A set of Flags.
class Flags {
public:
    constexpr Flags() = default;
    constexpr Flags(Flag flag) : bits_(static_cast<std::uint8_t>(flag)) {}

    constexpr bool has(Flag flag) const { return (bits_ & static_cast<std::uint8_t>(flag)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::uint8_t bits() const { return bits_; }

    friend constexpr Flags operator|(Flags a, Flags b) { return Flags(static_cast<std::uint8_t>(a.bits_ | b.bits_)); }
    friend constexpr Flags operator&(Flags a, Flags b) { return Flags(static_cast<std::uint8_t>(a.bits_ & b.bits_)); }
    /// Those of a that are not in b.
    friend constexpr Flags operator-(Flags a, Flags b) { return Flags(static_cast<std::uint8_t>(a.bits_ & ~b.bits_)); }
    friend constexpr bool operator==(Flags, Flags) = default;

private:
    constexpr explicit Flags(std::uint8_t bits) : bits_(bits) {}
    std::uint8_t bits_ = 0;
};

constexpr Flags operator|(Flag a, Flag b) {
    return Flags(a) | Flags(b);
}

/// Index into a folder's KeywordTable; stays the same as long as the folder is open.
using KeywordId = std::uint16_t;

/// Keyword names of a folder in the order in which they were first seen. Grows only.
using KeywordTable = std::vector<std::string>;

/// One message of a snapshot; views into its chunk.
struct Message {
    Uid uid;
    Flags flags;
    ModSeq mod_seq;                       ///< of its last change
    std::span<const KeywordId> keywords;  ///< ascending
    std::string_view name;                ///< its file in cur/, flags included
};

/// Some messages in UID order with their names and keywords, and what is asked of all of them again and again.
class Chunk {
public:
    /// messages: not empty; with views to anywhere, which are not needed afterwards.
    explicit Chunk(const std::vector<Message>& messages);
    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;

    auto begin() const { return messages_.begin(); }
    auto end() const { return messages_.end(); }
    std::size_t size() const { return messages_.size(); }
    const Message& front() const { return messages_.front(); }
    const Message& back() const { return messages_.back(); }
    const Message& operator[](std::size_t index) const { return messages_[index]; }
    const std::vector<Message>& messages() const { return messages_; }

    /// Messages without \Seen.
    std::size_t unseen() const { return unseen_; }
    /// Of the keywords, those that a message has; ascending.
    const std::vector<KeywordId>& keywords() const { return keywords_; }

private:
    void count();

    std::vector<Message> messages_;
    std::vector<char> names_;
    std::vector<KeywordId> ids_;  ///< of the messages, one behind another
    std::vector<KeywordId> keywords_;
    std::size_t unseen_ = 0;
};

/// A folder's messages at one moment, in UID order: immutable, shared by every session on the folder and, chunk by
/// chunk, by the snapshots before and after it.
class Snapshot {
public:
    using Chunk = store::Chunk;
    static constexpr std::size_t chunk_messages = 256;

    /// chunks: UIDs ascending throughout.
    Snapshot(std::vector<std::shared_ptr<const Chunk>> chunks, std::shared_ptr<const KeywordTable> keyword_table,
             UidValidity uid_validity, Uid uid_next, ModSeq mod_seq);

    std::size_t size() const { return size_; }
    UidValidity uid_validity() const { return uid_validity_; }
    Uid uid_next() const { return uid_next_; }
    ModSeq mod_seq() const { return mod_seq_; }
    const KeywordTable& keyword_table() const { return *keyword_table_; }
    const std::shared_ptr<const KeywordTable>& shared_keyword_table() const { return keyword_table_; }
    const std::vector<std::shared_ptr<const Chunk>>& chunks() const { return chunks_; }

    /// index: 0..size()-1.
    const Message& at(std::size_t index) const;
    /// The number of messages whose UID is less.
    std::size_t rank(Uid uid) const;
    /// Null: no message has it.
    const Message* find(Uid uid) const;
    /// Messages without \Seen.
    std::size_t unseen() const;
    /// The index of the first of them; size() when there is none.
    std::size_t first_unseen() const;
    /// Keywords that at least one message has.
    std::vector<bool> keywords_in_use() const;

private:
    std::vector<std::shared_ptr<const Chunk>> chunks_;
    std::vector<std::size_t> starts_;  ///< index of each chunk's first message
    std::shared_ptr<const KeywordTable> keyword_table_;
    UidValidity uid_validity_;
    Uid uid_next_;
    ModSeq mod_seq_;
    std::size_t size_ = 0;
};

}  // namespace postrider::store
