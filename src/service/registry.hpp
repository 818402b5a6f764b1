// The sessions that are running: how many, from where, and how to end them all.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "service/settings.hpp"

namespace postrider::service {

/// Any thread. Outlives its entries.
class Registry {
public:
    /// A place among the sessions, until it ends.
    class Entry {
    public:
        Entry(Registry& registry, std::uint64_t id) : registry_(&registry), id_(id) {}
        Entry(Entry&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
        Entry& operator=(Entry&&) = delete;
        ~Entry();

        /// How this session is ended from outside: called from any thread, not after the entry's end.
        void set_stop(std::function<void()> stop);

    private:
        Registry* registry_;
        std::uint64_t id_;
    };

    enum class Refusal { none, address_full, stopping };
    struct Admission {
        std::optional<Entry> entry;
        Refusal refusal = Refusal::none;
    };
    /// kind: plain and TLS listeners count for themselves, as Courier's two daemons do.
    Admission admit(Tls kind, const boost::asio::ip::address& peer, const ConnectionLimits& limits);
    bool is_full(Tls kind, const ConnectionLimits& limits) const;

    /// Ends every session and admits no more.
    void stop_all();
    std::size_t size() const;

private:
    struct Record {
        Tls kind;
        std::string address;
        std::function<void()> stop;
    };
    void remove(std::uint64_t id);
    std::size_t count(Tls kind) const { return counts_[kind == Tls::on_request ? 0 : 1]; }

    mutable std::mutex mutex_;
    std::map<std::uint64_t, Record> records_;
    std::map<std::pair<Tls, std::string>, std::size_t> by_address_;
    std::size_t counts_[2] = {0, 0};
    std::uint64_t next_id_ = 1;
    bool stopping_ = false;
};

}  // namespace postrider::service
