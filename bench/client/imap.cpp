#include "client/imap.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace postrider::bench {

namespace {

/// Splits "tag OK text" into the tag and the reply; throws where it is something else.
std::pair<std::string, Reply> tagged(const Response& response) {
    const std::string_view text = response.text;
    const std::size_t blank = text.find(' ');
    const std::string_view rest = blank == std::string_view::npos ? "" : text.substr(blank + 1);
    const std::string status = upper(rest.substr(0, rest.find(' ')));
    Reply reply;
    if (status == "OK") {
        reply.status = Reply::Status::ok;
    } else if (status == "NO") {
        reply.status = Reply::Status::no;
    } else if (status != "BAD") {
        throw ConnectionError("not a response: " + response.text.substr(0, 200));
    }
    reply.text = rest.substr(std::min(rest.size(), status.size() + 1));
    return {std::string(text.substr(0, blank)), std::move(reply)};
}

}  // namespace

std::string Reply::line() const {
    static constexpr std::string_view words[] = {"OK ", "NO ", "BAD "};
    return std::string(words[static_cast<std::size_t>(status)]) + text;
}

std::optional<std::string> Reply::code(std::string_view name) const {
    const std::size_t end = text.find(']');
    if (!text.starts_with('[') || end == std::string::npos) {
        return std::nullopt;
    }
    const std::string_view inside = std::string_view(text).substr(1, end - 1);
    const std::size_t blank = std::min(inside.find(' '), inside.size());
    if (!iequals(inside.substr(0, blank), name)) {
        return std::nullopt;
    }
    return std::string(inside.substr(std::min(blank + 1, inside.size())));
}

ImapClient::ImapClient(const asio::any_io_executor& executor, Options options)
    : connection_(executor), options_(options) {}

Task<Response> ImapClient::connect(const Endpoint& endpoint, Tls* tls) {
    co_await connection_.connect(endpoint, patience());
    if (endpoint.security == Security::implicit) {
        co_await connection_.start_tls(*tls, endpoint.host, patience());
    }
    Response greeting = co_await read_greeting();
    if (endpoint.security == Security::starttls) {
        const Reply reply = co_await command("STARTTLS");
        if (!reply.ok()) {
            throw ConnectionError("STARTTLS: " + reply.line());
        }
        co_await connection_.start_tls(*tls, endpoint.host, patience());
    }
    co_return greeting;
}

Task<Response> ImapClient::adopt(Descriptor socket) {
    connection_.adopt(std::move(socket));
    co_return co_await read_greeting();
}

Task<Response> ImapClient::read_greeting() {
    Response greeting = co_await next();
    if (!greeting.is("OK") && !greeting.is("PREAUTH")) {
        throw ConnectionError("greeting: " + greeting.text);
    }
    co_return greeting;
}

Task<Reply> ImapClient::log_in(const std::string& user, const std::string& password) {
    Command login("LOGIN");
    login.string(user).string(password);
    capabilities_.clear();
    co_return co_await command(std::move(login));
}

Task<Reply> ImapClient::log_out() {
    Reply reply = co_await command("LOGOUT");
    co_await connection_.wait_for_end(options_.timeout);
    co_return reply;
}

Task<const std::vector<std::string>*> ImapClient::capabilities() {
    if (!capabilities_.empty()) {
        co_return &capabilities_;
    }
    const Reply reply = co_await command("CAPABILITY");
    for (const Response& response : reply.untagged) {
        if (!response.is("CAPABILITY")) {
            continue;
        }
        std::string_view words = response.body();
        while (!words.empty()) {
            const std::size_t end = std::min(words.find(' '), words.size());
            capabilities_.push_back(upper(words.substr(0, end)));
            words.remove_prefix(std::min(end + 1, words.size()));
        }
    }
    co_return &capabilities_;
}

Task<Reply> ImapClient::command(Command command) {
    OnResponse collect;
    co_return co_await this->command(std::move(command), std::move(collect));
}

