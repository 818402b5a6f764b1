// The records of the index as bytes. A record says itself what it belongs to, so it may come from any page of the file,
// also from one that was written anew in the moment it was read: a record that does not fit is none. docs/index.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "store/index_facts.hpp"

namespace postrider::store::index {

/// Whether a folder is the one that a record was made in: its directory's inode, which RENAME keeps, and UIDVALIDITY.
struct FolderId {
    std::uint64_t inode = 0;
    UidValidity uid_validity;
};

enum class RecordKind : std::uint8_t { file = 0, header = 1, structure = 2, state = 3, saved = 4 };
/// Those that have one record a message.
inline constexpr std::array message_kinds{RecordKind::header, RecordKind::structure, RecordKind::saved};

/// States stand by blocks of so many UIDs, each under its first: 1, 257, ... Under 0 stands the folder's own.
inline constexpr Uid::rep block_uids = 256;
constexpr Uid block_of(Uid uid) {
    return Uid((uid.value() - 1) / block_uids * block_uids + 1);
}
inline constexpr Uid folder_itself{0};
/// Greater ones are nobody's: there must be room to rise, within 63 bits.
inline constexpr ModSeq most_mod_seq{std::uint64_t{1} << 62};

/// Inode, kind, UID, big-endian: what is read together stands together, in UID order.
std::string key_of(std::uint64_t inode, RecordKind kind, Uid uid);
inline constexpr std::size_t key_bytes = 13;
/// The UID in a key; none: no key of ours.
std::optional<Uid> uid_in(std::string_view key);

/// Puts the checksum before the rest of a record.
std::string sealed(std::string_view rest, const FolderId& folder, RecordKind kind, Uid uid);

/// A sealed record: checksum over its key, the folder's UIDVALIDITY and what follows; hash of the message's name;
/// version; the facts.
std::string encoded(const FolderId& folder, Uid uid, std::uint64_t name_hash, const HeaderFacts& facts);
std::string encoded(const FolderId& folder, Uid uid, std::uint64_t name_hash, const StructureFacts& facts);
std::string encoded(const FolderId& folder, Uid uid, std::uint64_t name_hash, std::chrono::sys_seconds saved);
std::string encoded(const FolderId& folder, const FolderFacts& facts);
/// states: of this block, ascending.
std::string encoded(const FolderId& folder, Uid block, const std::vector<StateFacts>& states);

/// None: it is not this message's, not whole, or of another version. The facts are views into the record.
std::optional<HeaderFacts> header_in(std::string_view record, const FolderId& folder, Uid uid, std::uint64_t name_hash);
std::optional<StructureFacts> structure_in(std::string_view record, const FolderId& folder, Uid uid,
                                           std::uint64_t name_hash);
std::optional<std::chrono::sys_seconds> saved_in(std::string_view record, const FolderId& folder, Uid uid,
                                                 std::uint64_t name_hash);
std::optional<FolderFacts> folder_facts_in(std::string_view record, const FolderId& folder);
/// Ascending UIDs, all of the block.
std::optional<std::vector<StateFacts>> states_in(std::string_view record, const FolderId& folder, Uid block);

/// The file's own record: for which Maildir it was made, and in which version.
std::string file_record(std::uint64_t maildir_inode);

}  // namespace postrider::store::index
