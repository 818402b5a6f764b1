// One TCP connection of a client, with TLS when asked for: input in pieces, whole writes, a deadline, a transcript.
// A connection belongs to the one thread that runs its io_context; nothing here is locked.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "client/tls.hpp"
#include "core/descriptor.hpp"
#include "core/task.hpp"

namespace postrider::bench {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

enum class Security : std::uint8_t { none, starttls, implicit };

/// Where a server listens, and when TLS begins.
struct Endpoint {
    asio::ip::tcp::endpoint address;
    std::string host;  ///< as the caller named it; sent as SNI
    Security security = Security::none;
    std::optional<asio::ip::address> source = std::nullopt;  ///< to come from; none: as the system chooses
};

/// Looks a host up, blocking; throws ConnectionError.
Endpoint find_endpoint(const std::string& host, std::uint16_t port, Security security);

enum class Direction : std::uint8_t { sent, received };

/// Is given every byte of the protocol, decrypted, as it is sent and as it is read.
using Transcript = std::function<void(Direction direction, std::string_view bytes)>;

/// The server is gone, slow, or says what its protocol does not have. what() is one line for a report.
/// Exceptions, since no caller goes on with such a connection; a NO or -ERR is no error here but an answer.
class ConnectionError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The deadline passed; the connection can be used further.
class TimedOut : public ConnectionError {
    using ConnectionError::ConnectionError;
};

class Watchdog;

class Connection {
public:
    explicit Connection(const asio::any_io_executor& executor);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// TCP alone.
    Task<> connect(const Endpoint& endpoint, Moment deadline);
    /// A connected stream socket that was made elsewhere, such as one of a pair whose other end is a program's.
    void adopt(Descriptor socket);
    /// The handshake; what was read before it is thrown away. tls outlives the connection.
    Task<> start_tls(Tls& tls, const std::string& host, Moment deadline);
    /// Whether the handshake took up an earlier session.
    bool is_resumed() const;

    /// All of it, or an exception. bytes stay valid until the end.
    Task<> write(std::string_view bytes, Moment deadline);
    /// Waits until there is input().
    Task<> read(Moment deadline);
    /// Bytes read and not yet consumed; valid until the next read(), which frees them when all are consumed.
    std::string_view input() const { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t size) { begin_ += size; }

    /// Reads and drops until the other end has closed, and closes. patience: for each read.
    Task<> wait_for_end(std::chrono::nanoseconds patience);

    /// Closes at once, with a close_notify over TLS. A wait under way ends with ConnectionError.
    void close();
    bool is_open() const { return socket_.is_open(); }

    void record(Transcript transcript) { transcript_ = std::move(transcript); }
    /// Of the protocol, without what TLS adds.
    std::uint64_t bytes_sent() const { return sent_; }
    std::uint64_t bytes_received() const { return received_; }

private:
    void come_from(const asio::ip::address& source);
    Task<> wait(asio::ip::tcp::socket::wait_type type, Moment deadline);
    Task<> wait_for_tls(int result, Moment deadline);
    /// 0: would block.
    std::size_t read_now();
    std::size_t write_now(std::string_view bytes, int& tls_result);

    asio::ip::tcp::socket socket_;
    std::unique_ptr<SSL, SslFree> ssl_;
    std::shared_ptr<Watchdog> watchdog_;  ///< with its timer's handler
    std::unique_ptr<char[]> buffer_;      ///< none while a connection waits with nothing read
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    Transcript transcript_;
};

}  // namespace postrider::bench
