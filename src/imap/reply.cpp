// The one place where an Error becomes a client's text. Texts: compat/imap.md; codes: RFC 5530, RFC 3501 section 7.1.
#include "imap/reply.hpp"

#include "core/log.hpp"

namespace postrider::imap {

namespace {

std::string_view text_of(Code code) {
    switch (code) {
        case Code::internal:
            return "[SERVERBUG] Internal error; the server's log says more.";
        case Code::unavailable:
        case Code::locked:
            return "[UNAVAILABLE] Temporary problem, please try again later";
        case Code::no_such_mailbox:
            return "[NONEXISTENT] Mailbox does not exist, or must be subscribed to.";
        case Code::invalid_name:
            return "[CANNOT] Invalid mailbox name.";
        case Code::already_exists:
            return "[ALREADYEXISTS] Mailbox exists already.";
        case Code::reserved:
            return "[CANNOT] Reserved folder name.";
        case Code::not_permitted:
            return "[NOPERM] No permission.";
        case Code::wrong_owner:
            return "[NOPERM] The mailbox belongs to somebody else.";
        case Code::in_use:
            return "[INUSE] Mailbox is in use.";
        case Code::over_quota:
            return "[OVERQUOTA] You exceeded your mail quota.";
        case Code::no_space:
            return "[UNAVAILABLE] No write permission or out of disk space.";
        case Code::limit:
            return "[LIMIT] A limit of this server would be exceeded.";
        case Code::expunged:
            return "[EXPUNGEISSUED] Some of the messages no longer exist.";
        case Code::denied:
            return "[AUTHENTICATIONFAILED] Login failed.";
        case Code::invalid_data:
            return "[SERVERBUG] A file of the mailbox is damaged; the server's log says more.";
        case Code::unknown_charset:
            return "[BADCHARSET] The requested character set is not supported.";
    }
    return "[SERVERBUG] Internal error.";
}

}  // namespace

Reply bad(const SyntaxError& error) {
    return bad("Error in IMAP command: " + error.reason + " (argument byte " + std::to_string(error.offset) + ")");
}

Reply no(const Error& error) {
    if (!error.detail.empty() && error.code != Code::no_such_mailbox && error.code != Code::invalid_name) {
        log_line(LogLevel::warning, "refused: " + error.detail);
    }
    return no(std::string(text_of(error.code)));
}

Task<Reply> answer(Reply reply) {
    co_return reply;
}

}  // namespace postrider::imap
