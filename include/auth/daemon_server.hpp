// The authdaemon socket: other programs (maildrop, a webmail, an SMTP server) ask here who may log in, as they ask
// Courier's authdaemond. compat/auth.md section 3.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "auth/chain.hpp"
#include "auth/daemon_text.hpp"
#include "core/limits.hpp"
#include "core/task.hpp"

namespace postrider::auth::daemon {

class ListeningPath;

struct ServerTimes {
    std::chrono::steady_clock::duration request = limits::authdaemon_request_time;  ///< for all of a request
    std::chrono::steady_clock::duration answer = limits::authdaemon_answer_time;    ///< for each piece of an answer
};

/// One request a connection, most_clients at once; further ones wait to be accepted. Who may
/// connect is decided by the mode of the socket's folder, since an answer tells password hashes. On its strand.
class Server {
public:
    /// Those who wait for one module that hangs, as many as its queue holds, leave room for others.
    static constexpr std::size_t most_clients =
        limits::authdaemon_clients + std::max(limits::authpipe_queue, limits::source_queue);

    /// Whom to ask, at each request: a reload may have changed it.
    using Ask = std::function<std::shared_ptr<Chain>()>;
    Server(asio::any_io_executor strand, Ask ask, ServerTimes times = {});
    /// Takes the socket away, unless another daemon has put its own there.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Opens the socket at `path`, in the place of one that nobody listens at. A folder that is not there is made with
    /// mode 0750 and the group of the folder above it; one that is there stays as it is. Gives what is wrong, such as
    /// another authdaemond that listens there; "" for nothing.
    std::string open(const std::string& path);

    /// Serves until stop(). Ends when all its clients have been served or dropped; a module's answer is waited for.
    Task<void> run();
    /// Also before run().
    void stop();

private:
    using Socket = asio::local::stream_protocol::socket;

    Task<void> serve_all(std::size_t clients);
    Task<void> serve_in_turn();
    Task<void> serve(Socket& socket);
    /// "": the connection is closed without a word.
    Task<Secret> answer(Request request);
    Task<Secret> answer(std::string peer, Find find);
    Task<Secret> answer(std::string peer, LogIn log_in);
    Task<Secret> answer(std::string peer, Prove prove);
    Task<Secret> answer(std::string peer, ChangePassword change);
    Task<Secret> answer(std::string peer, Enumerate enumerate);
    Task<Secret> answer(std::string peer, Hopeless hopeless);
    Task<void> stopped();

    asio::any_io_executor strand_;
    Ask ask_;
    ServerTimes times_;
    asio::local::stream_protocol::acceptor acceptor_;
    std::unique_ptr<ListeningPath> path_;
    asio::steady_timer stop_;  ///< runs out at the stop
};

}  // namespace postrider::auth::daemon
