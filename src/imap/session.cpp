// The session's loop: read a command, look it up, run it, say what changed, answer. RFC 3501 sections 3, 5.5, 7.
#include "imap/session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "imap/command.hpp"
#include "imap/command_reader.hpp"

namespace postrider::imap {

namespace {

constexpr ReadLimits limits_before_login{limits::login_line_bytes, limits::login_literal_bytes, 4};
constexpr ReadLimits limits_after_login{limits::command_bytes, limits::literal_bytes, limits::literals};

std::string_view word_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok:
            return "OK";
        case Outcome::no:
            return "NO";
        case Outcome::bad:
            return "BAD";
    }
    return "BAD";
}

std::string_view wrong_state(State state, State allowed) {
    if (state == State::not_authenticated) {
        return "Error in IMAP command: log in first";
    }
    return includes(allowed, State::selected) ? "Error in IMAP command: no mailbox is selected"
                                              : "Error in IMAP command: already logged in";
}

}  // namespace

struct Session::Waker {
    net::Connection& connection;
};

Session::Session(net::Connection& connection, Environment environment, Peer peer)
    : connection_(connection),
      environment_(std::move(environment)),
      peer_(std::move(peer)),
      started_(std::chrono::steady_clock::now()),
      maildir_(environment_.settings->maildir),
      last_command_(started_),
      waker_(std::make_shared<Waker>(Waker{connection})) {}

Session::~Session() = default;

std::function<void()> Session::waker() {
    return [weak = std::weak_ptr<Waker>(waker_), strand = connection_.strand()] {
        asio::post(strand, [weak] {
            if (const auto waker = weak.lock()) {
                waker->connection.wake();
            }
        });
    };
}

// --- Life
// -------------------------------------------------------------------------------------------------------------

Task<std::unique_ptr<Admission>> Session::run_login() {
    co_await run_guarded(Begin::greeting);
    co_return std::move(admission_);
}

Task<void> Session::run_admitted(std::unique_ptr<auth::Arrival> arrival) {
    account_ = std::move(arrival->account);
    Admission& admission = arrival->admission;
    maildir_ = account_.maildir_path(settings().maildir);
    tag_ = std::move(admission.tag);
    client_id_ = std::move(admission.client_id);
    relayed_tls_ = admission.tls && !connection_.is_tls();
    started_ = admission.started;
    // A connection that came along, with its counts, has counted the first half itself.
    received_before_ = admission.received - std::min(admission.received, connection_.bytes_received());
    sent_before_ = admission.sent - std::min(admission.sent, connection_.bytes_sent());
    arrival.reset();
    co_await run_guarded(Begin::admitted);
}

Task<void> Session::run_preauth(auth::Account account, std::string maildir) {
    account_ = std::move(account);
    maildir_ = std::move(maildir);
    preauth_ = true;
    co_await run_guarded(Begin::preauth);
}

Task<void> Session::run_guarded(Begin begin) {
    try {
        co_await loop(begin);
    } catch (const std::exception& error) {
        log_line(LogLevel::error,
                 "session ended by our mistake, user=" + account_.address + ", " + log_peer() + ": " + error.what());
        end_word_ = "DISCONNECTED";
        admission_.reset();
    }
    mailbox_.reset();
    const auto flushed = co_await connection_.flush();
    if (admission_) {
        admission_->sent = connection_.bytes_sent();
        co_return;
    }
    if (!flushed && end_word_.empty()) {
        closed(flushed.error());
    }
    log_end();
    connection_.close();
}

/// The first words. False: BYE was said.
Task<bool> Session::greet(Begin begin) {
    if (begin == Begin::greeting) {
        untagged("OK [CAPABILITY " + capabilities() + "] postrider ready.");
        co_return true;
    }
    const bool opened = co_await open_account();
    if (!opened) {
        co_return false;
    }
    if (begin == Begin::preauth) {
        untagged("PREAUTH Ready.");
    } else {
        tagged(ok("LOGIN Ok."));
    }
    if (!late_bye_.empty()) {
        bye(late_bye_, "LOGOUT");
    }
    co_return end_word_.empty();
}

