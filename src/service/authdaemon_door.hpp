// The authdaemon socket of a running server: opened at the start, and again elsewhere, or not at all, as a reload says.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "auth/daemon_server.hpp"
#include "core/log.hpp"
#include "net/connection.hpp"
#include "service/gatekeeper.hpp"
#include "service/process.hpp"

namespace postrider::service {

/// On its strand. A socket that cannot be had is told in the log, and the server goes on without it.
class AuthdaemonDoor {
public:
    /// gatekeeper: outlives the loop's run.
    AuthdaemonDoor(net::Strand strand, Gatekeeper& gatekeeper) : strand_(std::move(strand)), gatekeeper_(gatekeeper) {}

    /// path: AUTHDAEMON_SOCKET; empty: none.
    void open(const std::string& path) {
        if (path == path_) {
            return;
        }
        close();
        if (path.empty()) {
            return;
        }
        auto server = std::make_shared<auth::daemon::Server>(strand_, [this] { return gatekeeper_.chain(); });
        if (const std::string trouble = server->open(path); !trouble.empty()) {
            log_line(LogLevel::notice, "no authdaemon socket: " + trouble);
            return;
        }
        path_ = path;
        server_ = server;
        asio::co_spawn(strand_, run(std::move(server)), [](const std::exception_ptr& error) {
            if (error) {
                log_line(LogLevel::error, "the authdaemon socket is served no more: " + text_of(error));
            }
        });
    }

    /// Requests under way are answered still.
    void close() {
        if (server_) {
            server_->stop();
            server_.reset();
            path_.clear();
        }
    }

private:
    static Task<void> run(std::shared_ptr<auth::daemon::Server> server) { co_await server->run(); }

    net::Strand strand_;
    Gatekeeper& gatekeeper_;
    std::shared_ptr<auth::daemon::Server> server_;
    std::string path_;  ///< what is open
};

}  // namespace postrider::service
