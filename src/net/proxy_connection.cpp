// The PROXY header at the head of a connection: proxy_header.hpp has the grammar.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "net/connection.hpp"

namespace postrider::net {

Task<Io<std::optional<Source>>> Connection::accept_proxy_header(Deadline deadline) {
    std::string header;
    for (;;) {
        if (stopped_) {
            co_return Closed::stopped;
        }
        const auto ready = co_await wait(Direction::read, deadline);
        if (!ready) {
            co_return ready.error();
        }
        std::array<char, proxy_header_bytes> seen;
        const ssize_t got =
            ::recv(socket_.native_handle(), seen.data(), seen.size() - header.size(), MSG_PEEK | MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            continue;
        }
        if (got <= 0) {
            co_return Closed::by_peer;
        }
        const std::size_t before = header.size();
        header.append(seen.data(), static_cast<std::size_t>(got));
        const auto parsed = parse_proxy_header(header);
        if (!parsed) {
            co_return Closed::too_long;
        }
        // Of an unfinished header everything that was seen is a part.
        const std::size_t taken = (*parsed ? (**parsed).size : header.size()) - before;
        if (::recv(socket_.native_handle(), seen.data(), taken, MSG_DONTWAIT) != static_cast<ssize_t>(taken)) {
            co_return Closed::by_peer;
        }
        if (*parsed) {
            co_return (**parsed).source;
        }
    }
}

}  // namespace postrider::net
