// The front: accepts connections, speaks with their clients until they have logged in, and passes them onward.
// Touches the network and nothing else; whether its neighbours are in the same process is not its business.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "auth/gate.hpp"
#include "core/descriptor.hpp"
#include "core/session_facts.hpp"
#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/messages.hpp"
#include "service/present.hpp"
#include "service/registry.hpp"
#include "service/seldom.hpp"

namespace postrider::service {

/// Where sessions go on after login. Any thread. Outlives the front's connections.
class Onward {
public:
    virtual ~Onward() = default;

    /// Brings the session to its end, or to somebody who will. place: to be kept until then. door: that the
    /// connection came in by. On the connection's strand, with watch() running beside.
    virtual Task<void> take(net::Connection& connection, std::unique_ptr<Admission> admission, Door door,
                            Registry::Entry place) = 0;
};

/// How a listener's connections begin.
struct Entrance {
    Door door;
    bool proxy = false;
    std::uint16_t port = 0;  ///< for the log; 0: not known
};

class Front {
public:
    /// registry: outlives the loop, whose end is the end of the connections' coroutines.
    Front(asio::io_context& loop, Registry& registry, auth::Gate& gate, Onward& onward);
    ~Front();

    /// For new connections. Throws std::runtime_error and changes nothing when a certificate is not usable.
    void replace(const FrontSettings& settings) { present_.replace(settings); }
    /// Before start(). socket: listening.
    void add_listener(Descriptor socket, Entrance entrance);
    void start();

    /// Accepts no more, and ends the connections in that way. Any thread.
    void end(Ending ending);
    /// The same for those that have not logged in, now.
    void end_before_login();
    const Present& present() const { return present_; }
    std::vector<Figure> figures() const;

private:
    using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, net::Strand>;
    struct Acceptor;
    struct Counters {
        std::atomic<std::uint64_t> connections[door_count] = {};
        std::atomic<std::uint64_t> refused_by_list = 0;
        std::atomic<std::uint64_t> refused_by_limit = 0;
        std::atomic<std::uint64_t> refused_proxies = 0;
        std::atomic<std::uint64_t> handshakes = 0;
        std::atomic<std::uint64_t> failed_handshakes = 0;
    };

    Task<void> accept_all(Acceptor& acceptor);
    Task<void> wait_for_room(Acceptor& acceptor);
    Task<void> serve_client(TcpSocket socket, Entrance entrance);
    Task<std::unique_ptr<Admission>> run_login(net::Connection& connection, Peer peer, Protocol protocol);
    Task<void> converse(net::Connection& connection, Peer peer, Entrance entrance);
    /// Who is there when a proxy speaks for it. False: the connection is to be closed.
    Task<bool> ask_proxy(net::Connection& connection, Peer& peer, Entrance entrance);
    std::optional<Registry::Entry> admitted(const Peer& peer, Door door);
    Task<bool> shake_hands(net::Connection& connection, const Peer& peer, Protocol protocol);

    void stop_accepting();

    asio::io_context& loop_;
    Registry& registry_;
    auth::Gate& gate_;
    Onward& onward_;
    const int descriptors_for_clients_;  ///< asked for at the start: a front may not ask later
    Present present_;
    Counters counters_;
    Seldom told_;
    std::atomic<std::uint64_t> dropped_told_ = 0;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
};

}  // namespace postrider::service
