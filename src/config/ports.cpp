#include "config/ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/text.hpp"

namespace postrider::config {

namespace {

constexpr std::size_t listeners_most = 64;

std::vector<std::string_view> comma_list(std::string_view text) {
    std::vector<std::string_view> items;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        items.push_back(trimmed(text.substr(at, end - at)));
        at = end + 1;
    }
    return items;
}

/// In the form that the system prints, so that equal addresses are equal texts.
std::string address_of(std::string_view text, const Value& value) {
    if (text.empty() || text == "0" || text == "*") {
        return {};
    }
    const std::string name(text);
    std::array<char, INET6_ADDRSTRLEN> printed{};
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    for (const int family : {AF_INET, AF_INET6}) {
        if (inet_pton(family, name.c_str(), bytes.data()) == 1 &&
            inet_ntop(family, bytes.data(), printed.data(), printed.size()) != nullptr) {
            return printed.data();
        }
    }
    value.refuse("understood: " + log_safe(name, 80) + " is no IPv4 or IPv6 address");
}

/// As /etc/services has them.
struct PortName {
    std::string_view name;
    std::uint16_t number;
};
constexpr PortName port_names[] = {
    {"imap", 143}, {"imap2", 143}, {"imaps", 993}, {"pop3", 110}, {"pop-3", 110}, {"pop3s", 995},
};

std::uint16_t port_of(std::string_view text, const Value& value) {
    const auto named = std::ranges::find(port_names, text, &PortName::name);
    if (named != std::ranges::end(port_names)) {
        return named->number;
    }
    const auto port = parse_decimal<std::uint16_t>(text);
    if (!port || *port == 0) {
        value.refuse(
            "understood: a port is a number from 1 to 65535, imap, imaps, pop3 or pop3s, with or without ADDRESS. "
            "before it");
    }
    return *port;
}

/// One item of PORT.
struct Port {
    std::optional<std::string> address;  ///< none: not its own
    std::uint16_t number = 0;
};

Port item_of(std::string_view item, const Value& value) {
    const auto dot = item.rfind('.');
    if (dot == std::string_view::npos) {
        return {.address = {}, .number = port_of(item, value)};
    }
    const auto address = item.substr(0, dot);
    const std::uint16_t number = port_of(item.substr(dot + 1), value);
    return {.address = address == "0" ? std::nullopt : std::optional(address_of(address, value)), .number = number};
}

}  // namespace

std::vector<std::string> addresses_of(const Value& value) {
    std::vector<std::string> addresses;
    for (const std::string_view item : comma_list(value.text())) {
        addresses.push_back(address_of(item, value));
    }
    if (addresses.size() > listeners_most) {
        value.refuse("a list of at most " + std::to_string(listeners_most) + " addresses");
    }
    return addresses;
}

std::vector<service::Listener> listeners_of(const Value& ports, const std::vector<std::string>& addresses,
                                            service::Door door) {
    std::vector<service::Listener> listeners;
    for (const std::string_view item : comma_list(ports.text())) {
        const Port port = item_of(item, ports);
        for (const std::string& address : port.address ? std::vector{*port.address} : addresses) {
            listeners.push_back({.address = address, .port = port.number, .door = door});
        }
        if (listeners.size() > listeners_most) {
            ports.refuse("a list of at most " + std::to_string(listeners_most) + " ports");
        }
    }
    return listeners;
}

void mark_proxied(const Value& ports, std::initializer_list<std::vector<service::Listener>*> lists) {
    for (const std::string_view item : comma_list(ports.text())) {
        const Port port = item_of(item, ports);
        bool found = false;
        for (auto* listeners : lists) {
            for (service::Listener& listener : *listeners) {
                if (listener.port == port.number && (!port.address || listener.address == *port.address)) {
                    listener.proxy = found = true;
                }
            }
        }
        if (!found) {
            ports.refuse("a list of ports that PORT or SSLPORT names: " + log_safe(item, 80));
        }
    }
}

void refuse_twice(const std::vector<service::Listener>& listeners) {
    for (auto first = listeners.begin(); first != listeners.end(); ++first) {
        for (auto second = first + 1; second != listeners.end(); ++second) {
            const bool clash = first->address == second->address || first->address.empty() || second->address.empty();
            if (first->port == second->port && clash) {
                throw ConfigError("PORT and SSLPORT: port " + std::to_string(first->port) + " is named twice for " +
                                  (second->address.empty() ? "every address" : second->address));
            }
        }
    }
}

}  // namespace postrider::config
