// LIST and LSUB. RFC 3501 sections 6.3.8 and 6.3.9, RFC 3348 (CHILDREN); compat/imap.md section 4.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/command.hpp"
#include "imap/names.hpp"
#include "imap/wire/list_pattern.hpp"
#include "imap/wire/mailbox_name.hpp"

namespace postrider::imap {

namespace {

struct Args {
    std::string reference;  ///< UTF-8
    std::string pattern;    ///< UTF-8, with wildcards
};

Parsed<std::string> name_or_pattern(ArgReader& in) {
    const std::size_t offset = in.offset();
    auto text = in.take_word("NIL") ? Parsed<std::string>(std::string()) : in.list_mailbox();
    if (!text || in.utf8()) {
        return text;
    }
    auto decoded = wire::decode_mailbox_name(*text);
    if (!decoded) {
        return SyntaxError{offset + decoded.error().offset, decoded.error().reason};
    }
    return decoded;
}

Parsed<Args> parse(ArgReader in) {
    auto reference = name_or_pattern(in);
    if (!reference) {
        return reference.error();
    }
    (void)in.space();  // Courier's clients leave it out between quoted strings
    auto pattern = name_or_pattern(in);
    if (!pattern) {
        return pattern.error();
    }
    if (!in.done()) {
        return in.error("nothing expected behind the pattern");
    }
    return Args{std::move(*reference), std::move(*pattern)};
}

/// What is listed: names, and which of them are mailboxes rather than levels above some.
struct Listing {
    std::map<std::string, std::optional<bool>> mailboxes;  ///< name -> unseen
    std::set<std::string> parents;                         ///< names with something below them

    void add(const std::string& name, std::optional<bool> unseen) {
        mailboxes.emplace(name, unseen);
        for (auto dot = name.rfind('.'); dot != std::string::npos; dot = name.rfind('.', dot - 1)) {
            if (!parents.insert(name.substr(0, dot)).second || dot == 0) {
                break;
            }
        }
    }
};

std::string flags_of(const Session& session, const Listing& listing, const std::string& name, bool is_mailbox) {
    std::vector<std::string_view> flags;
    const bool has_children = listing.parents.contains(name);
    if (!is_mailbox) {
        flags.emplace_back("\\Noselect");
    } else if (const auto unseen = listing.mailboxes.at(name)) {
        flags.emplace_back(*unseen ? "\\Marked" : "\\Unmarked");
    }
    if (session.settings().obsolete_client) {
        if (!has_children) {
            flags.emplace_back("\\Noinferiors");
        }
    } else {
        flags.emplace_back(has_children ? "\\HasChildren" : "\\HasNoChildren");
    }
    std::string text;
    for (const std::string_view flag : flags) {
        text += text.empty() ? "" : " ";
        text += flag;
    }
    return text;
}

Task<Reply> print(Session& session, std::string word, Args args, Listing listing) {
    const std::string done = word + " completed";
    if (args.pattern.ends_with('.') && args.pattern.size() > 1) {
        args.pattern.pop_back();
    }
    const std::string pattern = wire::join_reference(args.reference, args.pattern);
    if (wire::wildcards(pattern) > limits::pattern_wildcards) {
        co_return no("Invalid argument");
    }
    const auto line = [&](const std::string& name, bool is_mailbox) {
        session.untagged(word + " (" + flags_of(session, listing, name, is_mailbox) + ") \".\" " +
                         quoted_name(session, name));
    };
    for (const auto& [name, unseen] : listing.mailboxes) {
        if (wire::matches_pattern(pattern, name)) {
            line(name, true);
            const bool alive = co_await session.drain();
            if (!alive) {
                co_return ok(done);
            }
        }
    }
    for (const std::string& name : listing.parents) {
        if (!listing.mailboxes.contains(name) && wire::matches_pattern(pattern, name)) {
            line(name, false);
            const bool alive = co_await session.drain();
            if (!alive) {
                co_return ok(done);
            }
        }
    }
    co_return ok(done);
}

/// An empty pattern asks for the separator and the reference's root. RFC 3501 section 6.3.8.
Reply print_root(Session& session, std::string_view word, const Args& args) {
    session.untagged(std::string(word) + " (\\Noselect) \".\" " +
                     quoted_name(session, istarts_with(args.reference, "INBOX") ? "INBOX." : ""));
    return ok(std::string(word) + " completed");
}

Task<Reply> run_list(Session& session, Args args) {
    if (args.pattern.empty()) {
        co_return print_root(session, "LIST", args);
    }
    const auto marks = session.settings().check_all_folders ? store::UnseenMarks::all : store::UnseenMarks::inbox;
    const auto mailboxes = co_await session.user().list(marks);
    if (!mailboxes) {
        co_return no(mailboxes.error());
    }
    Listing listing;
    for (const store::ListedMailbox& mailbox : *mailboxes) {
        listing.add(mailbox.name, mailbox.unseen);
    }
    std::string word = "LIST";
    co_return co_await print(session, std::move(word), std::move(args), std::move(listing));
}

Task<Reply> run_lsub(Session& session, Args args) {
    if (args.pattern.empty()) {
        co_return print_root(session, "LSUB", args);
    }
    const auto names = co_await session.user().subscriptions();
    if (!names) {
        co_return no(names.error());
    }
    Listing listing;
    for (std::string name : *names) {
        if (istarts_with(name, "INBOX")) {
            name.replace(0, 5, "INBOX");
        }
        listing.add(name, std::nullopt);
    }
    std::string word = "LSUB";
    co_return co_await print(session, std::move(word), std::move(args), std::move(listing));
}

}  // namespace

constinit const Command cmd_list = command<parse, run_list>({
    .name = "LIST",
    .allowed_in = after_login,
});

constinit const Command cmd_lsub = command<parse, run_lsub>({
    .name = "LSUB",
    .allowed_in = after_login,
});

}  // namespace postrider::imap
