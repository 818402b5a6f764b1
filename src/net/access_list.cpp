#include "net/access_list.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::net {

namespace {

constexpr std::size_t connections_most = 1'000'000;  // as for MAXPERIP

/// "127.0": the first bytes of an IPv4 address, one to three of them.
std::optional<Network> leading_bytes(std::string_view text) {
    asio::ip::address_v4::bytes_type bytes{};
    unsigned count = 0;
    for (std::size_t at = 0; at <= text.size(); ++count) {
        const auto end = std::min(text.find('.', at), text.size());
        const auto number = text.substr(at, end - at);
        const auto byte = parse_decimal<std::uint8_t>(number);
        if (!byte || (number.size() > 1 && number.front() == '0') || count == bytes.size()) {
            return std::nullopt;
        }
        bytes[count] = *byte;
        at = end + 1;
    }
    return Network(asio::ip::address_v4(bytes), count * 8);
}

/// ":3ffe:0000": the first groups of an IPv6 address, each of four digits; one to eight of them.
std::optional<Network> leading_groups(std::string_view text) {
    constexpr std::size_t group = 5;
    constexpr std::string_view digits = "0123456789abcdef";
    asio::ip::address_v6::bytes_type bytes{};
    if (text.empty() || text.size() % group != 0 || text.size() / group > bytes.size() / 2) {
        return std::nullopt;
    }
    unsigned half = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at % group == 0) {
            if (text[at] != ':') {
                return std::nullopt;
            }
            continue;
        }
        const auto digit = digits.find(to_lower(text[at]));
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        auto& byte = bytes[half / 2];
        byte = static_cast<unsigned char>(half % 2 == 0 ? digit << 4 : byte | digit);
        ++half;
    }
    return Network(asio::ip::address_v6(bytes), half * 4);
}

Parsed<std::vector<Network>> range(std::string_view key, std::size_t dash) {
    const auto first = parse_address(key.substr(0, dash));
    const auto last = parse_address(key.substr(dash + 1));
    if (!first || !last) {
        return SyntaxError(first ? dash + 1 : 0, "a range is FIRST-LAST, two IPv4 or IPv6 addresses");
    }
    auto networks = networks_between(*first, *last);
    if (networks.empty()) {
        return SyntaxError(dash, "a range goes upwards and has addresses of one kind");
    }
    return networks;
}

Parsed<std::vector<Network>> networks_of(std::string_view key) {
    if (key == "*") {
        return std::vector{Network(asio::ip::address_v4(), 0), Network(asio::ip::address_v6(), 0)};
    }
    if (const auto dash = key.find('-'); dash != std::string_view::npos) {
        return range(key, dash);
    }
    if (const auto parsed = Network::parse(key)) {
        return std::vector{*parsed};
    } else if (key.find('/') != std::string_view::npos) {
        return parsed.error();
    }
    if (const auto leading = key.starts_with(':') ? leading_groups(key) : leading_bytes(key)) {
        return std::vector{*leading};
    }
    return SyntaxError(0, "an address expected, or its beginning (127.0 or :3ffe:0000), ADDRESS/BITS, FIRST-LAST or *");
}

/// Takes "NAME", "NAME=VALUE" or "NAME='a,b'" from text, up to the comma behind it; at: where in text.
Parsed<std::pair<std::string, std::string>> take_variable(std::string_view text, std::size_t& at) {
    const auto name_end = std::min(text.find_first_of(",=", at), text.size());
    const std::string name(text.substr(at, name_end - at));
    if (name.empty()) {
        return SyntaxError(at, "a variable's name expected");
    }
    at = name_end;
    if (at == text.size() || text[at] == ',') {
        return std::pair(name, std::string());
    }
    ++at;
    const bool quoted = at < text.size() && (text[at] == '"' || text[at] == '\'');
    const auto begin = quoted ? at + 1 : at;
    const auto end = quoted ? text.find(text[at], begin) : std::min(text.find(',', begin), text.size());
    if (end == std::string_view::npos) {
        return SyntaxError(at, "the quote has no end");
    }
    at = quoted ? end + 1 : end;
    if (at < text.size() && text[at] != ',') {
        return SyntaxError(at, "a comma expected behind the quote");
    }
    return std::pair(name, std::string(text.substr(begin, end - begin)));
}

Parsed<AccessRule> rule_of(std::string_view value) {
    constexpr std::string_view allow = "allow";
    AccessRule rule;
    if (value == "deny") {
        rule.access.allowed = false;
        return rule;
    }
    if (!value.starts_with(allow) || (value.size() > allow.size() && value[allow.size()] != ',')) {
        return SyntaxError(0, "deny, allow or allow,NAME=VALUE expected behind the tab");
    }
    for (std::size_t at = allow.size(); at < value.size();) {
        auto variable = take_variable(value, ++at);
        if (!variable) {
            return variable.error();
        }
        auto& [name, number] = *variable;
        if (name != "MAXCPERIP") {
            rule.unused.push_back(std::move(name));
            continue;
        }
        const auto most = parse_decimal<std::size_t>(number);
        if (!most || *most < 1 || *most > connections_most) {
            return SyntaxError(at, "MAXCPERIP is a number from 1 to " + std::to_string(connections_most));
        }
        rule.access.per_address = *most;
    }
    return rule;
}

}  // namespace

AccessList::AccessList(std::vector<AccessEntry> entries) : entries_(std::move(entries)) {
    if (entries_.size() > limits::access_entries) {
        throw std::invalid_argument("an access list of more than " + std::to_string(limits::access_entries) +
                                    " networks");
    }
    std::ranges::sort(entries_, {}, &AccessEntry::network);
    const auto twice = std::ranges::adjacent_find(entries_, {}, &AccessEntry::network);
    if (twice != entries_.end()) {
        throw std::invalid_argument("an access list with two entries for " + twice->network.text());
    }
    around_.reserve(entries_.size());
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        std::uint32_t around = i;
        while (around != 0 && !entries_[around - 1].network.contains(entries_[i].network)) {
            around = around_[around - 1];
        }
        around_.push_back(around);
    }
}

Access AccessList::of(const asio::ip::address& address) const {
    const Network single(address);
    // The networks around the address are the last one that begins at or below it, or are around that one.
    const auto behind = std::ranges::upper_bound(entries_, single, {}, &AccessEntry::network);
    auto index = static_cast<std::uint32_t>(behind - entries_.begin());
    while (index != 0 && !entries_[index - 1].network.contains(single)) {
        index = around_[index - 1];
    }
    return index == 0 ? Access() : entries_[index - 1].access;
}

Parsed<AccessRule> parse_access_rule(std::string_view key, std::string_view value) {
    auto networks = networks_of(key);
    if (!networks) {
        return networks.error();
    }
    auto rule = rule_of(value);
    if (!rule) {
        return SyntaxError(key.size() + 1 + rule.error().offset, rule.error().reason);
    }
    rule->networks = std::move(*networks);
    return rule;
}

}  // namespace postrider::net
