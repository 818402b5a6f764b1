#include "service/listeners.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "net/network.hpp"
#include "service/exit_codes.hpp"
#include "service/notify.hpp"

namespace postrider::service {

namespace {

/// What a socket may be called that another program passes.
struct DoorName {
    std::string_view name;
    Door door;
};
constexpr std::array<DoorName, 4> door_names = {{
    {"imap", {Protocol::imap, Tls::on_request}},
    {"imaps", {Protocol::imap, Tls::from_the_start}},
    {"pop3", {Protocol::pop3, Tls::on_request}},
    {"pop3s", {Protocol::pop3, Tls::from_the_start}},
}};

using Endpoint = boost::asio::ip::tcp::endpoint;

std::string name_of(const Listener& listener) {
    return (listener.address.empty() ? "every address" : listener.address) + ", port " + std::to_string(listener.port);
}

Endpoint endpoint_of(const Listener& listener) {
    if (listener.address.empty()) {
        return {boost::asio::ip::address_v6::any(), listener.port};
    }
    const auto address = net::parse_address(listener.address);
    if (!address) {
        throw StartError(exit_settings, "\"" + listener.address + "\" is no numeric address");
    }
    return {*address, listener.port};
}

void set(int socket, int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
}

Descriptor bound(const Listener& listener, const Endpoint& at) {
    const int family = at.protocol().family();
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket) {
        return socket;
    }
    set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (family == AF_INET6) {
        set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, listener.address.empty() ? 0 : 1);
    }
    const bool listens = ::bind(socket.get(), at.data(), static_cast<socklen_t>(at.size())) == 0 &&
                         ::listen(socket.get(), SOMAXCONN) == 0;
    return listens ? std::move(socket) : Descriptor();
}

Descriptor opened(const Listener& listener) {
    Endpoint at = endpoint_of(listener);
    Descriptor socket = bound(listener, at);
    if (!socket && listener.address.empty() && errno == EAFNOSUPPORT) {
        at = {boost::asio::ip::address_v4::any(), listener.port};  // a system without IPv6
        socket = bound(listener, at);
    }
    if (!socket) {
        throw StartError(exit_port,
                         "cannot listen at " + name_of(listener) + ": " + std::generic_category().message(errno));
    }
    return socket;
}

/// Where a passed socket listens; port 0: it is no listening TCP socket.
Listener place_of(int socket) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
        return {};
    }
    Endpoint at;
    size = static_cast<socklen_t>(at.capacity());
    if (::getsockname(socket, at.data(), &size) != 0 ||
        (at.protocol().family() != AF_INET && at.protocol().family() != AF_INET6)) {
        return {};
    }
    at.resize(size);
    const auto address = net::plain_address(at.address());
    return {.address = address.is_unspecified() ? std::string() : address.to_string(), .port = at.port()};
}

OpenListener taken(Passed passed, const std::vector<Listener>& wanted) {
    Listener place = place_of(passed.socket.get());
    if (place.port == 0) {
        throw StartError(exit_settings, "the socket \"" + passed.name + "\" that was passed listens at no TCP port");
    }
    const auto named = std::ranges::find(door_names, passed.name, &DoorName::name);
    bool known = named != door_names.end();
    if (known) {
        place.door = named->door;
    }
    for (const Listener& listener : wanted) {
        if (listener.port == place.port && (listener.address.empty() || listener.address == place.address)) {
            place.door = listener.door;
            place.proxy = listener.proxy;
            known = true;
        }
    }
    if (!known) {
        throw StartError(exit_settings, "the socket \"" + passed.name + "\" that was passed listens at " +
                                            name_of(place) +
                                            ", which is neither in PORT nor in SSLPORT, and its name is none of "
                                            "imap, imaps, pop3, pop3s");
    }
    ::fcntl(passed.socket.get(), F_SETFL, ::fcntl(passed.socket.get(), F_GETFL) | O_NONBLOCK);
    return {std::move(place), std::move(passed.socket)};
}

}  // namespace

DoorSet doors_of(const std::vector<OpenListener>& open) {
    DoorSet doors;
    for (const OpenListener& one : open) {
        doors.insert(one.listener.door);
    }
    return doors;
}

std::vector<OpenListener> open_listeners(const std::vector<Listener>& wanted) {
    std::vector<OpenListener> open;
    for (Passed& passed : passed_sockets()) {
        open.push_back(taken(std::move(passed), wanted));
    }
    if (!open.empty()) {
        return open;
    }
    for (const Listener& listener : wanted) {
        open.push_back({listener, opened(listener)});
    }
    if (open.empty()) {
        throw StartError(exit_settings, "no listener is configured: PORT and SSLPORT are empty or not started");
    }
    return open;
}

}  // namespace postrider::service
