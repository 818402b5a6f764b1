#include "service/messages.hpp"

#include <boost/asio/ip/address.hpp>

namespace postrider::service {

namespace {

constexpr std::size_t small = 64;
constexpr std::size_t large = limits::role_message_bytes;
constexpr std::size_t most_log_bytes = limits::log_line_bytes + small;
constexpr unsigned most_log_lines = 20'000;
constexpr unsigned most_logins = 20'000;

constexpr auto starting = Stage::starting;
constexpr auto serving = Stage::serving;

// The whole of what one process may say to another.
constexpr MessageRule rules[] = {
    {Kind::listener, Role::supervisor, Role::front, starting, small, Carries::a_descriptor},
    {Kind::settings, Role::supervisor, Role::front, std::nullopt, small, Carries::a_descriptor},
    {Kind::settings, Role::supervisor, Role::worker, std::nullopt, small, Carries::a_descriptor},
    {Kind::ready, Role::front, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, 100},
    {Kind::ready, Role::worker, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, 100},

    {Kind::login, Role::front, Role::supervisor, serving, large, Carries::nothing, most_logins},
    {Kind::login_answer, Role::supervisor, Role::front, serving, small},
    {Kind::abandon, Role::front, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::hand_over, Role::front, Role::supervisor, serving, large, Carries::perhaps_one, most_logins},
    {Kind::hand_over_answer, Role::supervisor, Role::front, serving, small, Carries::perhaps_one},
    {Kind::session_alive, Role::supervisor, Role::front, serving, 2 * small},
    {Kind::serve, Role::supervisor, Role::worker, std::nullopt, large, Carries::a_descriptor},
    {Kind::taken, Role::worker, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::session_ended, Role::worker, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::session_ended, Role::supervisor, Role::front, serving, small},

    {Kind::kick, Role::supervisor, Role::worker, std::nullopt, small},
    {Kind::survey, Role::supervisor, Role::front, std::nullopt, small},
    {Kind::survey, Role::supervisor, Role::worker, std::nullopt, small},
    {Kind::statuses, Role::worker, Role::supervisor, serving, large, Carries::nothing, 10'000},
    {Kind::figures, Role::front, Role::supervisor, serving, large, Carries::nothing, 100},
    {Kind::finish, Role::supervisor, Role::front, std::nullopt, small},
    {Kind::finish, Role::supervisor, Role::worker, std::nullopt, small},
    {Kind::log, Role::front, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, most_log_lines},
    {Kind::log, Role::worker, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, most_log_lines},

    {Kind::order, Role::control, Role::supervisor, std::nullopt, account_text_bytes + small},
    {Kind::order_answer, Role::supervisor, Role::control, std::nullopt, large},
};

}  // namespace

std::span<const MessageRule> message_rules() {
    return rules;
}

const MessageRule* rule_for(Kind kind, Role from, Role to, Stage stage) {
    for (const MessageRule& rule : rules) {
        if (rule.kind == kind && rule.from == from && rule.to == to && rule.stage.value_or(stage) == stage) {
            return &rule;
        }
    }
    return nullptr;
}

std::string_view name_of(Role role) {
    switch (role) {
        case Role::supervisor:
            return "supervisor";
        case Role::front:
            return "front";
        case Role::worker:
            return "worker";
        case Role::control:
            return "control client";
    }
    return "";
}

void encode_peer(Encoder& c, const imap::Peer& peer) {
    c& peer.address.to_string() & peer.text& peer.port;
}

void decode_peer(Decoder& c, imap::Peer& peer) {
    std::string address;
    bounded(c, address, address_text_bytes);
    bounded(c, peer.text, address_text_bytes);
    c& peer.port;
    boost::system::error_code error;
    peer.address = boost::asio::ip::make_address(address, error);
    c.require(!error);
}

}  // namespace postrider::service
