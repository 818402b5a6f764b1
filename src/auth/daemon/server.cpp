#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "auth/daemon/dialogue.hpp"
#include "auth/daemon/listening_path.hpp"
#include "auth/daemon/record.hpp"
#include "auth/daemon_server.hpp"
#include "core/log.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth::daemon {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto pause_after_error = std::chrono::milliseconds(50);
constexpr std::size_t piece_bytes = 64 * 1024;

void log_trouble(const std::string& detail) {
    log_line(LogLevel::error, "authdaemon: " + detail);
}

Secret reply_of(const Result<std::optional<Record>>& found, const Secret* password = nullptr) {
    if (!found) {
        log_trouble(found.error().detail);
        return {};
    }
    if (!*found) {
        return Secret(std::string(refusal));
    }
    AccountBlock block = block_of(**found);
    if (password != nullptr) {
        block.password = *password;
    }
    auto text = text_of(block);
    if (!text) {
        log_trouble((*found)->account.address + ": an attribute is too long, or has a line end in it");
        return {};
    }
    return std::move(*text);
}

}  // namespace

Server::Server(asio::any_io_executor strand, Ask ask, ServerTimes times)
    : strand_(std::move(strand)),
      ask_(std::move(ask)),
      times_(times),
      acceptor_(strand_),
      stop_(strand_, asio::steady_timer::time_point::max()) {}

Server::~Server() = default;

std::string Server::open(const std::string& path) {
    auto socket = listen_at(path);
    if (!socket) {
        return socket.error().detail;
    }
    path_ = std::make_unique<ListeningPath>(path);
    acceptor_.assign(asio::local::stream_protocol(), socket->release());
    return {};
}

Task<void> Server::run() {
    co_await (serve_all(most_clients) || stopped());
}

void Server::stop() {
    stop_.expires_at(asio::steady_timer::time_point::min());
}

Task<void> Server::stopped() {
    co_await stop_.async_wait(as_result);
}

Task<void> Server::serve_all(std::size_t clients) {
    if (clients == 1) {
        co_await serve_in_turn();
    } else {
        co_await (serve_in_turn() && serve_all(clients - 1));
    }
}

Task<void> Server::serve_in_turn() {
    asio::steady_timer timer(strand_);
    for (;;) {
        auto [error, socket] = co_await acceptor_.async_accept(as_result);
        if (error) {  // too many open files, perhaps; at the stop the wait ends this
            timer.expires_after(pause_after_error);
            co_await timer.async_wait(asio::use_awaitable);
            continue;
        }
        try {
            co_await serve(socket);
        } catch (const boost::system::system_error& stop) {
            if (stop.code() == asio::error::operation_aborted) {
                throw;
            }
            log_trouble(stop.what());
        } catch (const std::exception& mistake) {
            log_trouble(mistake.what());
        }
    }
}

Task<void> Server::serve(Socket& socket) {
    auto read = co_await within(times_.request, receive(socket, read_request));
    auto* const request = read ? std::get_if<Request>(&*read) : nullptr;
    if (request == nullptr) {
        co_return;
    }
    const Secret reply = co_await answer(std::move(*request));
    std::string_view rest = reply.text;
    while (!rest.empty()) {
        const auto piece = rest.substr(0, piece_bytes);
        rest.remove_prefix(piece.size());
        const auto sent = co_await within(times_.answer, send(socket, piece));
        if (!sent || !*sent) {
            co_return;
        }
    }
}

Task<Secret> Server::answer(Request request) {
    auto asked = [this, &request](auto& command) { return answer(std::move(request.peer), std::move(command)); };
    auto work = std::visit(asked, request.command);
    co_return co_await std::move(work);
}

Task<Secret> Server::answer(std::string peer, Find find) {
    Query query{find.service, find.user, std::move(peer), find.module == "." ? "" : find.module};
    const auto chain = ask_();
    const auto found = co_await chain->find(std::move(query));
    co_return reply_of(found);
}

Task<Secret> Server::answer(std::string peer, LogIn log_in) {
    Query query{log_in.service, log_in.user, std::move(peer), {}};
    const auto chain = ask_();
    const auto found = co_await chain->log_in(std::move(query), log_in.password.text);
    co_return reply_of(found, &log_in.password);
}

Task<Secret> Server::answer(std::string peer, Prove prove) {
    Query query{prove.service, prove.proof.user, std::move(peer), {}};
    const auto chain = ask_();
    const auto found = co_await chain->prove(std::move(query), std::move(prove.proof));
    co_return reply_of(found);
}

Task<Secret> Server::answer(std::string peer, ChangePassword change) {
    Query query{change.service, change.user, std::move(peer), {}};
    const auto chain = ask_();
    const auto changed =
        co_await chain->change_password(std::move(query), change.old_password.text, change.new_password.text);
    if (!changed) {
        log_trouble(changed.error().detail);
    }
    co_return Secret(std::string(changed && *changed ? consent : refusal));
}

/// Without its end when it could not be finished.
Task<Secret> Server::answer(std::string, Enumerate) {
    std::string list;
    auto begin = [&list](std::string_view module) { list += list_title(module); };
    auto take = [&list](const Account& account) { list += list_line(account); };
    const auto chain = ask_();
    const auto all = co_await chain->each(std::move(begin), std::move(take));
    if (!all) {
        log_trouble(all.error().detail);
    } else {
        list += list_end;
    }
    co_return Secret(std::move(list));
}

Task<Secret> Server::answer(std::string, Hopeless) {
    co_return Secret(std::string(refusal));
}

}  // namespace postrider::auth::daemon
