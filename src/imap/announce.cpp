// What changed in the selected mailbox, in the order of compat/imap.md section 7; CAPABILITY; FLAGS.
#include <algorithm>
#include <string>
#include <utility>

#include "imap/command.hpp"
#include "imap/session.hpp"
#include "imap/wire/printer.hpp"

namespace postrider::imap {

Task<bool> Session::sync(store::Expunges expunges) {
    auto changes = co_await mailbox_->sync(expunges);
    co_return co_await tell(std::move(changes));
}

Task<bool> Session::news(store::Expunges expunges) {
    auto changes = mailbox_->news(expunges);
    co_return co_await tell(std::move(changes));
}

Task<bool> Session::tell(Result<store::Changes> changes) {
    if (!changes && changes.error().code == Code::no_such_mailbox) {
        bye("[UNAVAILABLE] The selected mailbox was deleted or renumbered; please connect again.", "DISCONNECTED");
        co_return false;
    }
    if (!changes) {
        (void)no(changes.error());  // for the log; what the client knows stays as it is
        co_return co_await drain();
    }
    store::Changes news = std::move(*changes);
    co_return co_await announce(std::move(news));
}

Task<bool> Session::announce(store::Changes changes, std::vector<SeqNum> quiet) {
    for (const SeqNum seq : changes.expunged) {
        untagged(std::to_string(seq.value()) + " EXPUNGE");
        const bool alive = co_await drain();
        if (!alive) {
            co_return false;
        }
    }
    if (changes.keywords) {
        print_flags_lines();
    }
    const auto shared_view = mailbox_->view();
    const store::View& view = *shared_view;
    if (changes.counts) {
        untagged(std::to_string(view.size()) + " EXISTS");
        untagged(std::to_string(view.recent_count()) + " RECENT");
    }
    for (const SeqNum seq : changes.flags) {
        if (std::binary_search(quiet.begin(), quiet.end(), seq)) {
            continue;
        }
        const store::Message& message = view.at(seq);
        std::string line = std::to_string(seq.value()) + " FETCH (FLAGS (";
        wire::print_flags(line, message.flags, view.is_recent(message.uid), keyword_names(message));
        untagged(line + "))");
        const bool alive = co_await drain();
        if (!alive) {
            co_return false;
        }
    }
    co_return co_await drain();
}

std::vector<std::string_view> Session::keyword_names(const store::Message& message) const {
    std::vector<std::string_view> names;
    const auto& table = mailbox_->view()->snapshot().keyword_table();
    for (const store::KeywordId id : message.keywords) {
        names.emplace_back(table[id]);
    }
    return names;
}

void Session::print_flags_lines() {
    constexpr std::string_view system_flags = "\\Draft \\Answered \\Flagged \\Deleted \\Seen";
    const auto& snapshot = mailbox_->view()->snapshot();
    const auto used = snapshot.keywords_in_use();
    std::string keywords;
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i]) {
            keywords += snapshot.keyword_table()[i] + " ";
        }
    }
    untagged("FLAGS (" + keywords + std::string(system_flags) + " \\Recent)");
    if (mailbox_->access() == store::Access::read_only) {
        untagged("OK [PERMANENTFLAGS ()] No permanent flags permitted");
        return;
    }
    const bool new_keywords = user_->settings().keywords != store::Keywords::off;
    untagged("OK [PERMANENTFLAGS (" + keywords + (new_keywords ? "\\* " : "") + std::string(system_flags) +
             ")] Limited");
}

std::string Session::capabilities() const {
    const bool login_possible = !settings().tls_required || connection_.is_tls();
    std::string words = "IMAP4rev1 CHILDREN LITERAL+";
    for (const Command* command : command_table()) {
        const std::string_view word = command->facts.capability;
        if (!word.empty() && word != "STARTTLS" && word != "SASL-IR") {
            words += ' ';
            words += word;
        }
    }
    if (settings().magic_trash) {
        words += " XMAGICTRASH";
    }
    if (state_ != State::not_authenticated) {
        return words;
    }
    words += " SASL-IR";
    if (environment_.starttls != nullptr && !is_secure()) {
        words += " STARTTLS";
    }
    if (!login_possible) {
        words += " LOGINDISABLED";
        return words;
    }
    for (const std::string_view mechanism : auth::sasl_mechanisms(sasl_context())) {
        words += " AUTH=";
        words += mechanism;
    }
    return words;
}

Parsed<NoArgs> parse_nothing(ArgReader in) {
    if (!in.done()) {
        return in.error("this command takes no arguments");
    }
    return NoArgs{};
}

const Command* find_command(std::string_view name) {
    const auto table = command_table();
    const auto row = std::ranges::find_if(table, [name](const Command* c) { return c->facts.name == name; });
    return row == table.end() ? nullptr : *row;
}

}  // namespace postrider::imap
