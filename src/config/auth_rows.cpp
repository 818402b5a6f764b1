// The settings of accounts and passwords: authdaemonrc (compat/config.md section 8), and ours in the file postrider.
#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "auth/service.hpp"
#include "config/row.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

constexpr std::size_t socket_path_most = 107;  // what sockaddr_un holds

std::string joined_names() {
    std::string names;
    for (const std::string_view name : auth::module_names()) {
        names += names.empty() ? "" : " ";
        names += name;
    }
    return names;
}

/// A list that Courier would read is taken as far as there are such modules, as Courier does.
void apply_modules(Draft& draft, const Value& value) {
    const auto known = auth::module_names();
    std::vector<std::string>& taken = draft.settings.auth.modules;
    taken.clear();
    std::string others;
    for (const std::string_view module : value.words()) {
        if (std::ranges::find(known, module) == known.end()) {
            others += ' ' + log_safe(module, 80);
        } else if (std::ranges::find(taken, module) == taken.end()) {
            taken.emplace_back(module);
        }
    }
    if (taken.empty()) {
        value.refuse("at least one of: " + joined_names());
    }
    if (!others.empty()) {
        value.note("names modules that this version does not have, so they are left out:" + others);
    }
}

void apply_default_options(Draft& draft, const Value& value) {
    if (value.text().find_first_of("'\"$`\\") != std::string::npos) {
        value.refuse("a plain list NAME=VALUE,NAME=VALUE: quotes within it and $ are not understood");
    }
    draft.settings.auth.default_options = value.text();
}

void apply_userdb(Draft& draft, const Value& value) {
    static_cast<void>(value.word());
    std::string path = value.path_in(draft.folder);
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    draft.settings.auth.userdb = path;
}

const std::string& socket_path(const Value& value, std::size_t most) {
    const std::string& path = value.text();
    if (!path.empty() && (!path.starts_with('/') || path.ends_with('/') || path.size() > most)) {
        value.refuse("an absolute path of at most " + std::to_string(most) + " bytes");
    }
    return path;
}

/// Where others look for the socket, and where the module authdaemon asks.
void apply_daemon_folder(Draft& draft, const Value& value) {
    static_cast<void>(value.word());
    draft.settings.auth.daemon = socket_path(value, socket_path_most - std::string_view("/socket").size()) + "/socket";
}

template <const char* name>
void apply_ldap_tls(Draft& draft, const Value& value) {
    draft.ldap_tls[name] = value.text();
}

constexpr char cacert[] = "LDAPTLS_CACERT";
constexpr char cacertdir[] = "LDAPTLS_CACERTDIR";
constexpr char cert[] = "LDAPTLS_CERT";
constexpr char key[] = "LDAPTLS_KEY";
constexpr char cipher_suite[] = "LDAPTLS_CIPHER_SUITE";
constexpr char crlfile[] = "LDAPTLS_CRLFILE";
constexpr char protocol_min[] = "LDAPTLS_PROTOCOL_MIN";
constexpr char reqcert[] = "LDAPTLS_REQCERT";

template <const char* name>
constexpr Row ldap_tls_row(Type type, std::string_view limits, std::string_view sentence) {
    return {{name, "authdaemonrc", type, "", "", "", limits, sentence}, "LDAPTLS:0", apply_ldap_tls<name>};
}

constexpr Row table[] = {
    {{"authmodulelist", "authdaemonrc", Type::words, "", "authuserdb", "",
      "authuserdb authpam authpwd authshadow authldap authvchkpw authpipe authcustom authdaemon",
      "Where accounts are looked up, in this order, until one says yes. A module that is not there is left out with a "
      "note."},
     "authmodulelist:3",
     apply_modules},
    {{"daemons", "authdaemonrc", Type::number, "processes", "5", "", "1..100",
      "The most processes at a time of each module that runs a program or PAM: so many users of it can log in at "
      "once."},
     "daemons:0",
     [](Draft& draft, const Value& value) { draft.settings.auth.children = value.number(); }},
    {{"authdaemonvar", "authdaemonrc", Type::path, "", "/run/courier/authdaemon", "", "an absolute path",
      "The folder of the authdaemon socket, by which other programs ask for accounts; its mode says who may."},
     "authdaemonvar:2",
     apply_daemon_folder},
    {{"DEFAULTOPTIONS", "authdaemonrc", Type::text, "", "", "", "NAME=VALUE, by comma",
      "Account options for every account that does not set them itself."},
     "DEFAULTOPTIONS:0",
     apply_default_options},
    ldap_tls_row<cacert>(Type::path, "a path", "Who may sign the certificate of an LDAP server."),
    ldap_tls_row<cacertdir>(Type::path, "a path", "The same as a folder of hashed names."),
    ldap_tls_row<cert>(Type::path, "a path", "The certificate that LDAP servers are shown."),
    ldap_tls_row<key>(Type::path, "a path", "Its key."),
    ldap_tls_row<cipher_suite>(Type::text, "as libldap takes it", "The ciphers for LDAP servers."),
    ldap_tls_row<crlfile>(Type::path, "a path", "Certificates of LDAP servers that were taken back."),
    ldap_tls_row<protocol_min>(Type::text, "3.1..3.4", "The least TLS version for LDAP servers: 3.3 is TLS 1.2."),
    ldap_tls_row<reqcert>(Type::text, "never, allow, try, demand or hard",
                          "Whether the certificate of an LDAP server must verify."),
    {{"USERDB", "postrider", Type::path, "", "userdb", "", "a path",
      "The source of the account database, a file or a folder; the compiled database is the same path with .lmdb. A "
      "relative path starts at the folder of the settings."},
     "USERDB:0",
     apply_userdb},
    {{"AUTHDAEMON_SOCKET", "postrider", Type::path, "", "", "", "an absolute path, or none",
      "Where other programs, such as maildrop or an SMTP server, ask this server for accounts; none: nowhere. Unset: "
      "\"socket\" in authdaemonvar, and nowhere while the module authdaemon asks there itself."},
     "AUTHDAEMON_SOCKET:0",
     [](Draft& draft, const Value& value) {
         draft.authdaemon_socket = value.text() == "none" ? "" : socket_path(value, socket_path_most);
     }},
    {{"AUTH_CACHE_SIZE", "postrider", Type::number, "passwords", "16384", "", "0..1000000",
      "How many passwords that were right are remembered, as digests that are worth nothing outside of the process, so "
      "that who logs in again need not wait for the hash; 0: none."},
     "AUTH_CACHE_SIZE:0",
     [](Draft& draft, const Value& value) { draft.settings.auth.cache_size = value.number(); }},
    {{"AUTH_CACHE_TTL", "postrider", Type::seconds, "seconds", "300", "", "1..86400",
      "For how long, since the hash was last computed. A password that was changed is forgotten at once."},
     "AUTH_CACHE_TTL:0",
     [](Draft& draft, const Value& value) { draft.settings.auth.cache_time = std::chrono::seconds(value.number()); }},
};

}  // namespace

std::span<const Row> auth_rows() {
    return table;
}

}  // namespace postrider::config
