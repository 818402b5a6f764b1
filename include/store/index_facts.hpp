// What the index keeps of a message, so that FETCH, SEARCH, SORT and THREAD need not open its file. docs/index.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "mime/envelope.hpp"
#include "store/message.hpp"

namespace postrider::store {

/// The header fields whose values SEARCH finds in the index.
enum class IndexedField : std::uint8_t { from, to, cc, bcc, subject, date, message_id };
inline constexpr auto indexed_field_names =
    std::to_array<std::string_view>({"from", "to", "cc", "bcc", "subject", "date", "message-id"});

/// Of a message's header. Views into the bytes that they were made of: an index record, or what its maker owns.
struct HeaderFacts {
    std::chrono::sys_seconds internal_date;
    std::uint64_t file_size = 0;
    std::uint64_t header_size = 0;       ///< in the file, with the empty line
    std::optional<mime::DateTime> sent;  ///< of the first Date field
    bool is_reply = false;               ///< the subject said so: RFC 5256 section 2.1
    bool utf8_differs = false;           ///< under UTF8=ACCEPT the envelope reads otherwise, and is not here
    std::string_view envelope;           ///< as FETCH prints it
    /// Of each indexed field all values, each behind a line feed, decoded and in mime::search_form.
    std::array<std::string_view, indexed_field_names.size()> fields;
    std::string_view base_subject;  ///< RFC 5256 section 2.1; UTF-8
    std::string_view from_mailbox;  ///< the mailbox of the first address: RFC 5256 section 3
    std::string_view to_mailbox;
    std::string_view cc_mailbox;
    std::string_view message_id;  ///< without < and >; empty: none
    std::string_view references;  ///< the ids of References, or the first of In-Reply-To, each behind a line feed

    friend bool operator==(const HeaderFacts&, const HeaderFacts&) = default;
};

/// Of a message as a whole. Views as above.
struct StructureFacts {
    std::uint64_t wire_size = 0;                ///< RFC822.SIZE
    std::array<std::uint64_t, 2> content_id{};  ///< the same for the same bytes: RFC 8474 section 5.1
    bool utf8_differs = false;                  ///< as above, for the two that follow
    std::string_view body;                      ///< as FETCH BODY prints it
    std::string_view body_structure;

    friend bool operator==(const StructureFacts&, const StructureFacts&) = default;
};

/// A message's MODSEQ and what it belongs to. When the message has other flags or keywords now, another program changed
/// them since.
struct StateFacts {
    Uid uid;
    ModSeq mod_seq;
    Flags flags;
    std::vector<std::string> keywords;

    friend bool operator==(const StateFacts&, const StateFacts&) = default;
};

/// Of a folder as a whole, at the moment up to which the states of its messages are kept.
struct FolderFacts {
    ModSeq highest;
    Uid uid_next;
    std::uint64_t messages = 0;
    std::chrono::sys_seconds boot;  ///< when the machine was started, by its clocks

    friend bool operator==(const FolderFacts&, const FolderFacts&) = default;
};

/// What is kept of a folder's MODSEQs.
struct FolderStates {
    FolderFacts folder;
    std::vector<StateFacts> messages;  ///< ascending; who is not here has none
};

/// Of a message file's name up to its flags: tells a message from another that got its UID.
std::uint64_t name_hash_of(std::string_view file_name);

}  // namespace postrider::store
