#include "load/target.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"

namespace postrider::bench {

Target::Target(const Options& options)
    : options_(options), endpoint_(find_endpoint(options.host, options.port, options.security)) {
    if (options.security != Security::none) {
        tls_ = std::make_unique<Tls>(options.resume ? Tls::Resumption::on : Tls::Resumption::off);
    }
}

void Target::keep_greeting(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (greeting_.empty()) {
        greeting_ = text;
    }
}

std::string Target::greeting() const {
    const std::lock_guard lock(mutex_);
    return greeting_;
}

Task<> ImapSession::open(unsigned connection) {
    const Response greeting = co_await client_.connect(target_.endpoint(), target_.tls());
    target_.keep_greeting(greeting.text);
    const Account& account = target_.account(connection);
    const Reply reply = co_await client_.log_in(account.user, account.password);
    if (!reply.ok()) {
        throw AnswerError("LOGIN: " + reply.line());
    }
}

Task<std::uint32_t> ImapSession::open_folder(unsigned connection, const std::string& folder) {
    co_await open(connection);
    co_return co_await select(folder);
}

Task<Reply> ImapSession::ok(Command command) {
    OnResponse collect;
    co_return co_await ok(std::move(command), std::move(collect));
}

Task<Reply> ImapSession::ok(Command command, OnResponse on_response) {
    const std::string name = command.parts().front().substr(0, 80);
    Reply reply = co_await client_.command(std::move(command), std::move(on_response));
    if (!reply.ok()) {
        throw AnswerError(name + ": " + reply.line());
    }
    co_return reply;
}

Task<std::uint32_t> ImapSession::select(const std::string& folder) {
    Command command("SELECT " + quoted(folder));
    const Reply reply = co_await ok(std::move(command));
    for (const Response& response : reply.untagged) {
        if (const auto count = response.number("EXISTS")) {
            co_return *count;
        }
    }
    throw AnswerError("SELECT: no EXISTS");
}

Task<> ImapSession::make_anew(const std::string& folder) {
    Command remove("DELETE " + quoted(folder));
    co_await client_.command(std::move(remove));
    Command create("CREATE " + quoted(folder));
    co_await ok(std::move(create));
}

Task<std::vector<std::uint32_t>> ImapSession::uids(std::string criteria) {
    std::vector<std::uint32_t> found;
    OnResponse take = [&found](Response& response) {
        if (!response.is("SEARCH")) {
            return;
        }
        const std::string_view text = response.body();
        for (std::size_t at = text.find(' '); at < text.size(); at = text.find(' ', at + 1)) {
            std::uint32_t uid = 0;
            std::from_chars(text.data() + at + 1, text.data() + text.size(), uid);
            if (uid != 0) {
                found.push_back(uid);
            }
        }
    };
    Command command("UID SEARCH " + criteria);
    co_await ok(std::move(command), std::move(take));
    std::sort(found.begin(), found.end());
    co_return found;
}

Task<> ImapSession::require(std::string capability) {
    const std::vector<std::string>* words = co_await client_.capabilities();
    if (std::find(words->begin(), words->end(), upper(capability)) == words->end()) {
        throw Unsupported("CAPABILITY has no " + capability);
    }
}

Task<> ImapSession::log_out() {
    const Reply reply = co_await client_.log_out();
    if (!reply.ok()) {
        throw AnswerError("LOGOUT: " + reply.line());
    }
}

Task<> Pop3Session::open(unsigned connection) {
    const Pop3Reply greeting = co_await client_.connect(target_.endpoint(), target_.tls());
    target_.keep_greeting(greeting.text);
    const Account& account = target_.account(connection);
    const Pop3Reply reply = co_await client_.log_in(account.user, account.password);
    if (!reply.ok) {
        throw AnswerError("PASS: " + reply.text);
    }
}

Task<Pop3Reply> Pop3Session::ok(std::string command) {
    Pop3Reply reply = co_await client_.command(command);
    if (!reply.ok) {
        throw AnswerError(command + ": " + reply.text);
    }
    co_return reply;
}

Task<Pop3Reply> Pop3Session::ok(std::string command, OnLine on_line) {
    Pop3Reply reply = co_await client_.command(command, std::move(on_line));
    if (!reply.ok) {
        throw AnswerError(command + ": " + reply.text);
    }
    co_return reply;
}

Task<> Pop3Session::quit() {
    const Pop3Reply reply = co_await client_.quit();
    if (!reply.ok) {
        throw AnswerError("QUIT: " + reply.text);
    }
}

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c == '"' || c == '\\' ? "\\" : "";
        out += c;
    }
    return out + '"';
}

std::string sequence_set(const std::vector<std::uint32_t>& numbers) {
    std::string set;
    for (std::size_t first = 0; first < numbers.size();) {
        std::size_t last = first;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
            ++last;
        }
        set += (set.empty() ? "" : ",") + std::to_string(numbers[first]);
        if (last > first) {
            set += ':' + std::to_string(numbers[last]);
        }
        first = last + 1;
    }
    return set;
}

std::pair<std::uint32_t, std::uint32_t> share_of(std::uint32_t count, unsigned share, unsigned sharers) {
    const auto edge = [&](unsigned part) { return static_cast<std::uint32_t>(std::uint64_t{count} * part / sharers); };
    return {edge(share) + 1, edge(share + 1)};
}

}  // namespace postrider::bench
