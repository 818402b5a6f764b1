#include "client/pop3.hpp"

#include <utility>

namespace postrider::bench {

Pop3Client::Pop3Client(const asio::any_io_executor& executor, Options options)
    : connection_(executor), options_(options) {}

Task<Pop3Reply> Pop3Client::answer(Pop3Reader::Answer kind, const OnLine& on_line) {
    reader_.begin(kind);
    while (true) {
        connection_.consume(reader_.feed(connection_.input(), on_line));
        if (reader_.is_complete()) {
            co_return reader_.reply();
        }
        co_await connection_.read(patience());
    }
}

Task<Pop3Reply> Pop3Client::command(std::string text) {
    text += "\r\n";
    co_await connection_.write(text, patience());
    const OnLine none;
    co_return co_await answer(Pop3Reader::Answer::one_line, none);
}

Task<Pop3Reply> Pop3Client::command(std::string text, OnLine on_line) {
    text += "\r\n";
    co_await connection_.write(text, patience());
    co_return co_await answer(Pop3Reader::Answer::lines, on_line);
}

Task<Pop3Reply> Pop3Client::connect(const Endpoint& endpoint, Tls* tls) {
    co_await connection_.connect(endpoint, patience());
    if (endpoint.security == Security::implicit) {
        co_await connection_.start_tls(*tls, endpoint.host, patience());
    }
    const OnLine none;
    Pop3Reply greeting = co_await answer(Pop3Reader::Answer::one_line, none);
    if (!greeting.ok) {
        throw ConnectionError("greeting: " + greeting.text);
    }
    if (endpoint.security == Security::starttls) {
        const Pop3Reply reply = co_await command("STLS");
        if (!reply.ok) {
            throw ConnectionError("STLS: " + reply.text);
        }
        co_await connection_.start_tls(*tls, endpoint.host, patience());
    }
    co_return greeting;
}

Task<Pop3Reply> Pop3Client::log_in(const std::string& user, const std::string& password) {
    std::string line = "USER " + user;
    Pop3Reply reply = co_await command(std::move(line));
    if (reply.ok) {
        line = "PASS " + password;
        reply = co_await command(std::move(line));
    }
    co_return reply;
}

Task<Pop3Reply> Pop3Client::quit() {
    Pop3Reply reply = co_await command("QUIT");
    co_await connection_.wait_for_end(options_.timeout);
    co_return reply;
}

}  // namespace postrider::bench
