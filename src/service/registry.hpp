// The connections that are there: how many, from where, how far, and how to end them. Counts and limits alone.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "service/settings.hpp"

namespace postrider::service {

/// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, which is one site.
std::string address_key(const boost::asio::ip::address& address);

/// How a connection is ended.
enum class Ending : std::uint8_t {
    after_command,  ///< what is under way is answered first
    now,
};

/// Any thread. Outlives its entries.
class Registry {
public:
    struct Limits {
        ConnectionLimits connections;  ///< of the door
        LoginLimits login;
    };

    /// A place among the connections, until it ends.
    class Entry {
    public:
        Entry(Registry& registry, std::uint64_t id) : registry_(&registry), id_(id) {}
        Entry(Entry&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
        Entry& operator=(Entry&&) = delete;
        ~Entry();

        /// How this connection is ended from outside: called from any thread, not after the entry's end.
        void set_end(std::function<void(Ending)> end);
        /// From now on it is not one of those before login.
        void logged_in();

    private:
        Registry* registry_;
        std::uint64_t id_;
    };

    enum class Refusal { none, address_full, full, stopping };
    struct Admission {
        std::optional<Entry> entry;
        Refusal refusal = Refusal::none;
    };
    /// Each door counts its own. Where too many have not logged in (of this address, or of all), or all places are
    /// taken, the oldest of them is ended for the new one.
    Admission admit(Door door, const boost::asio::ip::address& peer, const Limits& limits);
    /// All places are taken by sessions that logged in: new connections have to wait.
    bool is_full(Door door, const Limits& limits) const;

    /// Ends every connection; admits no more.
    void end_all(Ending ending);
    /// The same for those before login alone, now.
    void end_before_login();

    std::size_t size() const;
    std::size_t before_login() const;
    std::uint64_t dropped() const;  ///< ended for a newer one

private:
    struct Record {
        Door door;
        std::string address;
        bool before_login = true;
        bool dropped = false;
        std::function<void(Ending)> end;
    };
    struct Counts {
        std::size_t all = 0;
        std::set<std::uint64_t> before_login;
    };
    void remove(std::uint64_t id);
    void leave_login(std::uint64_t id, Record& record);
    void drop_oldest(const std::set<std::uint64_t>& among);

    mutable std::mutex mutex_;
    std::map<std::uint64_t, Record> records_;           ///< ids rise: the first is the oldest
    std::set<std::uint64_t> before_login_[door_count];  ///< by door, without those dropped already
    std::map<std::pair<Door, std::string>, Counts> by_address_;
    std::size_t counts_[door_count] = {};
    std::uint64_t next_id_ = 1;
    std::uint64_t dropped_ = 0;
    std::optional<Ending> ending_;
};

}  // namespace postrider::service
