#include "bench/stress/stage.hpp"

#include "client/response.hpp"

namespace postrider::bench::stress {

Stage::Stage() {
    world_.folders().emplace_back("INBOX.one");
    world_.folders().emplace_back("INBOX.two");
}

Checker& Stage::session(Standard standard) {
    sessions_.push_back(std::make_unique<Checker>(world_, std::to_string(sessions_.size() + 1), standard));
    return *sessions_.back();
}

Checker& Stage::selected(const std::vector<std::string>& flags, Verb verb) {
    Checker& session = this->session();
    run(session, select_command(verb),
        "* " + std::to_string(flags.size()) + " EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 5] Ok\r\n");
    std::string lines;
    for (std::size_t number = 1; number <= flags.size(); ++number) {
        const std::string text = std::to_string(number);
        lines += "* " + text + " FETCH (UID " + text + " FLAGS (" + flags[number - 1] + "))\r\n";
    }
    Command look{.verb = Verb::fetch, .by_uid = true, .everything = true, .set = "1:*", .items = {Item::flags}};
    run(session, look, lines);
    return session;
}

void Stage::fill(std::uint32_t count) {
    Checker& session = this->session();
    for (std::uint32_t number = 1; number <= count; ++number) {
        run(session, append(world_.new_content()), "", "[APPENDUID 5 " + std::to_string(number) + "] done");
    }
}

std::string Stage::send(Checker& session, Command command) {
    const std::string tag = "a" + std::to_string(++tags_);
    session.sent(tag, std::move(command));
    return tag;
}

void Stage::hear(Checker& session, std::string_view lines) {
    ResponseReader reader;
    while (!lines.empty()) {
        lines.remove_prefix(reader.feed(lines));
        session.received(reader.take());
    }
}

void Stage::run(Checker& session, Command command, std::string_view lines, std::string_view ok) {
    const std::string tag = send(session, std::move(command));
    hear(session, std::string(lines) + tag + " OK " + std::string(ok) + "\r\n");
}

std::vector<Uid> uids(std::initializer_list<std::uint32_t> numbers) {
    std::vector<Uid> uids;
    for (const std::uint32_t number : numbers) {
        uids.emplace_back(number);
    }
    return uids;
}

Command select_command(Verb verb) {
    return {.verb = verb};
}

Command plain(Verb verb) {
    return {.verb = verb};
}

Command fetch(std::vector<Uid> messages, std::vector<Item> items, bool by_uid) {
    return {.verb = Verb::fetch, .by_uid = by_uid, .messages = std::move(messages), .items = std::move(items)};
}

Command store(std::vector<Uid> messages, Change change, Flags flags, bool silent) {
    return {.verb = Verb::store, .messages = std::move(messages), .change = change, .silent = silent, .flags = flags};
}

Command append(ContentId content, Flags flags) {
    return {.verb = Verb::append, .flags = flags, .content = content};
}

Command copy(std::vector<Uid> messages, std::size_t folder) {
    return {.verb = Verb::copy, .by_uid = true, .messages = std::move(messages), .folder = folder};
}

std::string literal(std::string_view bytes) {
    return "{" + std::to_string(bytes.size()) + "}\r\n" + std::string(bytes);
}

std::string content(std::uint32_t number) {
    return content_of(Stage::seed, ContentId(number));
}

}  // namespace postrider::bench::stress
