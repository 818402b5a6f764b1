#include "service/front_line.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <tuple>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "net/network.hpp"
#include "service/exit_codes.hpp"
#include "service/front_sockets.hpp"
#include "service/mail_tree.hpp"
#include "service/process.hpp"
#include "service/role_settings.hpp"

namespace postrider::service {

namespace {

constexpr auto survey_time = std::chrono::seconds(5);
constexpr auto first_pause = std::chrono::milliseconds(100);  // before a front that died is started again
constexpr auto longest_pause = std::chrono::seconds(10);
constexpr auto good_life = std::chrono::seconds(60);  // after which its death is no repetition

void report(const std::exception_ptr& error) {
    if (error) {
        log_line(LogLevel::error, "the supervisor made a mistake: " + text_of(error));
    }
}

/// False: the packet is no M.
template <class M, class F>
bool with(const Packet& packet, F action) {
    auto message = decoded<M>(packet.body);
    if (message) {
        action(*message);
    }
    return message.has_value();
}

}  // namespace

struct FrontLine::Front {
    Front(const net::Strand& strand, Child its_child)
        : child(std::move(its_child)),
          channel(std::make_shared<Channel>(strand, std::move(child.channel), Role::supervisor, Role::front)) {}

    Child child;
    std::shared_ptr<Channel> channel;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::map<std::uint64_t, std::shared_ptr<asio::cancellation_signal>> logins;  ///< by request: not answered yet
};

FrontLine::FrontLine(net::Strand strand, asio::thread_pool& pool, Gatekeeper& gatekeeper, Workers& workers)
    : strand_(std::move(strand)), pool_(pool), gatekeeper_(gatekeeper), workers_(workers) {}

// --- Life ------------------------------------------------------------------------------------------------------------

Task<void> FrontLine::start(const Settings& settings, const std::vector<OpenListener>& listeners) {
    auto identity = identity_of(settings.roles.front_user, settings.roles.front_group);
    if (!identity) {
        throw StartError(exit_settings, "FRONT_USER and FRONT_GROUP: " + identity.error().detail);
    }
    identity_ = std::move(*identity);
    listeners_ = &listeners;
    const std::string trouble = co_await replace(settings);
    if (!trouble.empty()) {
        throw StartError(exit_settings, trouble);
    }
}

Task<std::string> FrontLine::replace(const Settings& settings) {
    FrontSettings front = front_settings(settings, doors_of(*listeners_));
    front.uid = identity_.uid;
    front.gid = identity_.gid;
    std::string bytes = encoded(front);
    static_cast<void>(memory_file(bytes));  // throws where there is no room, before anything has changed
    const std::string before = std::exchange(encoded_settings_, std::move(bytes));
    ready_ = std::make_shared<Pending<std::string>>(strand_);
    const auto answer = ready_;
    if (child_ == nullptr) {
        spawn();
    } else {
        child_->channel->send(NewSettings{encoded_settings_.size()}, memory_file(encoded_settings_));
    }
    const auto deadline = std::chrono::steady_clock::now() + limits::role_start_time;
    const auto trouble = co_await answer->wait(deadline);
    ready_.reset();
    if (!trouble || !trouble->empty()) {
        encoded_settings_ = before;
        co_return trouble.value_or("the front does not answer");
    }
    settings_ = settings;
    co_return std::string();
}

void FrontLine::spawn() {
    Descriptor settings = memory_file(encoded_settings_);
    child_ = std::make_shared<Front>(strand_, start_role(Role::front, ""));
    ++starts_;
    for (const OpenListener& open : *listeners_) {
        const Listener& listener = open.listener;
        listen_again(open);
        child_->channel->send(NewListener{listener.door, listener.proxy, listener.port},
                              Descriptor(::fcntl(open.socket.get(), F_DUPFD_CLOEXEC, 0)));
    }
    child_->channel->send(NewSettings{encoded_settings_.size()}, std::move(settings));
    asio::co_spawn(strand_, live(child_), report);
    asio::co_spawn(strand_, demand_ready(child_), report);
}

/// One that never says that it is ready is hung.
Task<void> FrontLine::demand_ready(FrontPtr front) {
    auto is_ready = [front] { return front->channel->stage() == Stage::serving || front->channel->is_closed(); };
    const bool in_time = co_await wait_for(is_ready, std::chrono::steady_clock::now() + limits::role_start_time);
    if (!in_time) {
        front->channel->refuse("does not become ready");
    }
}

Task<void> FrontLine::live(FrontPtr front) {
    while (auto packet = co_await front->channel->receive()) {
        obey(front, std::move(*packet));
    }
    if (!front->channel->trouble().empty()) {
        log_line(LogLevel::error, "the front " + front->channel->trouble() + ", and is ended");
        service::kill(front->child);
    }
    const Ended how = co_await end_of(front->child, strand_);
    child_.reset();
    if (closing_) {
        co_return;
    }
    const bool began = front->channel->stage() == Stage::serving;
    if (ready_) {
        ready_->deliver("the front ended: " + how.text);
    }
    if (!began && starts_ == 1) {
        co_return;  // start() says why
    }
    log_line(LogLevel::error, "the front died: " + how.text + "; it is started again");
    const auto lived = std::chrono::steady_clock::now() - front->started;
    pause_ = lived > good_life ? first_pause : std::min<std::chrono::milliseconds>(pause_ * 2, longest_pause);
    co_await start_again();
}

/// Tries until it can be done: descriptors or memory may be short just now.
Task<void> FrontLine::start_again() {
    for (;;) {
        asio::steady_timer timer(strand_, pause_);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (closing_ || child_ != nullptr) {
            co_return;
        }
        try {
            spawn();
            co_return;
        } catch (const std::exception& error) {
            log_line(LogLevel::error, std::string("the front could not be started: ") + error.what());
            pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, longest_pause);
        }
    }
}

