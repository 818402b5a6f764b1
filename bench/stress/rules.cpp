#include "stress/rules.hpp"

namespace postrider::bench::stress {

const RuleText& text_of(Rule rule) {
    static constexpr RuleText texts[] = {
        {"grammar", "RFC 3501 section 9", "A response can be read, and belongs to a command that was sent."},
        {"exists-falls", "RFC 3501 section 7.3.1", "Only EXPUNGE makes the number of messages smaller."},
        {"number-range", "RFC 3501 section 2.3.1.2", "A sequence number lies between 1 and EXISTS."},
        {"expunge-timing", "RFC 3501 section 7.4.1",
         "No EXPUNGE while no command is in progress, nor while FETCH, STORE or SEARCH by number are answered."},
        {"expunge-unasked", "RFC 3501 section 6.4.3", "Only an EXPUNGE or CLOSE removes, and only what is \\Deleted."},
        {"expunge-left", "RFC 3501 section 6.4.3",
         "After OK no message is left that was \\Deleted before the command."},
        {"uid-order", "RFC 3501 section 2.3.1.1", "UIDs ascend with the sequence numbers."},
        {"number-renamed", "RFC 3501 section 7.4.1", "A sequence number names another message only after an EXPUNGE."},
        {"uid-below-uidnext", "RFC 3501 section 2.3.1.1",
         "A new message's UID is above all that were told before, and not below UIDNEXT."},
        {"uid-validity", "RFC 3501 section 2.3.1.1", "The UIDVALIDITY of a folder stays."},
        {"content", "RFC 3501 section 2.3.1.1", "A message's bytes are the ones stored, under one UID, for ever."},
        {"fixed-item", "RFC 3501 section 2.3.3",
         "Size, internal date, envelope and structure of a message do not change."},
        {"flags", "RFC 3501 section 6.4.6", "The flags told are what some order of the operations leaves."},
        {"flags-not-told", "RFC 3501 section 7", "After NOOP a client knows the flags of what it was told of."},
        {"message-lost", "RFC 3501 section 6.3.11",
         "A message whose storing was acknowledged is there until expunged."},
        {"message-back", "RFC 3501 section 7.4.1", "An expunged message does not come back, and is told gone by NOOP."},
        {"message-count", "RFC 3501 section 7.3.1", "The number of messages is what some order of operations leaves."},
        {"recent-twice", "RFC 3501 section 2.3.2", "\\Recent is told to one session only."},
        {"search", "RFC 3501 section 6.4.4", "SEARCH gives the messages of the session's view that fit."},
        {"answer-incomplete", "RFC 3501 section 6.4.5",
         "OK means that every message named was answered with every item."},
        {"refused", "RFC 3501 section 7.1", "A legal command is refused only where a message it names was expunged."},
        {"copy-uid", "RFC 4315 section 3", "APPENDUID and COPYUID name as many UIDs as were stored, in order."},
        {"mod-seq", "RFC 7162 section 3.1", "MODSEQ and HIGHESTMODSEQ do not fall."},
        {"session-ended", "RFC 3501 section 7.1.5", "A server ends a session only at LOGOUT."},
    };
    return texts[static_cast<std::uint8_t>(rule)];
}

}  // namespace postrider::bench::stress
