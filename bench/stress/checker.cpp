// Untagged responses: each against the model as far as it is known when the line is read.
#include "stress/checker.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "stress/response_code.hpp"

namespace postrider::bench::stress {

Checker::Checker(World& world, std::string name, Standard standard)
    : world_(world), name_(std::move(name)), standard_(standard) {
    world_.checkers_.push_back(this);
}

Checker::~Checker() {
    std::erase(world_.checkers_, this);
}

Stamp Checker::oldest() const {
    Stamp oldest = pending_.empty() ? never : pending_.front().sent;
    return view_ ? std::min(oldest, view_->up_to_date().start) : oldest;
}

View& Checker::selected(const Response& response) {
    if (!view_) {
        throw Contradiction(Rule::grammar, "no mailbox is selected, but there comes: " + response.text);
    }
    return *view_;
}

Pending* Checker::oldest_of(std::initializer_list<Verb> verbs) {
    const auto found = std::ranges::find_if(
        pending_, [&](const Pending& one) { return std::ranges::find(verbs, one.command.verb) != verbs.end(); });
    return found == pending_.end() ? nullptr : &*found;
}

bool Checker::may_be_gone(Uid uid, Stamp now) {
    const Message* message = folder().find(uid);
    return message == nullptr || message->may_be_gone(now);
}

void Checker::received(const Response& response) {
    const Stamp now = world_.tick();
    if (response.is_untagged()) {
        received_untagged(response, now);
        return;
    }
    const std::string tag = response.text.substr(0, response.text.find(' '));
    const auto found = std::ranges::find(pending_, tag, &Pending::tag);
    if (found == pending_.end()) {
        throw Contradiction(Rule::grammar, "no command has this tag: " + response.text);
    }
    Pending pending = std::move(*found);
    pending_.erase(found);
    finish(pending, response, now);
}

void Checker::received_untagged(const Response& response, Stamp now) {
    if (const auto count = response.number("EXISTS")) {
        selected(response).exists(*count);
    } else if (const auto recent = response.number("RECENT")) {
        if (*recent > selected(response).slots().size()) {
            throw Contradiction(Rule::number_range, "more messages are recent than there are: " + response.text);
        }
    } else if (const auto number = response.number("EXPUNGE")) {
        selected(response);
        received_expunge(*number, now);
    } else if (response.number("FETCH")) {
        selected(response);
        const auto line = parse_fetch(response);
        if (!line) {
            throw Contradiction(Rule::grammar, "a FETCH that cannot be read: " + response.text);
        }
        received_fetch(*line, now);
    } else if (response.is("SEARCH")) {
        selected(response);
        received_search(response, now);
    } else if (response.is("STATUS")) {
        received_status(response, now);
    } else if (response.is("OK") || response.is("NO")) {
        received_code(response);
    } else if (response.is("BYE")) {
        if (oldest_of({Verb::logout}) == nullptr) {
            throw Contradiction(Rule::session_ended, "the server ends the session: " + response.text);
        }
    } else if (!response.is("FLAGS") && !response.is("CAPABILITY") && !response.is("ENABLED")) {
        throw Contradiction(Rule::grammar, "a response that nobody asked for: " + response.text);
    }
}

/// The response codes that SELECT tells the folder's state by.
void Checker::received_code(const Response& response) {
    const Pending* select = oldest_of({Verb::select, Verb::examine});
    if (select == nullptr) {
        return;
    }
    if (const auto value = code_number<std::uint32_t>(response.text, "UIDVALIDITY")) {
        folder().see_uid_validity(*value);
    }
    if (const auto next = code_number<std::uint32_t>(response.text, "UIDNEXT")) {
        folder().see_uid_next(Uid(*next), select->least_next);
    }
    if (const auto highest = code_number<std::uint64_t>(response.text, "HIGHESTMODSEQ")) {
        if (*highest < select->highest_mod_seq) {
            throw Contradiction(Rule::mod_seq, "HIGHESTMODSEQ is " + std::to_string(*highest) + " and was " +
                                                   std::to_string(select->highest_mod_seq));
        }
        folder().highest_mod_seq = std::max(folder().highest_mod_seq, *highest);
    }
}

void Checker::received_expunge(std::uint32_t number, Stamp now) {
    const bool forbidden = pending_.empty() || std::ranges::any_of(pending_, [](const Pending& one) {
                               return one.command.forbids_expunge();
                           });
    if (forbidden) {
        throw Contradiction(Rule::expunge_timing, "EXPUNGE of number " + std::to_string(number) +
                                                      (pending_.empty() ? " while no command is in progress"
                                                                        : " while a command with numbers is answered"));
    }
    const Slot gone = view_->expunge(number);
    Message* message = gone.uid ? folder().find(*gone.uid) : nullptr;
    if (message != nullptr && !message->observe_gone(now)) {
        throw Contradiction(Rule::expunge_unasked,
                            "UID " + std::to_string(gone.uid->value()) + " (number " + std::to_string(number) +
                                ") is told to be gone, but no EXPUNGE can have met it as \\Deleted");
    }
}

void Checker::received_status(const Response& response, Stamp now) {
    Pending* pending = oldest_of({Verb::status});
    const auto messages = item_number(response.text, "MESSAGES");
    const auto next = item_number(response.text, "UIDNEXT");
    const auto validity = item_number(response.text, "UIDVALIDITY");
    if (pending == nullptr || !messages || !next || !validity) {
        throw Contradiction(Rule::grammar, "a STATUS that is not as asked for: " + response.text);
    }
    pending->has_answer = true;
    Folder& folder = world_.folders()[pending->command.folder];
    folder.see_uid_validity(*validity);
    folder.check_uid_next(Uid(*next), pending->least_next);
    const Folder::Count count = folder.count({pending->sent, now});
    if (*messages < count.least || *messages > count.most) {
        throw Contradiction(Rule::message_count, "STATUS tells " + std::to_string(*messages) + " messages in " +
                                                     folder.name() + ", it can be " + std::to_string(count.least) +
                                                     " to " + std::to_string(count.most));
    }
}

}  // namespace postrider::bench::stress
