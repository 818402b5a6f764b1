#include "service/role_settings.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "core/limits.hpp"

namespace postrider::service {

namespace {

std::string own_host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

unsigned cores() {
    return std::max(1u, std::thread::hardware_concurrency());
}

net::TlsMaterial material_of(const net::TlsSettings& settings) {
    auto material = net::read_tls_files(settings);
    if (!material) {
        throw std::runtime_error(material.error().detail);
    }
    return std::move(*material);
}

/// wants_starttls: whether it is to be offered where a connection can begin without TLS.
FrontDoors front_doors(const Doors& doors, Protocol protocol, bool wants_starttls, const DoorSet& open) {
    FrontDoors front;
    front.plain_limits = doors.plain_limits;
    front.tls_limits = doors.tls_limits;
    for (const net::AccessEntry& entry : doors.access.entries()) {
        front.access.push_back({entry.network.text(), entry.access.allowed, entry.access.per_address});
    }
    if (open.contains({protocol, Tls::from_the_start})) {
        front.tls = material_of(doors.tls);
    }
    if (wants_starttls && open.contains({protocol, Tls::on_request})) {
        front.starttls = material_of(doors.starttls);
    }
    return front;
}

}  // namespace

FrontSettings front_settings(const Settings& settings, const DoorSet& open) {
    FrontSettings front;
    front.threads = settings.threads != 0 ? settings.threads : cores();
    front.imap = settings.imap;
    front.pop3 = settings.pop3;
    front.imap.sasl.host = front.pop3.sasl.host = own_host_name();
    front.login_limits = settings.login_limits;
    for (const net::Network& network : settings.proxy_trusted) {
        front.proxy_trusted.push_back(network.text());
    }
    front.imap_doors = front_doors(settings.imap_doors, Protocol::imap, settings.imap.starttls, open);
    front.pop3_doors = front_doors(settings.pop3_doors, Protocol::pop3, settings.pop3.stls, open);
    front.log_debug = settings.log_debug;
    return front;
}

unsigned hash_threads(const Settings& settings) {
    return settings.threads != 0 ? settings.threads : cores();
}

WorkerSettings worker_settings(const Settings& settings) {
    WorkerSettings worker;
    worker.threads = settings.threads != 0 ? settings.threads : cores();
    worker.pool_threads = settings.pool_threads != 0 ? settings.pool_threads : std::max(4u, 2 * cores());
    worker.umask = settings.umask;
    worker.imap = settings.imap;
    worker.pop3 = settings.pop3;
    worker.store = settings.store;
    worker.log_debug = settings.log_debug;
    return worker;
}

Descriptor memory_file(const std::string& bytes) {
    Descriptor file(::memfd_create("postrider-settings", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    std::size_t written = 0;
    while (file && written < bytes.size()) {
        const ssize_t n = ::write(file.get(), bytes.data() + written, bytes.size() - written);
        if (n < 0) {
            break;
        }
        written += static_cast<std::size_t>(n);
    }
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (!file || written != bytes.size() || ::fcntl(file.get(), F_ADD_SEALS, seals) != 0 ||
        ::lseek(file.get(), 0, SEEK_SET) != 0) {
        throw std::system_error(errno, std::generic_category(), "memory file for settings");
    }
    return file;
}

std::optional<std::string> content_of(const Descriptor& memory_file, std::uint64_t size) {
    if (size > limits::role_settings_bytes) {
        return std::nullopt;
    }
    std::string bytes(static_cast<std::size_t>(size), '\0');
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t n = ::read(memory_file.get(), bytes.data() + at, bytes.size() - at);
        if (n <= 0) {
            return std::nullopt;
        }
        at += static_cast<std::size_t>(n);
    }
    char more = 0;
    return ::read(memory_file.get(), &more, 1) == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace postrider::service
