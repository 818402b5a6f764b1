// The settings of our own file, postrider, that divide the work among processes and guard the time before login.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "config/ports.hpp"
#include "config/row.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

constexpr std::size_t mail_roots_most = 64;
constexpr std::size_t networks_most = 1024;
constexpr std::size_t socket_path_most = 107;  // of a Unix socket's address, without its NUL

/// A system user or group, by name or number; never root. That it exists is seen when it is used.
const std::string& identity(const Value& value) {
    const std::string& name = value.word();
    const auto is_name_character = [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '.' || c == '_' || c == '-';
    };
    if (!std::ranges::all_of(name, is_name_character) || name.starts_with('-')) {
        value.refuse("a name or a number");
    }
    const bool is_number = std::ranges::all_of(name, is_digit);
    const auto number = parse_decimal<std::uint32_t>(name);
    if (is_number && (!number || *number == std::numeric_limits<std::uint32_t>::max())) {
        value.refuse("a name or a number up to 4294967294");
    }
    if (name == "root" || number == 0u) {
        value.refuse("usable: it must not be root");
    }
    return name;
}

void apply_front_group(Draft& draft, const Value& value) {
    draft.settings.roles.front_group = value.text().empty() ? std::string() : identity(value);
}

void apply_workers(Draft& draft, const Value& value) {
    const std::string& share = value.choice();
    draft.settings.roles.workers = share == "account"   ? service::WorkerShare::account
                                   : share == "session" ? service::WorkerShare::session
                                                        : service::WorkerShare::uid;
}

void apply_mail_roots(Draft& draft, const Value& value) {
    std::vector<std::string>& roots = draft.settings.roles.mail_roots;
    roots.clear();
    for (const std::string_view word : value.words()) {
        std::string root = std::filesystem::path(word).lexically_normal().string();
        if (root.size() > 1 && root.ends_with('/')) {
            root.pop_back();
        }
        if (!root.starts_with('/') || root == "/" ||
            ("/" + std::string(word) + "/").find("/../") != std::string::npos) {
            value.refuse("a list of absolute folders below /, without ..");
        }
        if (std::ranges::find(roots, root) == roots.end()) {
            roots.push_back(std::move(root));
        }
    }
    if (roots.size() > mail_roots_most) {
        value.refuse("a list of at most " + std::to_string(mail_roots_most) + " folders");
    }
}

void apply_control(Draft& draft, const Value& value) {
    const std::string& path = value.text();
    if (!path.empty() && (!path.starts_with('/') || path.ends_with('/') || path.size() > socket_path_most)) {
        value.refuse("an absolute path of at most " + std::to_string(socket_path_most) + " bytes, or empty");
    }
    draft.settings.roles.control = path;
}

void apply_proxy_trusted(Draft& draft, const Value& value) {
    std::vector<net::Network>& trusted = draft.settings.proxy_trusted;
    for (const std::string_view word : value.words()) {
        const auto network = net::Network::parse(word);
        if (!network) {
            value.refuse("a list of networks: " + log_safe(word, 80) + ": " + network.error().reason);
        }
        if (network->bits() == 0) {
            value.note("lets everybody tell a false address at the ports of PROXY_PORTS");
        }
        trusted.push_back(*network);
    }
    if (trusted.size() > networks_most) {
        value.refuse("a list of at most " + std::to_string(networks_most) + " networks");
    }
}

void apply_proxy_ports(Draft& draft, const Value& value) {
    if (trimmed(value.text()).empty()) {
        return;
    }
    if (draft.settings.proxy_trusted.empty()) {
        value.refuse("usable without PROXY_TRUSTED, which names the proxies");
    }
    mark_proxied(value, {&draft.imap.plain, &draft.imap.over_tls, &draft.pop3.plain, &draft.pop3.over_tls});
}

