#include "config/courier_names.hpp"

#include <algorithm>

namespace postrider::config {

namespace {

constexpr CourierName table[] = {
    // imapd
    {"AUTHMODULES", {}},
    {"TCPDOPTS", {}},
    {"PIDFILE", {}},
    {"LOGGEROPTS", "-name=imapd|-name=pop3d"},
    {"AUTH_MKHOMEDIR_SKEL", {}},
    {"IMAP_PROXY", "0"},
    {"IMAP_PROXY_FOREIGN", "0"},
    {"PROXY_HOSTNAME", {}},
    {"DEBUG_LOGIN", "0"},
    {"IMAP_ULIMITD", {}},
    {"IMAP_ACL", "0"},
    {"SMAP_CAPABILITY", {}},
    {"IMAP_DISABLETHREADSORT", "0"},
    {"IMAP_SHAREDINDEXFILE", {}},
    {"IMAP_SHAREDMUNGENAMES", {}},
    {"IMAPDEBUGFILE", {}},
    {"OUTBOX", {}},
    {"SENDMAIL", {}},
    {"HEADERFROM", {}},
    {"OUTBOX_MULTIPLE_SEND", "0"},
    {"IMAP_BROKENUIDV", {}},
    {"MAILDIR_SKIP_SYMLINK_CHECKS", {}},
    // imapd-ssl
    {"SSLPIDFILE", {}},
    {"SSLLOGGEROPTS", "-name=imapd-ssl|-name=pop3d-ssl"},
    {"COURIERTLS", {}},
    {"TLS_PRIORITY", {}},
    {"TLS_MIN_DH_BITS", {}},
    {"TLS_TIMEOUT", {}},
    {"TLS_CACHEFILE", {}},
    {"TLS_CACHESIZE", {}},
    {"TLS_ALPN", "imap|pop3"},
    // pop3d
    {"POP3AUTH_ORIG", {}},
    {"POP3AUTH_TLS_ORIG", {}},
    {"POP3_PROXY", "0"},
};

constexpr DangerousValue dangerous[] = {
    {"TCPDOPTS", "-haproxy", "name those ports in PROXY_PORTS and the proxies in PROXY_TRUSTED (file postrider)"},
    {"TCPDOPTS", "-access", "the access list is the one that IMAPACCESSFILE or POP3ACCESSFILE names"},
};

constexpr std::string_view port_services = "AUTHSERVICE";

}  // namespace

bool CourierName::asks_for_ours(std::string_view value) const {
    for (std::string_view rest = harmless;;) {
        const auto bar = rest.find('|');
        if (value == rest.substr(0, bar)) {
            return true;
        }
        if (bar == std::string_view::npos) {
            return false;
        }
        rest.remove_prefix(bar + 1);
    }
}

const CourierName* courier_name(std::string_view name) {
    static constexpr CourierName any_port{port_services, {}};
    const auto found = std::ranges::find(table, name, &CourierName::name);
    if (found != std::ranges::end(table)) {
        return found;
    }
    return name.starts_with(port_services) ? &any_port : nullptr;
}

std::span<const DangerousValue> dangerous_values() {
    return dangerous;
}

}  // namespace postrider::config
