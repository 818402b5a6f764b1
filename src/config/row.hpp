// The settings table as this room sees it: what the face shows of a row, and how its value becomes a Settings member.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/value.hpp"
#include "service/settings.hpp"

namespace postrider::config {

/// Where one protocol is to be served.
struct ListenerDraft {
    bool start_plain = true;
    bool start_tls = true;
    std::vector<service::Listener> plain;
    std::vector<service::Listener> over_tls;
    std::optional<std::string> starttls_protocol;
};

/// What the rows fill; load() finishes it.
struct Draft {
    std::filesystem::path folder;
    service::Settings settings;
    ListenerDraft imap;
    ListenerDraft pop3;
    std::optional<auth::MechanismSet> imap_sasl_over_tls;  ///< IMAP_CAPABILITY_TLS, unless empty
    std::optional<auth::MechanismSet> pop3_sasl_over_tls;  ///< POP3AUTH_TLS
    std::map<std::string, std::string> ldap_tls;           ///< LDAPTLS_*
    std::optional<std::string> authdaemon_socket;          ///< AUTHDAEMON_SOCKET
    std::vector<std::string> addresses;                    ///< of ADDRESS or SSLADDRESS, for the ports in the next row

    ListenerDraft& listeners_of(Protocol protocol) { return protocol == Protocol::imap ? imap : pop3; }
};

struct Row {
    Setting setting;
    /// The name and version of its section in a sample file, as Courier's sysconftool matches them.
    std::string_view section;
    /// Called for the assignment in force, or for the standard when there is one. Throws ConfigError.
    void (*apply)(Draft& draft, const Value& value);
};

std::span<const Row> imapd_rows();  ///< of imapd: what is IMAP's alone; the others: listener_rows.hpp
std::span<const Row> pop3d_rows();  ///< of pop3d: the same
std::span<const Row> auth_rows();   ///< authdaemonrc, and of postrider: accounts and passwords
std::span<const Row> other_rows();  ///< of postrider what does not follow
std::span<const Row> index_rows();  ///< of postrider: the index
std::span<const Row> role_rows();   ///< of postrider: processes, limits before login, proxies

/// In the order of settings_table().
std::span<const Row> rows();

/// The row for that name in that file; nullptr when there is none. An empty file stands for any.
const Row* row_of(std::string_view name, std::string_view file = {});

}  // namespace postrider::config