Task<void> Session::loop(Begin begin) {
    bool more = co_await greet(begin);
    while (more && end_word_.empty() && !admission_) {
        more = co_await run_one();
    }
}

net::Deadline Session::input_deadline() const {
    if (state_ == State::not_authenticated) {
        return started_ + settings().login_time;
    }
    return std::chrono::steady_clock::now() + settings().idle_time;
}

Task<bool> Session::run_one() {
    if (!connection_.has_buffered_input() || connection_.queued() > limits::output_mark) {
        const auto flushed = co_await connection_.flush();
        if (!flushed) {
            closed(flushed.error());
            co_return false;
        }
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
    const bool logged_in = state_ != State::not_authenticated;
    const net::Deadline last = logged_in ? net::Deadline::max() : deadline;
    auto line =
        co_await read_command(connection_, logged_in ? limits_after_login : limits_before_login, deadline, last);
    if (!line) {
        closed(line.error());
        co_return false;
    }
    co_await run_command(*line);
    co_return end_word_.empty();
}

void Session::closed(net::Closed closed) {
    if (!end_word_.empty()) {
        return;
    }
    switch (closed) {
        case net::Closed::timeout:
            bye(state_ == State::not_authenticated ? "Login took too long." : "Disconnected for inactivity.",
                "TIMEOUT");
            return;
        case net::Closed::stopped:
            bye(kicked_ ? "Disconnected by the administrator." : "postrider server shut down by signal.", stop_word());
            return;
        case net::Closed::too_long:
            bye("IMAP command too long.", "DISCONNECTED");
            return;
        case net::Closed::by_peer:
        case net::Closed::tls:
            end("DISCONNECTED");
            return;
    }
}

void Session::end(std::string_view why) {
    if (end_word_.empty()) {
        end_word_ = why;
    }
    state_ = State::logout;
}

void Session::bye(std::string_view text, std::string_view why) {
    if (end_word_.empty()) {
        untagged("BYE " + std::string(text));
    }
    end(why);
}

// --- One command
// ------------------------------------------------------------------------------------------------------

Task<void> Session::run_command(CommandLine& line) {
    tag_ = line.head.tag;
    message_literal_ = line.message;
    const Command* command = line.problem.empty() ? find_command(line.head.name) : nullptr;
    if (command == nullptr) {
        const std::string problem =
            line.problem.empty() ? "unknown command \"" + log_safe(line.head.name, 40) + "\"" : line.problem;
        tagged(bad("Error in IMAP command: " + problem));
        count_bad();
    } else if (!includes(command->facts.allowed_in, state_)) {
        tagged(bad(std::string(wrong_state(state_, command->facts.allowed_in))));
        count_bad();
    } else {
        const bool was_selected = state_ == State::selected;
        doing_ = command->facts.name;
        last_command_ = std::chrono::steady_clock::now();
        const Reply reply = co_await dispatch(*command, line);
        doing_ = {};
        if (was_selected && state_ == State::selected && command->facts.announce == Announce::yes &&
            reply.outcome != Outcome::bad) {
            const bool alive = co_await sync(command->facts.expunges);
            if (!alive) {
                co_return;
            }
        }
        tagged(reply);
        if (reply.outcome == Outcome::bad) {
            count_bad();
        } else if (state_ != State::not_authenticated) {
            bad_commands_ = 0;
        }
    }
    if (message_literal_) {
        co_await drop_message_literal();
    }
}

Task<Reply> Session::dispatch(const Command& command, const CommandLine& line) {
    std::string_view arguments = std::string_view(line.bytes).substr(line.head.args_at);
    if (line.message) {
        // The mark of the message's literal is no argument: message_literal() stands for it.
        arguments.remove_suffix(arguments.size() - arguments.rfind('{'));
        if (arguments.ends_with('~')) {
            arguments.remove_suffix(1);
        }
    }
    const ArgReader reader(arguments, utf8_ ? wire::Names::utf8 : wire::Names::utf7);
    co_return co_await command.execute(*this, reader);
}

// A literal that its command did not take: bytes that follow unasked are read and dropped, with the rest of the line.
Task<bool> Session::drop_message_literal() {
    const auto literal = std::exchange(message_literal_, std::nullopt);
    if (literal->synchronising) {
        co_return true;
    }
    // The line behind a literal may announce another one (MULTIAPPEND): its bytes are no commands either.
    std::optional<wire::LiteralMark> mark = wire::LiteralMark{literal->size, false};
    while (mark && !mark->synchronising) {
        const auto last = net::Deadline::max();
        const auto dropped = co_await drop_literal(connection_, mark->size, last);
        if (!dropped) {
            closed(dropped.error());
            co_return false;
        }
        const auto deadline = std::chrono::steady_clock::now() + limits::literal_stall_time;
        const auto rest = co_await connection_.skip_line(deadline);
        if (!rest) {
            closed(rest.error());
            co_return false;
        }
        mark = wire::literal_mark(*rest);
    }
    co_return true;
}

void Session::tagged(const Reply& reply) {
    if (std::exchange(answered_, false) || (!end_word_.empty() && end_word_ != "LOGOUT")) {
        return;
    }
    std::string text = tag_.empty() ? "*" : tag_;
    text += ' ';
    text += word_of(reply.outcome);
    text += ' ';
    text += reply.text;
    text += "\r\n";
    connection_.write(text);
}

void Session::count_bad() {
    ++bad_commands_;
    const int most = state_ == State::not_authenticated ? limits::login_bad_commands : limits::bad_commands;
    if (bad_commands_ >= most && end_word_.empty()) {
        log_line(LogLevel::error, account_.address + ": TOO MANY CONSECUTIVE PROTOCOL VIOLATIONS, " + log_peer());
        bye("[ALERT] Fatal error: TOO MANY CONSECUTIVE PROTOCOL VIOLATIONS: ", "DISCONNECTED");
    }
}

// --- Output
// -----------------------------------------------------------------------------------------------------------

void Session::untagged(std::string_view text) {
    connection_.write("* ");
    connection_.write(text);
    connection_.write("\r\n");
}

Task<bool> Session::drain(Output output) {
    net::Io<> flushed;
    if (connection_.queued() > limits::output_mark) {
        flushed = co_await connection_.flush();
    }
    if (flushed && connection_.is_stopped()) {
        flushed = net::Closed::stopped;
    }
    if (!flushed && (output == Output::in_literal || flushed.error() == net::Closed::timeout)) {
        end(flushed.error() == net::Closed::stopped ? stop_word() : "DISCONNECTED");
        connection_.drop_output();
    } else if (!flushed) {
        closed(flushed.error());
    }
    co_return flushed.has_value();
}

Task<bool> Session::continuation(std::string_view text) {
    connection_.write("+ ");
    connection_.write(text);
    connection_.write("\r\n");
    const auto flushed = co_await connection_.flush();
    if (!flushed) {
        closed(flushed.error());
    }
    co_return flushed.has_value();
}

Task<std::optional<std::string>> Session::exchange_line(std::size_t most) {
    auto line = co_await connection_.read_line(most, input_deadline());
    if (!line) {
        closed(line.error());
        co_return std::nullopt;
    }
    co_return std::move(*line);
}

void Session::select(std::unique_ptr<store::Mailbox> mailbox, std::string name) {
    mailbox_ = std::move(mailbox);
    folder_ = std::move(name);
    state_ = State::selected;
}

void Session::unselect() {
    mailbox_.reset();
    std::string().swap(folder_);
    if (state_ == State::selected) {
        state_ = State::authenticated;
    }
}

void Session::count_fetched(std::uint64_t header, std::uint64_t body) {
    header_octets_ += header;
    body_octets_ += body;
}

}  // namespace postrider::imap
