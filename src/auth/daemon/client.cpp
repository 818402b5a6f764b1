#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "auth/daemon/dialogue.hpp"
#include "auth/daemon_client.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth::daemon {

namespace {

using Socket = asio::local::stream_protocol::socket;

constexpr auto pause_when_full = std::chrono::milliseconds(20);

/// Courier's words.
Error connect_error(int error) {
    return {Code::unavailable, "authdaemon: s_connect() failed: " + std::generic_category().message(error)};
}

/// Gives errno. Asio's own connect takes a full queue (EAGAIN) for a connection under way.
int try_to_connect(Socket& socket, const asio::local::stream_protocol::endpoint& there) {
    boost::system::error_code ignored;
    socket.open(there.protocol(), ignored);
    socket.native_non_blocking(true, ignored);
    return ::connect(socket.native_handle(), there.data(), static_cast<socklen_t>(there.size())) == 0 ? 0 : errno;
}

/// Gives errno. A daemon whose queue of connections is full is tried again, until the deadline.
Task<int> connect(Socket& socket, std::string path) {
    const asio::local::stream_protocol::endpoint there(path);
    asio::steady_timer timer(socket.get_executor());
    for (;;) {
        const int error = try_to_connect(socket, there);
        if (error != EAGAIN) {
            co_return error;
        }
        timer.expires_after(pause_when_full);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

/// Connects and sends.
Task<Result<void>> ask(Socket& socket, std::string path, ClientTimes times, const std::string& request) {
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        co_return connect_error(ENAMETOOLONG);
    }
    const auto error = co_await within(times.connect, connect(socket, std::move(path)));
    if (!error || *error != 0) {
        co_return connect_error(error.value_or(ETIMEDOUT));
    }
    const auto sent = co_await within(times.write, send(socket, request));
    if (!sent) {
        co_return Error(Code::unavailable, "authdaemon: the request was not taken in time");
    }
    // One that was not sent whole may have been answered all the same: the answer tells.
    co_return Result<void>();
}

Error no_answer() {
    return {Code::invalid_data, "authdaemon: no whole answer"};
}

}  // namespace

Task<Result<std::optional<AccountBlock>>> Client::account(Request request) const {
    const auto text = text_of(request);
    if (!text) {
        co_return std::optional<AccountBlock>();
    }
    Socket socket(co_await asio::this_coro::executor);
    const auto asked = co_await ask(socket, path_, times_, text->text);
    if (!asked) {
        co_return asked.error();
    }
    auto answer = co_await within(times_.reply, receive(socket, read_account));
    if (answer && std::holds_alternative<Refused>(*answer)) {
        co_return std::optional<AccountBlock>();
    }
    auto* const block = answer ? std::get_if<AccountBlock>(&*answer) : nullptr;
    if (block == nullptr) {
        co_return no_answer();
    }
    co_return std::optional(std::move(*block));
}

Task<Result<bool>> Client::change_password(ChangePassword change) const {
    const auto text = text_of(Request{std::move(change), {}});
    if (!text) {
        co_return false;
    }
    Socket socket(co_await asio::this_coro::executor);
    const auto asked = co_await ask(socket, path_, times_, text->text);
    if (!asked) {
        co_return asked.error();
    }
    const auto answer = co_await within(times_.reply, receive(socket, read_verdict));
    const bool* const verdict = answer ? std::get_if<bool>(&*answer) : nullptr;
    if (verdict == nullptr) {
        co_return no_answer();
    }
    co_return *verdict;
}

Task<Result<void>> Client::each(std::function<void(const Account& account)> take) const {
    const auto text = text_of(Request{Enumerate{}, {}});
    Socket socket(co_await asio::this_coro::executor);
    const auto asked = co_await ask(socket, path_, times_, text->text);
    if (!asked) {
        co_return asked.error();
    }
    const ListEnd end = co_await receive_list(socket, std::move(take), times_.list);
    if (end != ListEnd::reached) {
        co_return no_answer();
    }
    co_return Result<void>();
}

}  // namespace postrider::auth::daemon
