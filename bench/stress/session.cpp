#include "stress/session.hpp"

#include <algorithm>
#include <chrono>

namespace postrider::bench::stress {

namespace {

using std::chrono::milliseconds;

/// One batch in so many is sent and its answers are not waited for.
constexpr std::size_t drops = 150;
/// The same for an APPEND's literal, and for IDLE.
constexpr std::size_t literal_drops = 40;
constexpr std::size_t idle_drops = 20;
constexpr std::size_t longest_idle = 200;  // ms

bool has_word(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

StressSession::StressSession(const asio::any_io_executor& executor, const Setting& setting, std::string name,
                             std::size_t number, SessionTranscript& transcript)
    : executor_(executor),
      setting_(setting),
      name_(std::move(name)),
      random_(setting.world.seed() * 1'000'003 + number),
      transcript_(transcript) {}

Task<> StressSession::open() {
    client_ = std::make_unique<ImapClient>(executor_, ImapClient::Options{setting_.timeout});
    client_->connection().record(
        [this](Direction direction, std::string_view bytes) { transcript_.add(direction, bytes); });
    transcript_.note("connects");
    co_await setting_.peer.open(*client_);
    const std::vector<std::string>* words = co_await client_->capabilities();
    const Abilities abilities{.uid_plus = has_word(*words, "UIDPLUS"),
                              .idle = has_word(*words, "IDLE"),
                              .unselect = has_word(*words, "UNSELECT"),
                              .literal_plus = has_word(*words, "LITERAL+"),
                              .cond_store = has_word(*words, "CONDSTORE"),
                              .examine = setting_.peer.standard() == Standard::full};
    abilities_ = abilities;
    checker_ = std::make_unique<Checker>(setting_.world, name_, setting_.peer.standard());
    if (!generator_) {
        generator_ = std::make_unique<Generator>(setting_.world, Random(random_.next()), abilities);
    }
}

void StressSession::close(bool dropped) {
    transcript_.note(dropped ? "drops the connection" : "has ended");
    client_->connection().close();
    checker_->dropped(World::Clock::now());
    checker_.reset();
    client_.reset();
}

void StressSession::abort() {
    if (client_) {
        client_->connection().close();
    }
}

Task<> StressSession::work() {
    while (!setting_.course.is_over()) {
        if (!client_) {
            co_await open();
        }
        co_await step();
    }
    if (client_) {
        Command logout{.verb = Verb::logout};
        co_await send(std::move(logout));
    }
}

Task<> StressSession::look_at_everything() {
    co_await open();
    for (std::size_t folder = 0; folder < setting_.world.folders().size(); ++folder) {
        Command select{.verb = Verb::select, .folder = folder};
        co_await send(std::move(select));
        Command look = generator_->look_at_everything();
        co_await send(std::move(look));
        // What was learnt of contents and births is held against the whole once more.
        Command noop{.verb = Verb::noop};
        co_await send(std::move(noop));
    }
    Command logout{.verb = Verb::logout};
    co_await send(std::move(logout));
}

Task<> StressSession::step() {
    std::vector<Command> commands = generator_->next(checker_->view());
    if (commands.front().verb == Verb::idle) {
        co_await idle();
    } else if (commands.front().verb == Verb::append && !abilities_.literal_plus) {
        co_await append(std::move(commands.front()));
    } else {
        co_await run(std::move(commands));
    }
}

/// Puts the command into the client's queue and tells the checker.
void StressSession::queue(Command command, const std::string& literal) {
    const std::string& mailbox = setting_.world.folders()[command.folder].name();
    const std::string text = wire_text(command, mailbox, literal, setting_.world.seed());
    setting_.course.sent(text);
    const std::string tag = client_->queue(text);
    if (command.verb == Verb::append || command.verb == Verb::copy || command.verb == Verb::select ||
        command.verb == Verb::examine) {
        touched_.insert(command.folder);
    }
    checker_->sent(tag, std::move(command));
}

Task<> StressSession::run(std::vector<Command> commands) {
    const bool ends = commands.back().verb == Verb::logout;
    for (Command& command : commands) {
        std::string literal;
        if (command.verb == Verb::append) {
            literal = content_of(setting_.world.seed(), command.content);
            literal = std::to_string(literal.size()) + "+}\r\n" + literal;
        }
        queue(std::move(command), literal);
    }
    co_await client_->flush();
    if (random_.below(drops) == 0) {
        close(true);
        co_return;
    }
    co_await read_all();
    if (ends) {
        close(false);
    }
}

Task<> StressSession::send(Command command) {
    const bool ends = command.verb == Verb::logout;
    queue(std::move(command), "");
    co_await client_->flush();
    co_await read_all();
    if (ends) {
        close(false);
    }
}

Task<> StressSession::read_all() {
    while (checker_->has_pending()) {
        const Response response = co_await client_->next();
        if (response.is_continuation()) {
            throw Contradiction(Rule::grammar, "a continuation that no command waits for: " + response.text);
        }
        checker_->received(response);
    }
}

Task<> StressSession::idle() {
    Command command{.verb = Verb::idle};
    queue(std::move(command), "");
    co_await client_->flush();
    for (bool begun = false; !begun && checker_->has_pending();) {
        const Response response = co_await client_->next();
        begun = response.is_continuation();
        if (!begun) {
            checker_->received(response);
        }
    }
    const Moment end = World::Clock::now() + milliseconds(random_.below(longest_idle));
    while (checker_->has_pending()) {
        const auto response = co_await client_->next_before(end);
        if (!response) {
            break;
        }
        checker_->received(*response);
    }
    if (random_.below(idle_drops) == 0) {
        close(true);
        co_return;
    }
    const std::string_view done = "DONE\r\n";
    const Moment deadline = World::Clock::now() + setting_.timeout;
    co_await client_->connection().write(done, deadline);
    co_await read_all();
}

/// APPEND with a literal that the server asks for; its last byte is sometimes never sent.
Task<> StressSession::append(Command command) {
    const std::string content = content_of(setting_.world.seed(), command.content);
    queue(std::move(command), std::to_string(content.size()) + "}");
    co_await client_->flush();
    for (bool asked = false; !asked && checker_->has_pending();) {
        const Response response = co_await client_->next();
        asked = response.is_continuation();
        if (!asked) {
            checker_->received(response);
        }
    }
    const bool cut = random_.below(literal_drops) == 0;
    const std::string bytes = cut ? content.substr(0, random_.below(content.size())) : content + "\r\n";
    const Moment deadline = World::Clock::now() + setting_.timeout;
    co_await client_->connection().write(bytes, deadline);
    if (cut) {
        checker_->cut_literal();
        close(true);
        co_return;
    }
    co_await read_all();
}

}  // namespace postrider::bench::stress
