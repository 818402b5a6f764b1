// CREATE, DELETE, RENAME. RFC 3501 sections 6.3.3 to 6.3.5; texts: compat/imap.md section 5.
#include "core/text.hpp"
#include "imap/arguments.hpp"
#include "imap/command.hpp"
#include "imap/names.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run_create(Session& session, OneMailbox args) {
    const std::string shown = quoted_name(session, args.name);
    std::string name = args.name;
    const bool only_a_level = strip_separator(name);
    if (iequals(name, "INBOX")) {
        co_return no("[ALREADYEXISTS] INBOX already exists!");
    }
    if (only_a_level) {
        co_return ok(shown + " created.");  // levels exist by the names below them
    }
    const auto created = co_await session.user().create(std::move(name));
    if (created) {
        co_return ok(shown + " created.");
    }
    if (created.error().code == Code::already_exists) {
        co_return no("[ALREADYEXISTS] Cannot create this folder.");
    }
    co_return no(created.error());
}

Task<Reply> run_delete(Session& session, OneMailbox args) {
    std::string name = std::move(args.name);
    if (strip_separator(name)) {
        co_return ok("Folder directory delete punted.");
    }
    if (session.state() == State::selected && session.mailbox().name() == name) {
        co_return no("[INUSE] Cannot delete currently-open folder.");
    }
    const auto removed = co_await session.user().remove(std::move(name));
    if (removed) {
        co_return ok("Folder deleted.");
    }
    if (removed.error().code == Code::reserved) {
        co_return no("[CANNOT] Cannot delete this folder.");
    }
    co_return no(removed.error());
}

struct TwoMailboxes {
    std::string from;
    std::string to;
};

Parsed<TwoMailboxes> parse_two(ArgReader in) {
    auto from = in.mailbox();
    if (!from) {
        return from.error();
    }
    if (const auto blank = in.space(); !blank) {
        return in.error("the new name expected");
    }
    auto to = in.mailbox();
    if (!to) {
        return to.error();
    }
    if (!in.done()) {
        return in.error("nothing expected behind the new name");
    }
    return TwoMailboxes{std::move(*from), std::move(*to)};
}

bool is_or_is_above(const std::string& name, const std::string& other) {
    return other == name || other.starts_with(name + ".");
}

Reply renaming_failed(const Error& error) {
    switch (error.code) {
        case Code::already_exists:
            return no("[ALREADYEXISTS] RENAME failed: File exists");
        case Code::reserved:
            return no("[CANNOT] Reserved folder name - cannot rename.");
        default:
            return no(error);
    }
}

Task<Reply> run_rename(Session& session, TwoMailboxes args) {
    strip_separator(args.from);
    strip_separator(args.to);
    const bool inbox = iequals(args.from, "INBOX");
    if (!inbox && session.state() == State::selected && is_or_is_above(args.from, session.mailbox().name())) {
        co_return no("[INUSE] Can't RENAME the currently-open folder");
    }
    if (!inbox && args.to.starts_with(args.from + ".")) {
        co_return no("[CANNOT] RENAME failed: Invalid argument");
    }
    std::string from = std::move(args.from);
    std::string to = std::move(args.to);
    const auto renamed = co_await session.user().rename(std::move(from), std::move(to));
    co_return renamed ? ok("Folder renamed.") : renaming_failed(renamed.error());
}

}  // namespace

constinit const Command cmd_create = command<parse_one_mailbox, run_create>({
    .name = "CREATE",
    .allowed_in = after_login,
});

constinit const Command cmd_delete = command<parse_one_mailbox, run_delete>({
    .name = "DELETE",
    .allowed_in = after_login,
});

constinit const Command cmd_rename = command<parse_two, run_rename>({
    .name = "RENAME",
    .allowed_in = after_login,
});

}  // namespace postrider::imap
