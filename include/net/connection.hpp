// One client's connection: TCP or TLS, input by lines and bytes, an output queue, one timer.
// Protocols are not known here. Decisions and figures: docs/architecture.md.
#pragma once

#include <openssl/types.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "net/proxy_header.hpp"
#include "net/tls.hpp"

namespace postrider::net {

/// Why a connection is at its end.
enum class Closed : std::uint8_t {
    by_peer,   ///< end of file, reset, TLS shutdown
    timeout,   ///< the deadline of a wait passed
    too_long,  ///< a line longer than its limit
    stopped,   ///< stop() was called: the server shuts down, or an administrator wants it
    tls,       ///< the handshake or a record was wrong
};

[[noreturn]] void throw_exception_from_error(Closed closed, const boost::source_location&);

/// A value, or Closed: only in net and in session loops.
template <class T = void>
class [[nodiscard]] Io : public boost::system::result<T, Closed> {
    using Base = boost::system::result<T, Closed>;

public:
    using Base::Base;
};

/// What ended a wait for input.
enum class Wake : std::uint8_t { input, woken };

using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Strand>;
using Deadline = std::chrono::steady_clock::time_point;

/// Lives and dies on its strand. Every wait has a deadline, kept by watch(), which must run beside the session:
/// `co_await (session.run() || connection.watch())`. Progress lives here: a wait that ends early loses no byte.
class Connection {
public:
    explicit Connection(Socket socket);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Ends when the connection was closed; cancels whatever waits when a deadline passes.
    Task<void> watch();

    // Input. -------------------------------------------------------------------------------------------------------

    /// Waits until there is input (also buffered), or wake() was called. Holds no buffer meanwhile.
    Task<Io<Wake>> wait_input(Deadline deadline);

    /// The next line without its CRLF (or LF), at most `most` bytes with it. On too_long the connection is still good:
    /// the rest of the line can be dropped with
    /// skip_line(), which gives its last bytes (at most 64: a literal may be announced there).
    Task<Io<std::string>> read_line(std::size_t most, Deadline deadline);
    Task<Io<std::string>> skip_line(Deadline deadline);

    /// Exactly size bytes, appended to out. Memory grows with the bytes received.
    Task<Io<>> read_bytes(std::string& out, std::size_t size, Deadline deadline);
    /// 1..most bytes: what is there, waiting for the first.
    Task<Io<std::string>> read_some(std::size_t most, Deadline deadline);

    /// Lets time pass without reading; stop() ends it early.
    Task<Io<>> pause(Deadline until);

    /// Waits for input without a deadline of its own, which the one of a flush() under way may end: for a relay.
    Task<Io<>> wait_readable();
    /// At most `most` bytes of what is there; "" when there is nothing. Never waits.
    Io<std::string> read_available(std::size_t most);

    /// Bytes that were read ahead and are not taken yet.
    bool has_buffered_input() const { return taken_ < input_.size(); }
    std::size_t buffered() const { return input_.size() - taken_; }
    /// Takes them all, or puts bytes there that were read from this client elsewhere: at a hand-over.
    std::string take_input();
    void give_input(std::string bytes) { input_ = std::move(bytes); }

    /// Ends the present or next wait_input with Wake::woken. On the strand only.
    void wake();

    // Output. ------------------------------------------------------------------------------------------------------

    /// Puts bytes into the queue: sent by flush(), or before a read has to wait.
    void write(std::string_view bytes);
    /// The same; large ones are taken over without a copy when nothing is queued.
    void write_large(std::string bytes);
    std::size_t queued() const { return output_.size() - sent_; }
    /// Forgets what is queued: the connection ends in the middle of an answer.
    void drop_output();
    /// Sends the queue. The deadline moves on with each piece that the client takes.
    Task<Io<>> flush();

    // Before the client's own bytes. ------------------------------------------------------------------------------

    /// Reads the header of a proxy, and not a byte more: a TLS handshake may follow. none: the proxy names no source.
    /// Closed::too_long: what came is no such header.
    Task<Io<std::optional<Source>>> accept_proxy_header(Deadline deadline);

    // TLS, end. ----------------------------------------------------------------------------------------------------

    /// Server handshake. Input read ahead is thrown away first (RFC 3501 section 6.2.1; commands injected in clear).
    Task<Io<>> start_tls(std::shared_ptr<const TlsContext> context, Deadline deadline);
    bool is_tls() const { return ssl_ != nullptr; }
    /// Why the handshake failed, for the log, in Courier's words where it has some. "": it did not, or the peer went.
    std::string tls_trouble() const;
    /// What TLS_EXTERNAL's field of the client's verified certificate holds, in UTF-8. "": there is no such
    /// certificate, or the field is missing, there twice, longer than a user's name, or has control characters.
    std::string certificate_identity() const;
    /// The channel bindings of this connection, computed anew; none before the end of the handshake.
    std::vector<TlsBinding> tls_bindings() const;

    /// Ends every wait, present and future, with Closed::stopped; what is queued can still be flushed for a second.
    /// On the strand only.
    void stop();
    bool is_stopped() const { return stopped_; }
    /// Like stop(), but for wait_input() only: what is under way comes to its end. On the strand only.
    void finish();
    /// Says goodbye (TLS close_notify, FIN) and closes. On the strand only; idempotent.
    void close();
    /// Closes without a word to the client: somebody else has the socket now.
    void abandon();
    int native_handle() { return socket_.native_handle(); }

    /// Bytes that this connection holds beside the TLS library's own.
    std::size_t memory() const { return sizeof *this + input_.capacity() + output_.capacity(); }
    std::uint64_t bytes_received() const { return received_; }
    std::uint64_t bytes_sent() const { return sent_total_; }
    const Strand& strand() const { return strand_; }

private:
    enum class Direction : std::uint8_t { read, write };

    /// Waits for readiness with a deadline.
    Task<Io<>> wait(Direction direction, Deadline deadline);
    /// Reads once without blocking; 0 bytes: would block, with `wants` set.
    Io<std::size_t> read_now(std::size_t most, Direction& wants);
    Io<std::size_t> write_now(std::string_view bytes, Direction& wants);
    /// Makes at least one byte of input available.
    Task<Io<>> fill(Deadline deadline);
    Closed reason() const;
    void arm(Deadline deadline);
    /// An idle connection keeps no buffer.
    bool is_readable();
    void release_input();

    Strand strand_;
    Socket socket_;
    asio::steady_timer timer_;
    SSL* ssl_ = nullptr;
    const char* tls_trouble_ = nullptr;              ///< OpenSSL's word, a constant of its own
    std::shared_ptr<const TlsContext> tls_context_;  ///< owners: the service's current one and each connection using it

    asio::steady_timer* pause_timer_ = nullptr;  ///< of the pause() under way

    std::string input_;
    std::size_t taken_ = 0;
    std::string output_;
    std::size_t sent_ = 0;
    Deadline deadline_ = Deadline::max();
    std::uint64_t received_ = 0;
    std::uint64_t sent_total_ = 0;
    bool expired_ = false;
    bool stopped_ = false;
    bool finishing_ = false;
    bool closed_ = false;
    bool woken_ = false;
    bool waits_for_input_ = false;
};

}  // namespace postrider::net
