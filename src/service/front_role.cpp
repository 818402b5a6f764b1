// The front as a process of its own. Its neighbours are reached by messages; its doors close before the first client.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/log.hpp"
#include "net/network.hpp"
#include "net/relay.hpp"
#include "service/exit_codes.hpp"
#include "service/front.hpp"
#include "service/front_gate.hpp"
#include "service/pending.hpp"
#include "service/process.hpp"
#include "service/role_start.hpp"
#include "service/roles.hpp"

namespace postrider::service {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr auto time_for_reason = std::chrono::seconds(1);
constexpr auto time_after_session = std::chrono::seconds(2);
constexpr auto farewell_time = std::chrono::seconds(4);

/// The answer to a HandOver.
struct Onboard {
    bool taken = false;
    Descriptor relay;  ///< for a session over TLS
};

/// Counts something up for as long as it lives.
class Counted {
public:
    explicit Counted(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    std::atomic<std::size_t>& count_;
};

/// A session that a worker has, or will soon have.
struct Handed {
    std::shared_ptr<Pending<Onboard>> answer;
    std::shared_ptr<Pending<bool>> ended;  ///< true: by a crash
    std::optional<Registry::Entry> place;  ///< of a plain connection, which the front sees no more
};

class FrontRole : public Onward {
public:
    explicit FrontRole(FirstOrders orders)
        : settings_(settings_of(orders.settings)),
          loop_(static_cast<int>(settings_.threads)),
          channel_(std::make_shared<Channel>(asio::make_strand(loop_), Descriptor(role_channel), Role::front,
                                             Role::supervisor)),
          gate_(channel_),
          front_(loop_, registry_, gate_, *this) {
        log_debug(settings_.log_debug);
        log_to(channel_);
        front_.replace(settings_);
        for (auto& [listener, socket] : orders.listeners) {
            front_.add_listener(std::move(socket), {listener.door, listener.proxy, listener.port});
        }
    }

    /// From here on the network is this process's only world.
    void close_doors() {
        service::close_doors(Role::front, {settings_.uid, settings_.gid, {}}, {});
        for (unsigned i = 1; i < settings_.threads; ++i) {
            threads_.emplace_back([this] { loop_.run(); });
        }
        close_calls(Role::front);
    }

    void run() {
        channel_->set_stage(Stage::serving);
        channel_->send(Ready{});
        front_.start();
        asio::co_spawn(channel_->strand(), listen_to_supervisor(), [](const std::exception_ptr& error) {
            if (error) {
                log_line(LogLevel::error, "the front ends by our mistake: " + text_of(error));
                ::_exit(EXIT_FAILURE);
            }
        });
        loop_.run();
    }

    // Onward ----------------------------------------------------------------------------------------------------------

    Task<void> take(net::Connection& connection, std::unique_ptr<Admission> admission, Door door,
                    Registry::Entry place) override {
        const std::uint64_t session = admission->session;
        if (connection.is_tls()) {
            auto onboard = co_await hand_over(connection, std::move(admission), door, std::nullopt);
            if (onboard.taken) {
                co_await relay_session(connection, std::move(onboard.relay), session, door.protocol);
            }
            forget(session);
        } else {
            const auto onboard = co_await hand_over(connection, std::move(admission), door, std::move(place));
            onboard.taken ? connection.abandon() : forget(session);
        }
    }

private:
    static FrontSettings settings_of(const std::string& bytes) {
        auto settings = decoded<FrontSettings>(bytes);
        if (!settings) {
            throw std::runtime_error("the settings cannot be read");
        }
        return std::move(*settings);
    }

