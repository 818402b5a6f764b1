// The commands on messages. RFC 1939 sections 5 to 7, compat/pop3.md sections 3 and 6. The pool renders a piece of a
// message, the loop sends it: a client that does not read stops its own session only.
#include <chrono>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/task.hpp"
#include "core/text.hpp"
#include "pop3/message_renderer.hpp"
#include "pop3/reply.hpp"
#include "pop3/session.hpp"
#include "pop3/wire/command_line.hpp"
#include "pop3/wire/unicode_wrapper.hpp"

namespace postrider::pop3 {

namespace {

constexpr const char* no_such_message = "Invalid message number.";

/// Nobody can have put it into a message before.
std::string new_boundary() {
    using namespace std::chrono;
    return "=_" + std::to_string(steady_clock::now().time_since_epoch().count()) + "-" +
           std::to_string(system_clock::to_time_t(system_clock::now()));
}

Reply unreadable(const Error& error) {
    if (error.code == Code::expunged) {
        return refused("Can't open the message file - it's gone!");
    }
    log_line(LogLevel::error, "a message file was not opened: " + error.detail, Protocol::pop3);
    return refused("[SYS/TEMP] Can't open the message file, please try again later");
}

}  // namespace

std::optional<std::size_t> Session::message_named(std::string_view& arguments) const {
    const auto number = wire::leading_number(wire::take_word(arguments));
    if (!number || *number == 0 || *number > deleted_.size()) {
        return std::nullopt;
    }
    const auto index = static_cast<std::size_t>(*number - 1);
    return deleted_[index] ? std::nullopt : std::optional(index);
}

// --- Lists -----------------------------------------------------------------------------------------------------------

Task<Reply> Session::stat(std::string_view) {
    co_return ok(std::to_string(deleted_.size() - deleted_count_) + " " + std::to_string(maildrop_->octets() - deleted_octets_));
}

Task<Reply> Session::list(std::string_view arguments) {
    return give_list(arguments, "+OK POP3 clients that break here, they violate STD53.\r\n", &Session::add_size);
}

Task<Reply> Session::uidl(std::string_view arguments) {
    return give_list(arguments, "+OK\r\n", &Session::add_uidl);
}

void Session::add_size(std::size_t index, std::string& out) const {
    out += std::to_string(index + 1);
    out += ' ';
    out += std::to_string(maildrop_->size(index));
}

void Session::add_uidl(std::size_t index, std::string& out) const {
    out += std::to_string(index + 1);
    out += ' ';
    out += maildrop_->uidl(index);
}

Task<Reply> Session::give_list(std::string_view arguments, std::string_view heading,
                               void (Session::*add)(std::size_t, std::string&) const) {
    std::string text;
    if (!trimmed(arguments).empty()) {
        const auto index = message_named(arguments);
        if (!index) {
            co_return wrong(no_such_message);
        }
        (this->*add)(*index, text);
        co_return ok(std::move(text));
    }
    text = heading;
    for (std::size_t index = 0; index < deleted_.size(); ++index) {
        if (deleted_[index]) {
            continue;
        }
        (this->*add)(index, text);
        text += "\r\n";
        if (text.size() > limits::output_mark) {
            connection_.write_large(std::exchange(text, {}));
            const bool alive = co_await drain();
            if (!alive) {
                co_return given();
            }
        }
    }
    text += ".\r\n";
    connection_.write_large(std::move(text));
    co_return given();
}

// --- Messages --------------------------------------------------------------------------------------------------------

Task<Reply> Session::retr(std::string_view arguments) {
    const auto index = message_named(arguments);
    if (!index) {
        co_return wrong(no_such_message);
    }
    MessagePlan plan = plan_of(*index, wire::all_lines);
    const std::uint64_t octets = maildrop_->size(*index) + (plan.wrapper ? plan.wrapper->octets() : 0);
    plan.status = "+OK " + std::to_string(octets) + " octets follow.\r\n";
    Reply reply = co_await give_message(std::move(plan), retr_octets_);
    if (reply.outcome == Outcome::given && end_word_.empty()) {
        given_.push_back(*index);
    }
    co_return reply;
}

Task<Reply> Session::top(std::string_view arguments) {
    const auto index = message_named(arguments);
    const std::string_view lines = wire::take_word(arguments);
    const auto count = wire::line_count(lines);
    if (!count) {
        co_return wrong("Invalid command. TOP needs a message number and a number of lines.");
    }
    if (!index) {
        co_return wrong(no_such_message);
    }
    MessagePlan plan = plan_of(*index, *count);
    plan.status = "+OK headers follow.\r\n";
    co_return co_await give_message(std::move(plan), top_octets_);
}

MessagePlan Session::plan_of(std::size_t index, std::uint64_t body_lines) const {
    MessagePlan plan;
    plan.index = index;
    plan.body_lines = body_lines;
    if (!utf8_ && maildrop_->is_utf8(index)) {
        plan.wrapper = wire::unicode_wrapper(settings().unicode_message_type, new_boundary());
    }
    return plan;
}

Task<Reply> Session::give_message(MessagePlan plan, std::uint64_t& octets) {
    const std::size_t number = plan.index + 1;
    const std::uint64_t octets_before = octets;
    MessageRenderer renderer(*maildrop_, std::move(plan));
    std::size_t mark = limits::output_mark;
    for (bool first = true;; first = false) {
        auto work = [&renderer, mark] { return renderer.next(mark); };
        auto piece = co_await on_pool(maildrop_->reading_strand(), std::move(work));
        if (piece.problem && first) {
            co_return unreadable(*piece.problem);
        }
        if (piece.problem) {
            // Only the end of the connection tells the client that the message is not whole.
            log_line(LogLevel::error,
                     "I/O error while reading message file " + std::to_string(number) + " of " + account_.address +
                         ": " + piece.problem->detail,
                     Protocol::pop3);
            end("I/O error disconnect");
            co_return given();
        }
        octets = octets_before + renderer.octets();
        connection_.write_large(std::move(piece.bytes));
        if (piece.done) {
            co_return given();
        }
        const auto begin = std::chrono::steady_clock::now();
        const bool alive = co_await drain();
        if (!alive) {
            co_return given();
        }
        const bool is_fast = std::chrono::steady_clock::now() - begin < limits::output_fast_time;
        mark = is_fast ? limits::output_mark_of_fast : limits::output_mark;
    }
}

Task<Reply> Session::dele(std::string_view arguments) {
    const auto index = message_named(arguments);
    if (!index) {
        co_return wrong(no_such_message);
    }
    deleted_[*index] = true;
    ++deleted_count_;
    deleted_octets_ += maildrop_->size(*index);
    co_return ok("Deleted.");
}

Task<Reply> Session::rset(std::string_view) {
    deleted_.assign(deleted_.size(), false);
    deleted_count_ = 0;
    deleted_octets_ = 0;
    co_return ok("Resurrected.");
}

// --- The end ---------------------------------------------------------------------------------------------------------

Task<Reply> Session::quit(std::string_view) {
    Reply reply = ok(is_logged_in() ? "Bye-bye." : "Better luck next time.");
    if (is_logged_in()) {
        // Answers may have waited for the commands behind them: who did not take them did not mean to lose the mail.
        const bool alive = co_await send_all();
        if (!alive) {
            co_return given();
        }
        reply = co_await remove_marked();
    }
    end("LOGOUT");
    co_return reply;
}

/// The answer comes behind the removal: RFC 1939 section 6. (Courier's comes before.)
Task<Reply> Session::remove_marked() {
    std::vector<std::size_t> marked;
    for (std::size_t index = 0; index < deleted_.size(); ++index) {
        if (deleted_[index]) {
            marked.push_back(index);
        }
    }
    if (marked.empty()) {
        co_return ok("Bye-bye.");
    }
    std::vector<std::size_t> indexes = marked;
    const auto removed = co_await maildrop_->remove(std::move(indexes));
    if (!removed) {
        log_line(LogLevel::error, account_.address + ": messages were not removed: " + removed.error().detail,
                 Protocol::pop3);
        co_return not_removed(marked);
    }
    if (settings().log_deletions) {
        log_deleted(removed->names);
    }
    if (removed->trouble) {
        log_line(LogLevel::error,
                 account_.address +
                     ": removed messages may be there again after a power failure: " + removed->trouble->detail,
                 Protocol::pop3);
        co_return not_removed(marked);
    }
    co_return removed->failed.empty() ? ok("Bye-bye.") : not_removed(removed->failed);
}

void Session::log_deleted(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
        log_line(LogLevel::info, "DELETED, user=" + account_.address + ", " + log_peer() + ", filename=cur/" + name,
                 Protocol::pop3);
    }
}

}  // namespace postrider::pop3
