#include "stress/run.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

namespace postrider::bench::stress {

namespace {

using namespace std::chrono_literals;

/// A command of a dropped session has had its effect by then, or never has one.
constexpr auto abandoned_time = 30s;
constexpr auto housekeeping_time = 500ms;
constexpr auto farewell_time = 200ms;
constexpr std::size_t longest_gap = 60;  // ms between deliveries

/// What stands before the names of an account's folders: the first string of NAMESPACE; "" without one.
std::string prefix_in(const Reply& reply) {
    constexpr std::string_view begin = "* NAMESPACE ((\"";
    for (const Response& response : reply.untagged) {
        if (response.text.starts_with(begin)) {
            return response.text.substr(begin.size(), response.text.find('"', begin.size()) - begin.size());
        }
    }
    return "";
}

Task<> pause(std::chrono::milliseconds time) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

StressRun::StressRun(const StressOptions& options)
    : options_(options),
      world_(options.seed),
      server_(server_under_test(options)),
      foreign_(options.foreign.empty() ? nullptr : foreign_server(options)),
      begin_(std::chrono::steady_clock::now()),
      end_(begin_),
      progress_("stress", options.quiet) {}

StressRun::~StressRun() = default;

bool StressRun::is_over() const {
    if (failure_) {
        return true;
    }
    return options_.operations > 0 ? commands_ >= options_.operations : std::chrono::steady_clock::now() >= end_;
}

void StressRun::sent(std::string_view command) {
    ++commands_;
    progress_.count(1);
    for (const char c : command) {
        choices_ = (choices_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
}

double StressRun::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::string StressRun::transcript(const std::string& session) const {
    const auto found =
        std::ranges::find_if(members_, [&](const Member& one) { return one.session->name() == session; });
    return found == members_.end() ? "" : found->transcript.text();
}

std::optional<Failure> StressRun::run() {
    start(nullptr, make_folders());
    run_loop();
    if (failure_) {
        return failure_;
    }
    begin_ = std::chrono::steady_clock::now();
    end_ = begin_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                        std::chrono::duration<double>(options_.duration));
    add_members();
    run_loop();
    // Nobody else is there now: what is told has to be the model exactly, but for what dropped sessions left open.
    for (Peer* peer : {server_.get(), foreign_.get()}) {
        if (peer != nullptr && !failure_) {
            progress_.say("compares");
            StressSession& session = add(*peer, peer == server_.get() ? "end" : "foreign-end");
            start(&session, session.look_at_everything());
            run_loop();
        }
    }
    if (!failure_) {
        start(nullptr, delete_folders());
        run_loop();
    }
    return failure_;
}

/// Until everything that was started has ended; after a failure only as long as it takes to wake those that wait.
void StressRun::run_loop() {
    loop_.restart();
    while (running_ > 0 && !failure_) {
        loop_.run_one();
    }
    loop_.run_for(failure_ ? farewell_time : std::chrono::milliseconds(0));
}

StressSession& StressRun::add(Peer& peer, const std::string& name) {
    Member& member = members_.emplace_back(begin_, options_.transcript_kib * 1024);
    const std::chrono::duration<double> timeout(options_.timeout);
    const StressSession::Setting setting{world_, peer, *this,
                                         std::chrono::duration_cast<std::chrono::nanoseconds>(timeout)};
    member.session =
        std::make_unique<StressSession>(loop_.get_executor(), setting, name, members_.size(), member.transcript);
    return *member.session;
}

void StressRun::add_members() {
    progress_.say("works");
    for (unsigned number = 1; number <= options_.sessions; ++number) {
        StressSession& session = add(*server_, std::to_string(number));
        start(&session, session.work());
    }
    for (unsigned number = 1; foreign_ && number <= options_.foreign_sessions; ++number) {
        StressSession& session = add(*foreign_, "foreign-" + std::to_string(number));
        start(&session, session.work());
    }
    if (!options_.deliver.empty()) {
        for (const std::string& name : folder_names_) {
            agents_.emplace_back(options_.deliver + "/." + name);
        }
        start(nullptr, deliver());
    }
    start(nullptr, keep_house());
}

void StressRun::start(StressSession* session, Task<> work) {
    ++running_;
    asio::co_spawn(loop_, std::move(work), [this, session](const std::exception_ptr& thrown) {
        --running_;
        if (thrown && !failure_) {
            fail(session, thrown);
        }
    });
}

/// The first failure counts; all sessions end, so that their transcripts stop here.
void StressRun::fail(StressSession* session, const std::exception_ptr& thrown) {
    Failure failure;
    try {
        std::rethrow_exception(thrown);
    } catch (const Contradiction& contradiction) {
        const RuleText& rule = text_of(contradiction.rule());
        failure = {
            .rule = std::string(rule.name), .source = std::string(rule.source), .sentence = contradiction.what()};
    } catch (const std::exception& error) {
        failure.sentence = error.what();
    }
    if (session != nullptr) {
        failure.session = session->name();
        failure.concerned = {session->name()};
    }
    for (Member& member : members_) {
        const bool shares =
            session != nullptr && std::ranges::any_of(member.session->touched(), [&](std::size_t folder) {
                return session->touched().contains(folder);
            });
        if (shares && member.session.get() != session) {
            failure.concerned.push_back(member.session->name());
        }
        member.session->abort();
    }
    failure_ = std::move(failure);
}

Task<> StressRun::make_folders() {
    ImapClient client(loop_.get_executor());
    co_await server_->open(client);
    bench::Command ask("NAMESPACE");
    const Reply reply = co_await client.command(std::move(ask));
    const std::string prefix = prefix_in(reply);
    for (unsigned number = 1; number <= options_.folders; ++number) {
        folder_names_.push_back("postrider-stress-" + std::to_string(number));
        const std::string name = prefix + folder_names_.back();
        bench::Command remove("DELETE \"" + name + "\"");
        co_await client.command(std::move(remove));
        bench::Command create("CREATE \"" + name + "\"");
        const Reply created = co_await client.command(std::move(create));
        if (!created.ok()) {
            throw ConnectionError("CREATE " + name + ": " + created.line());
        }
        world_.folders().emplace_back(name);
    }
    co_await client.log_out();
}

Task<> StressRun::delete_folders() {
    ImapClient client(loop_.get_executor());
    co_await server_->open(client);
    for (const Folder& folder : world_.folders()) {
        bench::Command remove("DELETE \"" + folder.name() + "\"");
        co_await client.command(std::move(remove));
    }
    co_await client.log_out();
}

Task<> StressRun::deliver() {
    Random random(world_.seed() * 1'000'003);
    while (!is_over()) {
        const std::size_t number = random.below(agents_.size());
        Folder& folder = world_.folders()[number];
        const ContentId content = world_.new_content();
        const ArrivalId arrival = folder.arrive(world_.tick(), content, {});
        agents_[number].deliver(content_of(world_.seed(), content));
        folder.arrived(arrival, world_.tick(), std::nullopt);
        ++deliveries_;
        co_await pause(std::chrono::milliseconds(random.below(longest_gap)));
    }
}

Task<> StressRun::keep_house() {
    while (!is_over()) {
        world_.close_abandoned(std::chrono::steady_clock::now() - abandoned_time);
        world_.forget();
        co_await pause(housekeeping_time);
    }
}

}  // namespace postrider::bench::stress