    /// place: of a plain connection, kept until its session is over. Not taken: BYE was said.
    Task<Onboard> hand_over(net::Connection& connection, std::unique_ptr<Admission> admission, Door door,
                            std::optional<Registry::Entry> place) {
        const auto answer = remember(admission->session, connection.strand(), std::move(place));
        const Protocol protocol = door.protocol;
        HandOver message{std::move(*admission), {}, door};
        Descriptor socket;
        if (connection.is_tls()) {
            message.admission.received -= connection.buffered();  // the worker will receive it
        } else {
            message.read_ahead = connection.take_input();
            socket = Descriptor(::fcntl(connection.native_handle(), F_DUPFD_CLOEXEC, 0));
        }
        channel_->send(message, std::move(socket));
        const auto deadline = std::chrono::steady_clock::now() + limits::hand_over_time;
        auto onboard = co_await answer->wait(deadline);
        // Without a relay there was no room for its descriptor here.
        if (onboard && onboard->taken && (!connection.is_tls() || onboard->relay)) {
            co_return std::move(*onboard);
        }
        connection.write(protocol == Protocol::imap ? "* BYE Temporary problem, please try again later\r\n"
                                                    : "-ERR [SYS/TEMP] Temporary problem, please try again later\r\n");
        const auto flushed = co_await connection.flush();
        static_cast<void>(flushed);
        co_return Onboard{};
    }

    Task<void> relay_session(net::Connection& connection, Descriptor inner, std::uint64_t session, Protocol protocol) {
        const Counted counted(relays_);
        const auto ended = ended_of(session);
        std::optional<bool> crashed;
        net::Socket socket(connection.strand(), net::Socket::protocol_type(AF_UNIX, 0), inner.release());
        // A client that does not read what is left for it has some time after the session's end.
        const auto result = co_await (net::relay(connection, std::move(socket)) || some_time_after(*ended, crashed));
        if (result.index() != 0 || std::get<0>(result).ended != net::RelayEnd::inner ||
            !std::get<0>(result).between_lines) {
            co_return;
        }
        // The worker has said its own last words, unless it died. POP3 has none for that.
        if (!crashed && protocol == Protocol::imap) {
            const auto deadline = std::chrono::steady_clock::now() + time_for_reason;
            crashed = co_await ended->wait(deadline);
        }
        if (crashed.value_or(false) && protocol == Protocol::imap) {
            connection.write("* BYE Internal error; the server's log says more.\r\n");
            const auto flushed = co_await connection.flush();
            static_cast<void>(flushed);
        }
    }

    std::shared_ptr<Pending<bool>> ended_of(std::uint64_t session) {
        const std::scoped_lock lock(mutex_);
        return handed_.at(session).ended;
    }