// --- What the front asks ---------------------------------------------------------------------------------------------

void FrontLine::obey(FrontPtr front, Packet packet) {
    bool understood = false;
    switch (packet.kind) {
        case Kind::ready:
            understood = with<Ready>(packet, [&](const Ready& ready) { begin(*front, ready.trouble); });
            break;
        case Kind::login:
            understood = with<Login>(packet, [&](Login& login) { begin_login(front, std::move(login)); });
            break;
        case Kind::scram_question:
            understood = with<ScramAsk>(
                packet, [&](ScramAsk& ask) { asio::co_spawn(strand_, answer(front, std::move(ask)), report); });
            break;
        case Kind::hand_over:
            understood = with<HandOver>(
                packet, [&](HandOver& message) { begin_hand_over(front, std::move(message), std::move(packet)); });
            break;
        case Kind::login_gone:
            understood = with<LoginGone>(packet, [&](const LoginGone& gone) {
                if (const auto login = front->logins.find(gone.request); login != front->logins.end()) {
                    const auto signal = login->second;  // what it ends removes it from the map
                    signal->emit(asio::cancellation_type::terminal);
                }
            });
            break;
        case Kind::abandon:
            understood =
                with<Abandon>(packet, [&](const Abandon& abandoned) { gatekeeper_.abandon(abandoned.session); });
            break;
        case Kind::figures:
            understood = with<Figures>(packet, [&](Figures& figures) {
                if (const auto survey = surveys_.find(figures.query); survey != surveys_.end()) {
                    survey->second->deliver(std::move(figures.figures));
                }
            });
            break;
        case Kind::log:
            understood = with<LogLine>(packet, [&](const LogLine& line) { log(*front, line); });
            break;
        default:
            break;
    }
    if (!understood) {
        front->channel->refuse("sent what cannot be read");
    }
}

void FrontLine::log(Front& front, const LogLine& line) {
    if (const auto dropped = front.channel->take_dropped(); dropped > 0) {
        log_line(LogLevel::warning, "the front: " + std::to_string(dropped) + " log lines were dropped");
    }
    log_line(line.level, line.text, line.protocol);
}

void FrontLine::begin(Front& front, const std::string& trouble) {
    if (trouble.empty() && front.channel->stage() == Stage::starting) {
        front.channel->set_stage(Stage::serving);
        for (const auto& [session, place] : plain_sessions_) {
            front.channel->send(SessionAlive{session, place.door, place.address});
        }
    }
    if (ready_) {
        ready_->deliver(trouble);
    } else if (!trouble.empty()) {
        log_line(LogLevel::error, "the front: " + trouble);
    }
}

void FrontLine::begin_login(const FrontPtr& front, Login login) {
    const std::uint64_t request = login.request;
    const auto signal = std::make_shared<asio::cancellation_signal>();
    if (!front->logins.emplace(request, signal).second) {
        front->channel->refuse("used the number of a login twice");
        return;
    }
    asio::co_spawn(
        strand_, answer(front, std::move(login)),
        asio::bind_cancellation_slot(signal->slot(), [front, request, signal](const std::exception_ptr& error) {
            front->logins.erase(request);
            report(error);
        }));
}

Task<void> FrontLine::answer(FrontPtr front, Login login) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto peer = net::parse_address(login.peer);
    if (!peer) {
        front->channel->refuse("named a client without an address");
        co_return;
    }
    auth::LoginRequest request{login.protocol, std::move(login.proof), *peer, login.tls};
    const auto grant = co_await gatekeeper_.log_in(std::move(request));
    LoginAnswer answer{login.request};
    if (grant) {
        answer.session = grant->session;
        answer.signature = grant->signature;
    } else {
        answer.refusal = static_cast<std::uint8_t>(grant.error().code);
        if (grant.error().code != Code::denied && !grant.error().detail.empty()) {
            log_line(LogLevel::error, "authentication error: " + grant.error().detail, login.protocol);
        }
    }
    front->channel->send(answer);
}

