// One end of the line between two of our processes: sends from any thread, receives on one strand, and holds the other
// end to the rules of role_table.hpp.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/packet.hpp"
#include "service/role_table.hpp"

namespace postrider::service {

/// Owners: the role that reads it, and the handler that waits for room.
class Channel : public std::enable_shared_from_this<Channel> {
public:
    /// here, there: the roles at this end and at the other.
    Channel(net::Strand strand, Descriptor socket, Role here, Role there);

    /// Any thread. Queued when the other end does not read at once; with limits::role_queue_bytes waiting the other
    /// end counts as hung and the channel closes. What comes after the close goes nowhere.
    template <class M>
    void send(const M& message, Descriptor descriptor = {}) {
        send_bytes(M::kind, encoded(message), std::move(descriptor));
    }
    /// The same, but dropped when too much waits: log lines. Gives whether it was taken.
    bool send_if_room(const LogLine& line);

    /// The next message that the rules allow. None: the channel is at its end; trouble() says why when the other end
    /// misbehaved. A sender that is faster than its rule allows is read again in the next second, or what it sends too
    /// much is dropped. No deadline: roles live as long as their channel. On the strand.
    Task<std::optional<Packet>> receive();

    /// For bytes that are no message of their kind: the other end has misbehaved, the channel closes.
    void refuse(std::string why);
    const std::string& trouble() const { return trouble_; }

    /// Messages that came faster than their rule allows and were dropped, since the last call. On the strand.
    std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }

    void set_stage(Stage stage) { stage_ = stage; }
    Stage stage() const { return stage_; }
    /// Any thread.
    void close();
    bool is_closed() const { return closed_; }
    const net::Strand& strand() const { return strand_; }

private:
    struct Waiting {
        std::string bytes;
        Descriptor descriptor;
    };
    struct Rate {
        std::chrono::steady_clock::time_point second;
        unsigned count = 0;
    };

    void send_bytes(Kind kind, const std::string& body, Descriptor descriptor);
    void wait_for_room();
    void write_waiting();
    void close_locked();
    /// Null: refused.
    const MessageRule* checked(const Packet& packet);
    bool is_too_fast(const MessageRule& rule);
    Task<void> wait_for_next_second(Kind kind);

    net::Strand strand_;
    net::Socket socket_;
    Role here_;
    Role there_;
    std::atomic<Stage> stage_ = Stage::starting;
    std::atomic<bool> closed_ = false;
    std::string trouble_;
    unsigned received_ = 0;
    std::uint64_t dropped_ = 0;
    std::array<Rate, static_cast<std::size_t>(last_value(Kind{})) + 1> rates_{};  ///< by kind; strand only

    std::mutex mutex_;  ///< what follows, and the socket's end
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool waits_for_room_ = false;
};

}  // namespace postrider::service
