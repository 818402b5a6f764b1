#include "service/channel.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace postrider::service {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr unsigned packets_a_turn = 32;

}  // namespace

Channel::Channel(net::Strand strand, Descriptor socket, Role here, Role there)
    : strand_(std::move(strand)),
      socket_(strand_, net::Socket::protocol_type(AF_UNIX, 0), socket.release()),
      here_(here),
      there_(there) {}

// --- Sending ---------------------------------------------------------------------------------------------------------

void Channel::send_bytes(Kind kind, const std::string& body, Descriptor descriptor) {
    std::string bytes = packet_bytes(kind, body);
    const std::scoped_lock lock(mutex_);
    if (closed_) {
        return;
    }
    if (waiting_.empty()) {
        switch (send_packet(socket_.native_handle(), bytes, descriptor.get())) {
            case Sent::yes:
            case Sent::other_end:  // receive() finds it out
                return;
            case Sent::not_now:
                break;
        }
    }
    waiting_bytes_ += bytes.size() + sizeof(Waiting);
    if (waiting_bytes_ > limits::role_queue_bytes) {
        trouble_ = "does not read what it is sent";
        close_locked();
        return;
    }
    waiting_.push_back({std::move(bytes), std::move(descriptor)});
    wait_for_room();
}

bool Channel::send_if_room(const LogLine& line) {
    {
        const std::scoped_lock lock(mutex_);
        if (waiting_.size() >= limits::role_queue_log_lines) {
            return false;
        }
    }
    send(line);
    return true;
}

void Channel::wait_for_room() {
    if (std::exchange(waits_for_room_, true)) {
        return;
    }
    // Socket objects belong to the strand.
    asio::post(strand_, [self = shared_from_this()] {
        if (!self->closed_) {
            self->socket_.async_wait(net::Socket::wait_write,
                                     [self](const boost::system::error_code&) { self->write_waiting(); });
        }
    });
}

void Channel::write_waiting() {
    const std::scoped_lock lock(mutex_);
    waits_for_room_ = false;
    while (!closed_ && !waiting_.empty()) {
        const Waiting& next = waiting_.front();
        if (send_packet(socket_.native_handle(), next.bytes, next.descriptor.get()) == Sent::not_now) {
            wait_for_room();
            return;
        }
        waiting_bytes_ -= next.bytes.size() + sizeof(Waiting);
        waiting_.pop_front();
    }
}

// --- Receiving -------------------------------------------------------------------------------------------------------

Task<std::optional<Packet>> Channel::receive() {
    while (!closed_) {
        auto got = receive_packet(socket_.native_handle());
        if (auto* packet = std::get_if<Packet>(&got)) {
            const MessageRule* rule = checked(*packet);
            if (rule == nullptr) {
                break;
            }
            const bool too_fast = is_too_fast(*rule);
            if (too_fast && rule->excess == Excess::dropped) {
                ++dropped_;
                continue;
            }
            if (too_fast) {
                co_await wait_for_next_second(rule->kind);
            }
            if (++received_ % packets_a_turn == 0) {
                co_await asio::post(strand_, asio::use_awaitable);  // others' turn
            }
            co_return std::move(*packet);
        }
        if (std::get<NoPacket>(got) == NoPacket::malformed) {
            refuse("sent something that is no message");
        }
        if (std::get<NoPacket>(got) != NoPacket::not_now) {
            break;
        }
        co_await socket_.async_wait(net::Socket::wait_read, as_result);
    }
    close();
    co_return std::nullopt;
}

const MessageRule* Channel::checked(const Packet& packet) {
    const MessageRule* rule = rule_for(packet.kind, there_, here_, stage_);
    const std::string kind = "message of kind " + std::to_string(static_cast<int>(packet.kind));
    if (rule == nullptr) {
        refuse("sent a " + kind + " that it may not send now");
        return nullptr;
    }
    if (packet.body.size() > rule->most_bytes) {
        refuse("sent a " + kind + " that is too long");
        return nullptr;
    }
    const bool carries = static_cast<bool>(packet.descriptor) || packet.descriptor_lost;
    if (carries ? rule->carries == Carries::nothing : rule->carries == Carries::a_descriptor) {
        refuse("sent a " + kind + (carries ? " with a descriptor" : " without its descriptor"));
        return nullptr;
    }
    return rule;
}

bool Channel::is_too_fast(const MessageRule& rule) {
    if (rule.per_second == 0) {
        return false;
    }
    Rate& rate = rates_[static_cast<std::size_t>(rule.kind)];
    const auto now = std::chrono::steady_clock::now();
    if (now - rate.second >= std::chrono::seconds(1)) {
        rate = {now, 0};
    }
    return ++rate.count > rule.per_second;
}

Task<void> Channel::wait_for_next_second(Kind kind) {
    const Rate& rate = rates_[static_cast<std::size_t>(kind)];
    asio::steady_timer timer(strand_, rate.second + std::chrono::seconds(1));
    co_await timer.async_wait(as_result);
}

// --- End -------------------------------------------------------------------------------------------------------------

void Channel::refuse(std::string why) {
    const std::scoped_lock lock(mutex_);
    if (!closed_ && trouble_.empty()) {
        trouble_ = std::move(why);
    }
    close_locked();
}

void Channel::close() {
    const std::scoped_lock lock(mutex_);
    close_locked();
}

void Channel::close_locked() {
    if (!closed_.exchange(true)) {
        waiting_.clear();
        // The other end sees the end at once; the descriptor itself is closed on the strand, where it is waited for.
        boost::system::error_code ignored;
        socket_.shutdown(net::Socket::shutdown_both, ignored);
        asio::post(strand_, [self = shared_from_this()] {
            boost::system::error_code error;
            self->socket_.close(error);
        });
    }
}

}  // namespace postrider::service
