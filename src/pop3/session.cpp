// The session's loop: read a line, look its command up, run it, answer. RFC 1939 section 3. Answers go out together
// while more input is there (PIPELINING, RFC 2449 section 6.6).
#include "pop3/session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "auth/apop.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "pop3/command.hpp"
#include "pop3/reply.hpp"
#include "pop3/wire/command_line.hpp"

namespace postrider::pop3 {

namespace {

/// After so many commands that came at once other sessions have their turn.
constexpr unsigned commands_a_turn = 64;

}  // namespace

Session::Session(net::Connection& connection, Environment environment, Peer peer)
    : connection_(connection),
      environment_(std::move(environment)),
      peer_(std::move(peer)),
      started_(std::chrono::steady_clock::now()),
      last_command_(started_),
      not_counted_(connection_.bytes_sent()) {}

Session::~Session() = default;

// --- Life ------------------------------------------------------------------------------------------------------------

Task<std::unique_ptr<Admission>> Session::run_login() {
    co_await run_guarded(Begin::greeting);
    co_return std::move(admission_);
}

Task<void> Session::run_admitted(std::unique_ptr<auth::Arrival> arrival) {
    account_ = std::move(arrival->account);
    maildir_ = account_.maildir_path(settings().maildir);
    utf8_ = arrival->admission.utf8;
    relayed_tls_ = arrival->admission.tls && !connection_.is_tls();
    arrival.reset();
    co_await run_guarded(Begin::maildrop);
}

Task<void> Session::run_preauth(auth::Account account, std::string maildir) {
    account_ = std::move(account);
    maildir_ = std::move(maildir);
    preauth_ = true;
    utf8_ = settings().utf8_without_login;
    co_await run_guarded(Begin::maildrop);
}

Task<void> Session::run_guarded(Begin begin) {
    try {
        co_await loop(begin);
    } catch (const std::exception& error) {
        log_line(LogLevel::error,
                 "session ended by our mistake, user=" + account_.address + ", " + log_peer() + ": " + error.what(),
                 Protocol::pop3);
        end_word_ = "DISCONNECTED";
        admission_.reset();
    }
    const auto flushed = co_await connection_.flush();
    if (admission_) {
        co_return;
    }
    if (!flushed) {
        closed(flushed.error());
    }
    log_end();
    connection_.close();
}

Task<void> Session::loop(Begin begin) {
    if (begin == Begin::greeting) {
        greet();
    } else {
        const Reply opened = co_await open_account();
        answer(opened);
        if (!is_logged_in()) {
            end("DISCONNECTED");
        }
    }
    while (end_word_.empty() && !admission_) {
        const bool more = co_await run_one();
        if (!more) {
            co_return;
        }
    }
}

void Session::greet() {
    std::string text = "+OK Hello there.";
    if (settings().apop) {
        timestamp_ = auth::make_apop_timestamp();
        text += " " + timestamp_;
    }
    connection_.write(text + "\r\n");
}

net::Deadline Session::input_deadline() const {
    return is_logged_in() ? std::chrono::steady_clock::now() + settings().idle_time : started_ + settings().login_time;
}

Task<bool> Session::run_one() {
    if (!connection_.has_buffered_input() || connection_.queued() > limits::output_mark) {
        const bool alive = co_await send_all();
        if (!alive) {
            co_return false;
        }
    }
    if (++commands_ % commands_a_turn == 0) {
        co_await asio::post(connection_.strand(), asio::use_awaitable);
    }
    const net::Deadline deadline = input_deadline();
    const auto woken = co_await connection_.wait_input(deadline);
    if (!woken) {
        closed(woken.error());
        co_return false;
    }
    if (*woken == net::Wake::woken) {
        co_return true;
    }
    const auto line = co_await next_line(deadline);
    if (!line) {
        closed(line.error());
        co_return false;
    }
    co_await run_command(*line);
    co_return end_word_.empty();
}

Task<net::Io<std::string>> Session::next_line(net::Deadline deadline) {
    const std::uint64_t before = taken();
    auto line = co_await connection_.read_line(limits::pop3_line_bytes + 1, deadline);
    if (!line && line.error() == net::Closed::too_long) {
        line = co_await connection_.read_some(limits::pop3_line_bytes, deadline);
        const auto rest = co_await connection_.skip_line(deadline);
        if (!rest) {
            co_return rest.error();
        }
    }
    received_ += std::min<std::uint64_t>(taken() - before, limits::pop3_line_bytes);
    co_return line;
}

// --- One command -----------------------------------------------------------------------------------------------------

Task<void> Session::run_command(const std::string& line) {
    const wire::CommandLine parts = wire::parse_command_line(line);
    const Command* command = find_command(parts.name);
    Reply reply = wrong("Invalid command.");
    if (command == nullptr) {
        answer(reply);
        co_return;
    }
    const When now = is_logged_in() ? When::after_login : When::before_login;
    if (!includes(command->when, now)) {
        reply.text += now == When::before_login ? " Log in first." : " You are logged in already.";
    } else {
        doing_ = command->name;
        last_command_ = std::chrono::steady_clock::now();
        reply = co_await (this->*command->run)(parts.arguments);
        doing_ = {};
    }
    const std::size_t octets = answer(reply);
    if (!command->is_counted) {
        not_counted_ += octets;
    }
}

std::size_t Session::answer(const Reply& reply) {
    if (reply.outcome == Outcome::wrong) {
        ++wrong_commands_;
    } else if (is_logged_in()) {
        wrong_commands_ = 0;
    }
    if (reply.outcome == Outcome::given) {
        return 0;
    }
    std::string text = reply.outcome == Outcome::ok ? "+OK" : "-ERR";
    text += reply.text.empty() ? "" : " ";
    text += reply.text;
    if (reply.outcome == Outcome::wrong && wrong_commands_ == limits::bad_commands) {
        text += " Too many errors.";
        const std::string who = is_logged_in() ? account_.address + ": " : "";
        log_line(is_logged_in() ? LogLevel::error : LogLevel::debug,
                 who + "TOO MANY CONSECUTIVE PROTOCOL VIOLATIONS, " + log_peer(), Protocol::pop3);
        end("DISCONNECTED");
    }
    text += "\r\n";
    connection_.write(text);
    return text.size();
}

// --- Output, end -----------------------------------------------------------------------------------------------------

Task<bool> Session::drain() {
    net::Io<> flushed;
    if (connection_.queued() > limits::output_mark) {
        flushed = co_await connection_.flush();
    }
    if (flushed && connection_.is_stopped()) {
        flushed = net::Closed::stopped;
    }
    if (!flushed) {
        // No word of ours may follow in the middle of an answer.
        end(flushed.error() == net::Closed::stopped ? stop_word() : "DISCONNECTED");
        connection_.drop_output();
    }
    co_await asio::post(connection_.strand(), asio::use_awaitable);  // flush() waits for a slow client only
    co_return flushed.has_value();
}

Task<bool> Session::send_all() {
    const auto flushed = co_await connection_.flush();
    if (!flushed) {
        // A client that does not take its answers is no idle client.
        closed(flushed.error() == net::Closed::timeout ? net::Closed::by_peer : flushed.error());
        co_return false;
    }
    std::erase_if(given_, [this](std::size_t index) { return deleted_[index]; });
    if (!given_.empty()) {
        (void)co_await maildrop_->mark_seen(
            std::exchange(given_, {}));  // the client has them, whatever becomes of flags
    }
    co_return true;
}

void Session::end(std::string_view why) {
    if (end_word_.empty()) {
        end_word_ = why;
    }
}

// A timeout ends without a word: RFC 1939 section 3.
void Session::closed(net::Closed closed) {
    if (!end_word_.empty()) {
        return;
    }
    switch (closed) {
        case net::Closed::timeout:
            end("TIMEOUT");
            return;
        case net::Closed::stopped:
            answer(refused(kicked_ ? "[SYS/TEMP] Disconnected by the administrator."
                                   : "[SYS/TEMP] The server shuts down."));
            end(stop_word());
            return;
        case net::Closed::too_long:
        case net::Closed::by_peer:
        case net::Closed::tls:
            end("DISCONNECTED");
            return;
    }
}

}  // namespace postrider::pop3
