// A POP3 client for measuring servers. RFC 1939, RFC 2449, RFC 2595.
#pragma once

#include <chrono>
#include <string>

#include "client/connection.hpp"
#include "client/pop3_reader.hpp"

namespace postrider::bench {

/// A session; throws as ImapClient does.
class Pop3Client {
public:
    struct Options {
        std::chrono::nanoseconds timeout = std::chrono::seconds(60);
    };

    explicit Pop3Client(const asio::any_io_executor& executor) : Pop3Client(executor, Options()) {}
    Pop3Client(const asio::any_io_executor& executor, Options options);

    /// Connects, takes up TLS as the endpoint says, gives the greeting. tls: null where the endpoint has none.
    Task<Pop3Reply> connect(const Endpoint& endpoint, Tls* tls);
    /// USER and PASS; the first refusal, or PASS's answer.
    Task<Pop3Reply> log_in(const std::string& user, const std::string& password);
    /// QUIT, and waits until the server has closed.
    Task<Pop3Reply> quit();
    /// A command with an answer of one line.
    Task<Pop3Reply> command(std::string text);
    /// A command whose +OK has lines behind it, up to the one with a dot. on_line: may be empty.
    Task<Pop3Reply> command(std::string text, OnLine on_line);

    Connection& connection() { return connection_; }

private:
    Task<Pop3Reply> answer(Pop3Reader::Answer kind, const OnLine& on_line);
    Moment patience() const { return Clock::now() + options_.timeout; }

    Connection connection_;
    Options options_;
    Pop3Reader reader_;
};

}  // namespace postrider::bench
