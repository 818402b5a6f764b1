// Arguments that several commands share, and the messages that a sequence set names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "imap/wire/arg_reader.hpp"
#include "store/view.hpp"

namespace postrider::imap {

struct OneMailbox {
    std::string name;
};
Parsed<OneMailbox> parse_one_mailbox(wire::ArgReader in);

/// Takes a trailing hierarchy separator off a name; whether there was one.
bool strip_separator(std::string& name);

enum class Numbers : bool { sequence, uid };

/// The messages of the view that a set names, ascending. UIDs that are not there are passed over (RFC 3501 section
/// 6.4.8). A sequence number beyond EXISTS is wrong (section 9, seq-number): none is given then; "*" and ranges up to
/// it end at the last message.
std::optional<std::vector<SeqNum>> messages_named(const store::View& view, const wire::SequenceSet& set,
                                                  Numbers numbers);
std::vector<Uid> uids_named(const store::View& view, const wire::SequenceSet& set);

/// The reply for a set with a number beyond EXISTS.
inline constexpr const char* no_such_number = "Error in IMAP command: a message sequence number is greater than EXISTS";

}  // namespace postrider::imap