Task<Reply> ImapClient::command(Command command, OnResponse on_response) {
    std::vector<Response> untagged;
    OnResponse collect = [&untagged](Response& response) { untagged.push_back(std::move(response)); };
    const OnResponse& take = on_response ? on_response : collect;
    tag_ = next_tag();
    std::string line = std::exchange(queued_, {}) + tag_ + ' ';
    const auto& parts = command.parts();
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
        line += parts[i] + '{' + std::to_string(parts[i + 1].size()) + "}\r\n";
        co_await connection_.write(line, patience());
        if (auto refused = co_await until(tag_, take)) {
            refused->untagged = std::move(untagged);
            co_return std::move(*refused);
        }
        line = parts[i + 1];
    }
    line += parts.back() + "\r\n";
    co_await connection_.write(line, patience());
    co_return co_await finish_with(tag_, take, untagged);
}

std::string ImapClient::queue(std::string_view text) {
    tag_ = next_tag();
    queued_.append(tag_).append(" ").append(text).append("\r\n");
    return tag_;
}

Task<> ImapClient::flush() {
    const std::string bytes = std::exchange(queued_, {});
    co_await connection_.write(bytes, patience());
}

Task<Reply> ImapClient::finish(std::string tag, OnResponse on_response) {
    std::vector<Response> untagged;
    OnResponse collect = [&untagged](Response& response) { untagged.push_back(std::move(response)); };
    co_return co_await finish_with(tag, on_response ? on_response : collect, untagged);
}

Task<Reply> ImapClient::finish_with(const std::string& tag, const OnResponse& take, std::vector<Response>& untagged) {
    auto reply = co_await until(tag, take);
    if (!reply) {
        throw ConnectionError("the server asks for more where the command has ended");
    }
    reply->untagged = std::move(untagged);
    co_return std::move(*reply);
}

Task<std::optional<Reply>> ImapClient::until(const std::string& tag, const OnResponse& take) {
    const auto is_it = [&tag](const auto& one) { return one.first == tag; };
    if (const auto found = std::find_if(ended_.begin(), ended_.end(), is_it); found != ended_.end()) {
        Reply reply = std::move(found->second);
        ended_.erase(found);
        co_return reply;
    }
    while (true) {
        Response response = co_await next();
        if (response.is_untagged()) {
            take(response);
        } else if (response.is_continuation()) {
            co_return std::nullopt;
        } else if (auto one = tagged(response); one.first == tag) {
            co_return std::move(one.second);
        } else {
            ended_.push_back(std::move(one));
        }
    }
}

Task<Response> ImapClient::next() {
    if (!early_.empty()) {
        Response response = std::move(early_.front());
        early_.pop_front();
        co_return response;
    }
    co_return co_await read_response(patience());
}

Task<std::optional<Response>> ImapClient::next_before(Moment deadline) {
    if (!early_.empty()) {
        co_return co_await next();
    }
    try {
        co_return co_await read_response(deadline);
    } catch (const TimedOut&) {
        co_return std::nullopt;
    }
}

Task<Response> ImapClient::read_response(Moment deadline) {
    while (true) {
        connection_.consume(reader_.feed(connection_.input()));
        if (reader_.is_complete()) {
            break;
        }
        try {
            co_await connection_.read(deadline);
        } catch (const TimedOut&) {
            throw;
        } catch (const ConnectionError&) {
            if (bye_.empty()) {
                throw;
            }
            throw ConnectionError("the server said: " + bye_);
        }
    }
    Response response = reader_.take();
    if (response.is("BYE")) {
        bye_ = response.body();
    }
    co_return response;
}

Task<std::optional<Reply>> ImapClient::start_idle() {
    tag_ = queue("IDLE");
    co_await flush();
    std::vector<Response> before;
    const OnResponse take = [&before](Response& response) { before.push_back(std::move(response)); };
    auto refused = co_await until(tag_, take);
    if (refused) {
        refused->untagged = std::move(before);
    } else {
        std::move(before.begin(), before.end(), std::back_inserter(early_));
    }
    co_return refused;
}

Task<Reply> ImapClient::end_idle() {
    const std::string_view done = "DONE\r\n";
    co_await connection_.write(done, patience());
    co_return co_await finish(tag_, OnResponse());
}

}  // namespace postrider::bench