constexpr Row table[] = {
    {{"FRONT_USER", "postrider", Type::text, "", "postrider", "", "a user's name or number",
      "Started as root: the user that the process facing the network runs as. It needs no files and no login."},
     "FRONT_USER:0",
     [](Draft& draft, const Value& value) { draft.settings.roles.front_user = identity(value); }},
    {{"FRONT_GROUP", "postrider", Type::text, "", "", "", "a group's name or number",
      "The same process's group; unset: the user's own."},
     "FRONT_GROUP:0",
     apply_front_group},
    {{"WORKERS", "postrider", Type::choice, "", "uid", "", "uid account session",
      "Started as root: what has a process of its own after login: every uid, every account, or every session. The "
      "later ones keep more apart and take more memory."},
     "WORKERS:0",
     apply_workers},
    {{"WORKER_IDLE_TIME", "postrider", Type::seconds, "seconds", "60", "", "1..86400",
      "A process that has no session any more ends after so long."},
     "WORKER_IDLE_TIME:0",
     [](Draft& draft, const Value& value) { draft.settings.roles.worker_idle = std::chrono::seconds(value.number()); }},
    {{"LOWEST_UID", "postrider", Type::number, "", "100", "", "1..4294967294",
      "Started as root: accounts with a lower uid cannot log in, nor can those with uid or gid 0, ever."},
     "LOWEST_UID:0",
     [](Draft& draft, const Value& value) { draft.settings.roles.lowest_uid = value.number(); }},
    {{"MAIL_ROOTS", "postrider", Type::words, "", "", "", "absolute folders, by blank",
      "Started as root, with WORKERS=uid: accounts of one uid whose mail is below the same one of these folders share "
      "a "
      "process, which may open what is below that folder."},
     "MAIL_ROOTS:0",
     apply_mail_roots},
    {{"CONTROL_SOCKET", "postrider", Type::path, "", "/run/postrider/control", "", "an absolute path",
      "Where the commands that ask or steer the running server reach it; empty: nowhere."},
     "CONTROL_SOCKET:0",
     apply_control},
    {{"SHUTDOWN_TIME", "postrider", Type::seconds, "seconds", "10", "", "0..3600",
      "When the server stops, commands under way may go on for so long."},
     "SHUTDOWN_TIME:0",
     [](Draft& draft, const Value& value) {
         draft.settings.roles.shutdown_time = std::chrono::seconds(value.number());
     }},
    {{"MAX_BEFORE_LOGIN", "postrider", Type::number, "connections", "2000", "", "1..1000000",
      "The most connections at a time that have not logged in; for a further one the oldest is closed."},
     "MAX_BEFORE_LOGIN:0",
     [](Draft& draft, const Value& value) { draft.settings.login_limits.before_login = value.number(); }},
    {{"MAXPERIP_BEFORE_LOGIN", "postrider", Type::number, "connections", "100", "", "1..1000000",
      "The most of them from one client address; for a further one the oldest is closed."},
     "MAXPERIP_BEFORE_LOGIN:0",
     [](Draft& draft, const Value& value) { draft.settings.login_limits.per_address_before_login = value.number(); }},
    {{"MAXPERACCOUNT", "postrider", Type::number, "sessions", "500", "", "1..1000000",
      "The most sessions of one account at a time; further logins are refused."},
     "MAXPERACCOUNT:0",
     [](Draft& draft, const Value& value) { draft.settings.login_limits.per_account = value.number(); }},
    {{"PROXY_TRUSTED", "postrider", Type::words, "", "", "", "addresses or ADDRESS/BITS, by blank",
      "The proxies whose PROXY headers are believed at the ports of PROXY_PORTS; others cannot connect there."},
     "PROXY_TRUSTED:0",
     apply_proxy_trusted},
    {{"PROXY_PORTS", "postrider", Type::ports, "", "", "", "PORT or ADDRESS.PORT, by comma",
      "Those ports of PORT and SSLPORT whose connections begin with a PROXY header (version 1 or 2), which tells the "
      "client's address."},
     "PROXY_PORTS:0",
     apply_proxy_ports},
};

}  // namespace

std::span<const Row> role_rows() {
    return table;
}

}  // namespace postrider::config
