// STATUS. RFC 3501 section 6.3.10; the answer's order: compat/imap.md section 7.
#include <array>
#include <string_view>

#include "imap/arguments.hpp"
#include "imap/command.hpp"
#include "imap/names.hpp"

namespace postrider::imap {

namespace {

struct ItemRow {
    std::string_view name;
    std::uint32_t (*value)(const store::MailboxStatus&);
};

// In the order of the answer.
constexpr std::array item_rows = {
    ItemRow{"MESSAGES", [](const store::MailboxStatus& s) { return s.messages; }},
    ItemRow{"RECENT", [](const store::MailboxStatus& s) { return s.recent; }},
    ItemRow{"UIDNEXT", [](const store::MailboxStatus& s) { return s.uid_next.value(); }},
    ItemRow{"UIDVALIDITY", [](const store::MailboxStatus& s) { return s.uid_validity.value(); }},
    ItemRow{"UNSEEN", [](const store::MailboxStatus& s) { return s.unseen; }},
};

struct Args {
    std::string name;
    std::array<bool, item_rows.size()> wanted{};
};

bool take_item(ArgReader& in, Args& args) {
    // UIDVALIDITY before UIDNEXT would not matter, but no name is the beginning of another.
    for (std::size_t i = 0; i < item_rows.size(); ++i) {
        if (in.take_word(item_rows[i].name)) {
            args.wanted[i] = true;
            return true;
        }
    }
    return false;
}

Parsed<Args> parse(ArgReader in) {
    Args args;
    auto name = in.mailbox();
    if (!name) {
        return name.error();
    }
    args.name = std::move(*name);
    (void)in.space();
    constexpr std::string_view expected = "MESSAGES, RECENT, UIDNEXT, UIDVALIDITY or UNSEEN expected";
    if (!in.take('(')) {
        if (!take_item(in, args)) {
            return in.error(std::string(expected));
        }
    } else {
        (void)in.space();
        while (!in.take(')')) {
            if (!take_item(in, args)) {
                return in.error(std::string(expected));
            }
            (void)in.space();
        }
    }
    if (!in.done()) {
        return in.error("nothing expected behind the status items");
    }
    return args;
}

Task<Reply> run(Session& session, Args args) {
    std::string name = args.name;
    const auto status = co_await session.user().status(std::move(name));
    if (!status) {
        co_return no(status.error());
    }
    std::string items;
    for (std::size_t i = 0; i < item_rows.size(); ++i) {
        if (args.wanted[i]) {
            items += items.empty() ? "" : " ";
            items += std::string(item_rows[i].name) + " " + std::to_string(item_rows[i].value(*status));
        }
    }
    session.untagged("STATUS " + quoted_name(session, args.name) + " (" + items + ")");
    co_return ok("STATUS Completed.");
}

}  // namespace

constinit const Command cmd_status = command<parse, run>({
    .name = "STATUS",
    .allowed_in = after_login,
});

}  // namespace postrider::imap