Task<void> FrontLine::answer(FrontPtr front, ScramAsk ask) {
    const auto peer = net::parse_address(ask.peer);
    if (!peer) {
        front->channel->refuse("named a client without an address");
        co_return;
    }
    auto offer = co_await gatekeeper_.offer(ask.protocol, std::move(ask.question), *peer);
    ScramAnswer answer{ask.request, std::nullopt};
    if (offer) {
        answer.offer = std::move(*offer);
    } else if (!offer.error().detail.empty()) {
        log_line(LogLevel::error, "authentication error: " + offer.error().detail, ask.protocol);
    }
    front->channel->send(answer);
}

void FrontLine::begin_hand_over(const FrontPtr& front, HandOver message, Packet packet) {
    if (packet.descriptor && !is_of_a_client(packet.descriptor.get())) {
        front->channel->refuse("handed over something else than a client's connection");
        return;
    }
    if (packet.descriptor_lost) {
        log_line(LogLevel::error, "a session could not be taken from the front: too many open files");
    }
    // A client's reset on the way is no fault of the front's; a socket that never was connected gets no worker either.
    if (packet.descriptor_lost || (packet.descriptor && !is_connected(packet.descriptor.get()))) {
        gatekeeper_.abandon(message.admission.session);
        front->channel->send(HandOverAnswer{message.admission.session});
        return;
    }
    asio::co_spawn(strand_, hand_over(front, std::move(message), std::move(packet.descriptor)), report);
}

Task<void> FrontLine::hand_over(FrontPtr front, HandOver message, Descriptor client) {
    const std::uint64_t session = message.admission.session;
    const auto now = std::chrono::steady_clock::now();
    message.admission.started = std::clamp(message.admission.started, now - std::chrono::hours(1), now);
    HandOverAnswer answer{session};
    Descriptor relay;
    auto account = gatekeeper_.redeem(session, message.admission.protocol);
    if (account) {
        if (client) {
            plain_sessions_.emplace(session, Place{message.admission.peer.address.to_string(), message.door});
        }
        answer.taken = co_await place(std::move(*account), std::move(message), std::move(client), relay);
        if (!answer.taken) {
            plain_sessions_.erase(session);
            gatekeeper_.release(session);
        }
    } else {
        log_line(LogLevel::error, "the front handed over a session without a grant for it");
    }
    front->channel->send(answer, std::move(relay));
}

/// Finds the worker. relay: the front's end for a session over TLS.
Task<bool> FrontLine::place(auth::Account account, HandOver message, Descriptor client, Descriptor& relay) {
    if (const auto may = may_become(account, settings_.roles); !may) {
        log_line(LogLevel::error, may.error().detail);
        co_return false;
    }
    const bool is_imap = message.admission.protocol == Protocol::imap;
    const std::string maildir = account.maildir_path(is_imap ? settings_.imap.maildir : settings_.pop3.maildir);
    auto look = [account, maildir, roles = settings_.roles] { return mail_tree_of(account, maildir, roles); };
    const PoolStrand beside_others = asio::make_strand(pool_);
    auto tree = co_await on_pool(beside_others, std::move(look));
    if (!tree) {
        log_line(LogLevel::error, tree.error().detail);
        co_return false;
    }
    if (!client) {
        std::tie(relay, client) = relay_sockets();
        if (!relay) {
            log_line(LogLevel::error, "no socket for a relay: too many open files");
            co_return false;
        }
    }
    Serve order{std::move(account), std::move(message.admission), std::move(message.read_ahead)};
    co_return co_await workers_.serve(std::move(order), std::move(client), std::move(*tree));
}

// --- What the front is told ------------------------------------------------------------------------------------------

void FrontLine::session_ended(std::uint64_t session, bool crashed) {
    plain_sessions_.erase(session);
    if (child_ != nullptr && child_->channel->stage() == Stage::serving) {
        child_->channel->send(SessionEnded{session, crashed});
    }
}

Task<std::vector<Figure>> FrontLine::figures() {
    if (child_ == nullptr || child_->channel->stage() != Stage::serving) {
        co_return std::vector<Figure>();
    }
    const std::uint64_t query = ++last_query_;
    const auto answer = std::make_shared<Pending<std::vector<Figure>>>(strand_);
    surveys_.emplace(query, answer);
    child_->channel->send(Survey{query});
    const auto deadline = std::chrono::steady_clock::now() + survey_time;
    auto figures = co_await answer->wait(deadline);
    surveys_.erase(query);
    co_return std::move(figures).value_or(std::vector<Figure>());
}

pid_t FrontLine::process() const {
    return child_ != nullptr ? child_->child.process : 0;
}

void FrontLine::finish(bool now) {
    closing_ = true;
    if (child_ != nullptr) {
        child_->channel->send(Finish{now});
    }
    if (ready_) {
        ready_->deliver("the server is stopping");
    }
}

void FrontLine::close() {
    closing_ = true;
    if (child_ != nullptr) {
        child_->channel->close();
    }
}

void FrontLine::kill() {
    if (child_ != nullptr) {
        service::kill(child_->child);
    }
}

}  // namespace postrider::service
