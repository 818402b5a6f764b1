// The part of the settings that each role needs, and no more: made by the supervisor, sent through a memory file.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "imap/settings.hpp"
#include "net/tls.hpp"
#include "pop3/settings.hpp"
#include "service/auth_fields.hpp"
#include "service/codec.hpp"
#include "service/settings.hpp"
#include "store/settings.hpp"

namespace postrider::service {

using DoorSet = std::set<Door>;

/// A row of the access list.
struct AccessLine {
    std::string network;
    bool allowed = true;
    std::optional<std::size_t> per_address;
};

/// Doors, as the front has them.
struct FrontDoors {
    ConnectionLimits plain_limits;
    ConnectionLimits tls_limits;
    std::vector<AccessLine> access;
    std::optional<net::TlsMaterial> tls;       ///< for listeners with TLS from the start
    std::optional<net::TlsMaterial> starttls;  ///< when it is offered
};

struct FrontSettings {
    std::uint32_t uid = 0;  ///< whom the front becomes; used at the start only, as are the threads
    std::uint32_t gid = 0;
    unsigned threads = 0;
    imap::Settings imap;
    pop3::Settings pop3;
    FrontDoors imap_doors;
    FrontDoors pop3_doors;
    LoginLimits login_limits;
    std::vector<std::string> proxy_trusted;
    bool log_debug = false;
};

struct WorkerSettings {
    std::uint32_t uid =
        0;  ///< whom the worker becomes; used at the start only, as are roots, threads, umask and store.index_dir
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;  ///< supplementary ones, used at the start only
    std::vector<std::string> roots;     ///< below which its accounts' mail is
    unsigned threads = 0;
    unsigned pool_threads = 0;
    unsigned umask = 022;
    imap::Settings imap;
    pop3::Settings pop3;
    store::Settings store;
    bool log_debug = false;
};

/// open: the doors that connections come in by, which last as long as the server, whatever later settings say.
/// Reads certificates and keys: file work. Throws std::runtime_error with a text for the administrator.
FrontSettings front_settings(const Settings& settings, const DoorSet& open);
WorkerSettings worker_settings(const Settings& settings);

/// For password hashes: as many threads as there are cores, or as THREADS says.
unsigned hash_threads(const Settings& settings);

/// A sealed memory file with these bytes, to be read once from its present place. Throws std::system_error.
Descriptor memory_file(const std::string& bytes);
/// size: as it was told; none when the file is another.
std::optional<std::string> content_of(const Descriptor& memory_file, std::uint64_t size);

template <class C>
void fields(C& c, net::TlsSettings& s) {
    c& s.certificate_file& s.key_file& s.dh_params_file& s.protocol& s.ciphers& s.alpn;
    c& s.client_certificate& s.trusted& s.identity_field;
}
template <class C>
void fields(C& c, net::TlsMaterial& m) {
    c& m.settings& m.certificate& m.key& m.dh_params& m.trusted;
}
template <class C>
void fields(C& c, imap::Settings& s) {
    c& s.sasl;
    c& s.starttls& s.tls_required& s.check_all_folders& s.obsolete_client& s.log_deletions& s.magic_trash& s
        .enhanced_idle;
    c& s.id_fields& s.idle_poll& s.idle_time& s.login_time& s.maildir;
}
template <class C>
void fields(C& c, pop3::Settings& s) {
    c& s.sasl;
    c& s.stls& s.tls_required& s.apop& s.log_deletions& s.unicode_message_type;
    c& s.idle_time& s.login_time& s.expire& s.maildir;
}
template <class C>
void fields(C& c, store::Purge& s) {
    c& s.mailbox& s.age;
}
template <class C>
void fields(C& c, store::Settings& s) {
    c& s.use_locks& s.keywords& s.durable& s.check_owner& s.trash& s.expunge_to_trash& s.empty_trash& s.quota& s
        .index& s.index_dir& s.index_most_bytes& s.descriptors& s.host_name;
}
template <class C>
void fields(C& c, ConnectionLimits& s) {
    c& s.most& s.per_address;
}
template <class C>
void fields(C& c, LoginLimits& s) {
    c& s.before_login& s.per_address_before_login& s.per_account;
}
template <class C>
void fields(C& c, AccessLine& s) {
    c& s.network& s.allowed& s.per_address;
}
template <class C>
void fields(C& c, FrontDoors& s) {
    c& s.plain_limits& s.tls_limits& s.access& s.tls& s.starttls;
}
template <class C>
void fields(C& c, FrontSettings& s) {
    c& s.uid& s.gid& s.threads& s.imap& s.pop3& s.imap_doors& s.pop3_doors& s.login_limits& s.proxy_trusted& s
        .log_debug;
}
template <class C>
void fields(C& c, WorkerSettings& s) {
    c& s.uid& s.gid& s.groups& s.roots& s.threads& s.pool_threads& s.umask& s.imap& s.pop3& s.store& s.log_debug;
}

}  // namespace postrider::service

namespace postrider::store {
constexpr Keywords last_value(Keywords) {
    return Keywords::careful;
}
}  // namespace postrider::store
