// The commands of the stress mode, with what the checker needs to know of each. A command is legal where it is made:
// it names only messages that the session was told of, and numbers only where no EXPUNGE can be on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stress/content.hpp"
#include "stress/flags.hpp"

namespace postrider::bench::stress {

enum class Verb : std::uint8_t {
    select,
    examine,
    close,
    unselect,
    logout,
    noop,
    check,
    idle,
    status,
    fetch,
    store,
    search,
    copy,
    append,
    expunge,
};

enum class Item : std::uint8_t {
    flags,
    uid,
    size,
    internal_date,
    envelope,
    body_structure,
    id_field,       ///< BODY.PEEK[HEADER.FIELDS (X-Stress)]
    header,         ///< BODY.PEEK[HEADER]
    text,           ///< BODY.PEEK[TEXT]
    whole,          ///< BODY.PEEK[]
    whole_partial,  ///< BODY.PEEK[]<100.50>
    whole_seen,     ///< BODY[]: sets \Seen
    mod_seq,
};
inline constexpr std::size_t item_count = 13;

/// The items of BODY.PEEK[]<...>.
inline constexpr std::size_t partial_begin = 100;
inline constexpr std::size_t partial_size = 50;

enum class Change : std::uint8_t { add, remove, replace };

/// A SEARCH for one thing.
struct SearchKey {
    enum class Kind : std::uint8_t { all, flag, uids, content, body, larger };

    Kind kind = Kind::all;
    bool negated = false;
    std::size_t flag = 0;
    ContentId content = {};  ///< of content and body
    std::size_t size = 0;    ///< of larger
};

struct Command {
    Verb verb = Verb::noop;
    bool by_uid = false;
    bool everything = false;         ///< 1:* stands for the messages
    std::vector<Uid> messages = {};  ///< those named, ascending; of UID EXPUNGE, and of SEARCH for UIDs, too
    std::string set = {};            ///< as it is sent
    std::size_t folder = 0;          ///< of SELECT, EXAMINE, STATUS, COPY, APPEND
    std::vector<Item> items = {};    ///< of FETCH
    Change change = Change::add;
    bool silent = false;
    Flags flags = {};        ///< of STORE and APPEND
    SearchKey key = {};      ///< of SEARCH
    ContentId content = {};  ///< of APPEND

    /// FETCH, STORE, SEARCH by number: no EXPUNGE may come meanwhile. RFC 3501 section 7.4.1.
    bool forbids_expunge() const;
    /// Whether it uses numbers, so that it may not be sent while an EXPUNGE may come. RFC 3501 section 5.5.
    bool uses_numbers() const;
    /// Whether what the session was told is up to date at the command's end.
    bool brings_up_to_date() const;
};

/// The command as sent, without tag and line end.
/// mailbox: the name of its folder.  literal: what follows the "{" of APPEND: "12}", or "2+}" with a line end and the
/// bytes.
std::string wire_text(const Command& command, std::string_view mailbox, std::string_view literal, std::uint64_t seed);

/// The item as asked for, and as answered.
struct ItemText {
    std::string_view asked;
    std::string_view answered;
};
const ItemText& text_of(Item item);

}  // namespace postrider::bench::stress
