#include "service/control.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/log.hpp"

namespace postrider::service {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto pause_after_error = std::chrono::milliseconds(50);
constexpr std::size_t lines_an_answer = 8;  // of at most some 6 KB each
constexpr std::size_t figures_an_answer = 64;

std::string reason() {
    return std::generic_category().message(errno);
}

/// Whether somebody listens there; a socket that a dead server left behind refuses.
bool is_in_use(const sockaddr_un& at) {
    const Descriptor probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 || errno == EAGAIN;
}

Descriptor bound(const sockaddr_un& at) {
    Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const mode_t before = ::umask(0177);
    const bool good = socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
                      ::listen(socket.get(), static_cast<int>(limits::control_clients)) == 0;
    const int error = errno;
    ::umask(before);
    errno = error;
    return good ? std::move(socket) : Descriptor();
}

/// Mode 0600 does that already, save on systems that ignore a socket's mode.
bool may_steer(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == ::geteuid());
}

void report(const std::exception_ptr& error) {
    if (!error) {
        return;
    }
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& mistake) {
        log_line(LogLevel::error, std::string("the control socket: ") + mistake.what());
    }
}

/// A list in as many answers as it takes; the last one says so.
template <class T>
void answer_in_parts(Channel& client, std::vector<T>& all, std::vector<T> OrderAnswer::*part, std::size_t most) {
    for (std::size_t at = 0; at < all.size(); at += most) {
        OrderAnswer answer;
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(most, all.size() - at));
        (answer.*part).assign(std::make_move_iterator(first), std::make_move_iterator(last));
        client.send(answer);
    }
    client.send(OrderAnswer{.last = true});
}

}  // namespace

Control::Control(net::Strand strand, Steering& steering)
    : strand_(std::move(strand)), steering_(steering), socket_(strand_) {}

Control::~Control() {
    close();
}

std::string Control::open(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path) {
        return path + ": longer than a socket's path may be";
    }
    std::memcpy(at.sun_path, path.data(), path.size());
    const std::string folder = path.substr(0, path.rfind('/'));
    if (!folder.empty() && ::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
        return folder + ": " + reason();
    }
    Descriptor socket = bound(at);
    if (!socket && errno == EADDRINUSE) {
        if (is_in_use(at)) {
            return path + ": another server listens there";
        }
        ::unlink(path.c_str());
        socket = bound(at);
    }
    if (!socket) {
        return path + ": " + reason();
    }
    path_ = path;
    socket_.assign(net::Socket::protocol_type(AF_UNIX, 0), socket.release());
    asio::co_spawn(strand_, accept_all(), report);
    return {};
}

void Control::close() {
    if (!path_.empty()) {
        ::unlink(std::exchange(path_, {}).c_str());
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
    for (const auto& weak : clients_) {
        if (const auto client = weak.lock()) {
            client->close();
        }
    }
    clients_.clear();
}

Task<void> Control::accept_all() {
    while (socket_.is_open()) {
        const auto [error] = co_await socket_.async_wait(net::Socket::wait_read, as_result);
        if (error) {
            co_return;
        }
        std::erase_if(clients_, [](const auto& client) { return client.expired(); });
        Descriptor accepted(::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!accepted) {
            asio::steady_timer timer(strand_, pause_after_error);  // too many open files, perhaps
            co_await timer.async_wait(as_result);
        }
        if (!accepted || clients_.size() >= limits::control_clients || !may_steer(accepted.get())) {
            continue;
        }
        auto client = std::make_shared<Channel>(strand_, std::move(accepted), Role::supervisor, Role::control);
        clients_.push_back(client);
        asio::co_spawn(strand_, serve(std::move(client)), report);
    }
}

Task<void> Control::serve(std::shared_ptr<Channel> client) {
    // One order a connection, and not for ever.
    asio::steady_timer timer(strand_, limits::control_time);
    timer.async_wait([weak = std::weak_ptr(client)](const boost::system::error_code& error) {
        if (const auto late = weak.lock(); late && !error) {
            late->close();
        }
    });
    auto packet = co_await client->receive();
    if (!packet) {
        co_return;
    }
    const auto order = decoded<Order>(packet->body);
    if (!order) {
        client->refuse("sent no order");
        co_return;
    }
    co_await obey(*client, *order);
    co_await client->receive();  // its end: what was sent is read by then
}

Task<void> Control::obey(Channel& client, Order order) {
    OrderAnswer done{.last = true};
    switch (order.verb) {
        case Verb::who: {
            auto sessions = co_await steering_.who();
            answer_in_parts(client, sessions, &OrderAnswer::sessions, lines_an_answer);
            co_return;
        }
        case Verb::stats: {
            auto figures = co_await steering_.stats();
            answer_in_parts(client, figures, &OrderAnswer::figures, figures_an_answer);
            co_return;
        }
        case Verb::kick:
            done.count = steering_.kick(order.argument);
            break;
        case Verb::reload:
            done.trouble = (co_await steering_.reload()).substr(0, limits::log_line_bytes);
            break;
        case Verb::stop:
            log_line(LogLevel::notice, "stop was asked for");
            steering_.stop();
            break;
    }
    client.send(done);
}

}  // namespace postrider::service
