// The server under test as scenarios see it: sessions that are logged in, and answers that must be right.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/imap.hpp"
#include "client/pop3.hpp"
#include "load/options.hpp"
#include "load/tally.hpp"

namespace postrider::bench {

/// An answer that a scenario does not expect, in one line; counted as an error.
class AnswerError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The server lacks what the scenario measures; ends the program with exit code 3.
class Unsupported : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Target {
public:
    /// Looks the host up.
    explicit Target(const Options& options);

    const Options& options() const { return options_; }
    const Endpoint& endpoint() const { return endpoint_; }
    /// Null where there is none.
    Tls* tls() const { return tls_.get(); }
    const Account& account(unsigned connection) const {
        return options_.accounts[connection % options_.accounts.size()];
    }
    std::chrono::nanoseconds timeout() const {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(options_.timeout);
    }

    /// Of the first session. Any thread.
    void keep_greeting(const std::string& text);
    std::string greeting() const;

private:
    const Options& options_;
    Endpoint endpoint_;
    std::unique_ptr<Tls> tls_;
    mutable std::mutex mutex_;
    std::string greeting_;
};

/// An IMAP session whose unexpected answers are AnswerErrors.
class ImapSession {
public:
    ImapSession(const asio::any_io_executor& executor, Target& target)
        : target_(target), client_(executor, {target.timeout()}) {}

    /// Connects and logs in.  connection: says which account.
    Task<> open(unsigned connection);
    /// open(), then SELECT of the folder. Gives the number of messages.
    Task<std::uint32_t> open_folder(unsigned connection, const std::string& folder);
    /// A command that must be answered OK. on_response: may be empty.
    Task<Reply> ok(Command command);
    Task<Reply> ok(Command command, OnResponse on_response);
    /// SELECT; gives the number of messages.
    Task<std::uint32_t> select(const std::string& folder);
    /// DELETE, whatever the answer, and CREATE.
    Task<> make_anew(const std::string& folder);
    /// UIDs of the messages that match.
    Task<std::vector<std::uint32_t>> uids(std::string criteria);
    /// Throws Unsupported where the server does not name it.
    Task<> require(std::string capability);
    Task<> log_out();

    ImapClient& client() { return client_; }
    Traffic traffic() { return {client_.connection().bytes_received(), client_.connection().bytes_sent()}; }

private:
    Target& target_;
    ImapClient client_;
};

/// A POP3 session of the same kind.
class Pop3Session {
public:
    Pop3Session(const asio::any_io_executor& executor, Target& target)
        : target_(target), client_(executor, {target.timeout()}) {}

    /// Connects and logs in.  connection: says which account.
    Task<> open(unsigned connection);
    /// A command that must be answered +OK.
    Task<Pop3Reply> ok(std::string command);
    /// The same, whose +OK has lines behind it.
    Task<Pop3Reply> ok(std::string command, OnLine on_line);
    Task<> quit();

    Pop3Client& client() { return client_; }
    Traffic traffic() { return {client_.connection().bytes_received(), client_.connection().bytes_sent()}; }

private:
    Target& target_;
    Pop3Client client_;
};

/// A mailbox's name as an argument: quoted.
std::string quoted(std::string_view name);

/// Numbers that ascend as an IMAP sequence set: "1:3,7".
std::string sequence_set(const std::vector<std::uint32_t>& numbers);

/// Part number `share` of `sharers` even parts of 1 to count: the first and the last; empty where last < first.
std::pair<std::uint32_t, std::uint32_t> share_of(std::uint32_t count, unsigned share, unsigned sharers);

}  // namespace postrider::bench