    Task<void> some_time_after(Pending<bool>& ended, std::optional<bool>& crashed) {
        crashed = co_await ended.wait(net::Deadline::max());
        asio::steady_timer timer(co_await asio::this_coro::executor, time_after_session);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    // What is waited for ----------------------------------------------------------------------------------------------

    std::shared_ptr<Pending<Onboard>> remember(std::uint64_t session, const net::Strand& strand,
                                               std::optional<Registry::Entry> place) {
        const std::scoped_lock lock(mutex_);
        Handed& handed = handed_[session];
        handed.answer = std::make_shared<Pending<Onboard>>(strand);
        handed.ended = std::make_shared<Pending<bool>>(strand);
        if (place) {
            handed.place.emplace(std::move(*place));
        }
        return handed.answer;
    }

    void forget(std::uint64_t session) {
        decltype(handed_)::node_type last;  // its place is given back without the lock
        const std::scoped_lock lock(mutex_);
        last = handed_.extract(session);
    }

    // The supervisor --------------------------------------------------------------------------------------------------

    Task<void> listen_to_supervisor() {
        while (auto packet = co_await channel_->receive()) {
            obey(*packet);
        }
        // The supervisor has ended or wants us to: who waits gets BYE from us, who logged in from the workers.
        front_.end_before_login();
        auto all_are_gone = [this] { return registry_.before_login() == 0 && relays_ == 0; };
        co_await wait_for(all_are_gone, std::chrono::steady_clock::now() + farewell_time);
        ::_exit(EXIT_SUCCESS);
    }

    void obey(Packet& packet) {
        switch (packet.kind) {
            case Kind::login_answer:
                with<LoginAnswer>(packet, [this](const LoginAnswer& answer) { gate_.deliver(answer); });
                return;
            case Kind::scram_answer:
                with<ScramAnswer>(packet, [this](const ScramAnswer& answer) { gate_.deliver(answer); });
                return;
            case Kind::hand_over_answer:
                with<HandOverAnswer>(packet, [&](const HandOverAnswer& answer) {
                    const std::scoped_lock lock(mutex_);
                    if (const auto handed = handed_.find(answer.session); handed != handed_.end()) {
                        handed->second.answer->deliver({answer.taken, std::move(packet.descriptor)});
                    }
                });
                return;
            case Kind::session_ended:
                with<SessionEnded>(packet, [this](const SessionEnded& ended) { end(ended); });
                return;
            case Kind::session_alive:
                with<SessionAlive>(packet, [this](const SessionAlive& alive) { count(alive); });
                return;
            case Kind::settings:
                replace(packet);
                return;
            case Kind::survey:
                with<Survey>(packet, [this](const Survey& survey) {
                    channel_->send(Figures{survey.query, front_.figures()});
                });
                return;
            case Kind::finish:
                with<Finish>(packet, [this](const Finish& finish) {
                    finish.now ? front_.end_before_login() : front_.end(Ending::after_command);
                });
                return;
            default:
                channel_->refuse("sent what a front does not know");
        }
    }

    template <class M, class F>
    void with(const Packet& packet, F action) {
        if (const auto message = decoded<M>(packet.body)) {
            action(*message);
        } else {
            channel_->refuse("sent a message that cannot be read");
        }
    }

    /// A plain connection's place comes free; a relay learns why its inner side ended.
    void end(const SessionEnded& ended) {
        decltype(handed_)::node_type last;
        const std::scoped_lock lock(mutex_);
        if (const auto handed = handed_.find(ended.session); handed != handed_.end()) {
            handed->second.ended->deliver(ended.crashed);
            handed->second.answer->deliver({true, Descriptor()});  // a session that ended was taken
            if (handed->second.place) {
                last = handed_.extract(handed);
            }
        }
    }

    /// A session that an earlier front handed over takes its place here too.
    void count(const SessionAlive& alive) {
        const auto address = net::parse_address(alive.address);
        if (!address) {
            return;
        }
        constexpr auto no_limit = std::numeric_limits<std::size_t>::max();
        const Registry::Limits limits{{no_limit, no_limit}, {no_limit, no_limit, no_limit}};
        auto admission = registry_.admit(alive.door, *address, limits);
        if (admission.entry) {
            admission.entry->logged_in();
            remember(alive.session, channel_->strand(), std::move(admission.entry));
        }
    }

    void replace(const Packet& packet) {
        Ready answer;
        try {
            const auto bytes = settings_in(packet);
            const FrontSettings settings = settings_of(bytes.value_or(""));
            front_.replace(settings);
            log_debug(settings.log_debug);
        } catch (const std::exception& error) {
            answer.trouble = error.what();
        }
        channel_->send(answer);
    }

    FrontSettings settings_;
    Registry registry_;
    asio::io_context loop_;
    std::shared_ptr<Channel> channel_;
    FrontGate gate_;
    Front front_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(loop_);
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> relays_ = 0;

    std::mutex mutex_;                        ///< of handed_
    std::map<std::uint64_t, Handed> handed_;  ///< by session
};

}  // namespace

int run_front(const AfterDoors& attack) {
    if (!has_supervisor(Role::front)) {
        return exit_usage;
    }
    leave_signals_to_supervisor();
    raise_descriptor_limit();
    LastWords last_words;
    try {
        FrontRole role(first_orders(role_channel, Role::front));
        role.close_doors();
        last_words.keep();
        if (attack) {
            attack(role_channel);
        }
        role.run();
        ::_exit(EXIT_SUCCESS);
    } catch (const std::exception& error) {
        last_words.say(error.what());
        ::_exit(EXIT_FAILURE);
    }
}

}  // namespace postrider::service
