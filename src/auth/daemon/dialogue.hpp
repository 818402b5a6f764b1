// One request and its answer over whatever carries them: a socket, or the pipes of a program.
#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "auth/account.hpp"
#include "auth/daemon_text.hpp"
#include "auth/within.hpp"
#include "core/limits.hpp"

namespace postrider::auth::daemon {

/// Whether all of it went out.
template <class Stream>
Task<bool> send(Stream& stream, std::string_view text) {
    const auto bytes = asio::buffer(text.data(), text.size());
    const auto [error, sent] = co_await asio::async_write(stream, bytes, asio::as_tuple(asio::use_awaitable));
    co_return !error;
}

/// Adds what comes next, up to `most` bytes in all. False: the end, or there is no room.
template <class Stream>
Task<bool> receive_more(Stream& stream, std::string& text, std::size_t most) {
    constexpr std::size_t piece = 4096;
    const std::size_t had = text.size();
    text.resize(std::min(had + piece, most));
    const auto room = asio::buffer(text.data() + had, text.size() - had);
    const auto [error, got] = co_await stream.async_read_some(room, asio::as_tuple(asio::use_awaitable));
    text.resize(had + got);
    co_return got != 0;
}

/// Reads until `read` makes something of it. Unfinished: the other end broke off.
template <class Answer, class Stream>
Task<Answer> receive(Stream& stream, Answer (*read)(std::string_view text)) {
    Secret text;
    text.text.reserve(limits::authdaemon_text_bytes);  // so that it is never copied on its way
    while (co_await receive_more(stream, text.text, limits::authdaemon_text_bytes)) {
        Answer answer = read(text.text);
        if (!std::holds_alternative<Unfinished>(answer)) {
            co_return answer;
        }
    }
    co_return Unfinished{};
}

/// Reads a list to its end; each piece has its deadline. not_yet: the other end broke off, or was too slow.
template <class Stream>
Task<ListEnd> receive_list(Stream& stream, std::function<void(const Account& account)> take,
                           std::chrono::steady_clock::duration limit) {
    std::string text;
    for (std::size_t total = 0; total < limits::authdaemon_list_bytes;) {
        const std::size_t had = text.size();
        const auto got = co_await within(limit, receive_more(stream, text, limits::authdaemon_text_bytes));
        if (!got || !*got) {
            co_return ListEnd::not_yet;
        }
        total += text.size() - had;
        const ListEnd end = read_list(text, take);
        if (end != ListEnd::not_yet) {
            co_return end;
        }
    }
    co_return ListEnd::malformed;
}

}  // namespace postrider::auth::daemon
