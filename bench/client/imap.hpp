// An IMAP client for measuring and checking servers: commands, pipelining, IDLE. RFC 9051, RFC 3501, RFC 2177.
// It sends what it is told to send, also what is wrong, and holds no state of a mailbox.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/command.hpp"
#include "client/connection.hpp"
#include "client/response.hpp"

namespace postrider::bench {

/// How a command ended.
struct Reply {
    enum class Status : std::uint8_t { ok, no, bad };

    Status status = Status::bad;
    std::string text;                ///< behind OK, NO or BAD, with the response code
    std::vector<Response> untagged;  ///< that came before the tagged line; empty where a caller took them one by one

    bool ok() const { return status == Status::ok; }
    /// "NO [TRYCREATE] ...": for a report.
    std::string line() const;
    /// What follows NAME in a response code "[NAME ...]", of the tagged line; none where it is not there.
    std::optional<std::string> code(std::string_view name) const;
};

/// Takes the untagged responses of a command as they come; may move them away.
using OnResponse = std::function<void(Response& response)>;

/// A session. Every call that waits throws ConnectionError when the server is gone, TimedOut after options.timeout
/// without a byte from it; after TimedOut the session may be used further.
class ImapClient {
public:
    struct Options {
        std::chrono::nanoseconds timeout = std::chrono::seconds(60);
    };

    explicit ImapClient(const asio::any_io_executor& executor) : ImapClient(executor, Options()) {}
    ImapClient(const asio::any_io_executor& executor, Options options);

    /// Connects, takes up TLS as the endpoint says, gives the greeting. tls: null where the endpoint has none.
    Task<Response> connect(const Endpoint& endpoint, Tls* tls);
    /// The same on a connected socket that was made elsewhere, without TLS.
    Task<Response> adopt(Descriptor socket);
    /// LOGIN.
    Task<Reply> log_in(const std::string& user, const std::string& password);
    /// LOGOUT, and waits until the server has closed.
    Task<Reply> log_out();
    /// The words of CAPABILITY, in capitals; asked for once.
    Task<const std::vector<std::string>*> capabilities();

    /// Sends one command and waits for its end. on_response: empty to have them in the reply.
    Task<Reply> command(Command command);
    Task<Reply> command(Command command, OnResponse on_response);

    /// Pipelining: puts a command without literals into the queue and gives its tag; flush() sends all that is queued,
    /// finish() waits for the end of one. They end in the order in which they were sent, or as the server likes.
    std::string queue(std::string_view text);
    Task<> flush();
    Task<Reply> finish(std::string tag, OnResponse on_response);
    /// The next response of any kind.
    Task<Response> next();
    /// The same; none when the moment passes before.
    Task<std::optional<Response>> next_before(Moment deadline);

    /// IDLE: none when it has begun, the reply when it was refused. Responses come by next_before() then.
    Task<std::optional<Reply>> start_idle();
    /// DONE, and the end of IDLE.
    Task<Reply> end_idle();

    /// Discarded literals are counted only: Response::literal_bytes.
    void set_literals(Literals literals) { reader_.set_literals(literals); }
    Connection& connection() { return connection_; }
    /// Of the last command that was sent.
    const std::string& tag() const { return tag_; }

private:
    Task<Response> read_greeting();
    Task<Response> read_response(Moment deadline);
    Task<Reply> finish_with(const std::string& tag, const OnResponse& take, std::vector<Response>& untagged);
    /// Gives the untagged responses to take; ends with the reply to this tag, or with none at a continuation.
    Task<std::optional<Reply>> until(const std::string& tag, const OnResponse& take);
    Moment patience() const { return Clock::now() + options_.timeout; }
    std::string next_tag() { return "c" + std::to_string(++commands_); }

    Connection connection_;
    Options options_;
    ResponseReader reader_;
    std::string tag_;
    std::string queued_;
    std::vector<std::pair<std::string, Reply>> ended_;  ///< pipelined commands that nobody asked for yet
    std::deque<Response> early_;                        ///< that came before IDLE's continuation
    std::vector<std::string> capabilities_;
    std::string bye_;
    std::uint64_t commands_ = 0;
};

}  // namespace postrider::bench
