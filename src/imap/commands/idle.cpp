// IDLE: the mailbox's news as they come. RFC 2177; the wording: compat/imap.md section 7. Other sessions' changes wake
// it at once, and so do those of other programs where the system tells of them; elsewhere they are looked for every
// IMAP_IDLE_TIMEOUT seconds.
#include <algorithm>
#include <chrono>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

/// Under a storm of changes the folder is looked at so often, and no more.
constexpr auto least_time_between_looks = std::chrono::milliseconds(20);

/// Waits for input until the deadline, telling news meanwhile. False: the session is over.
Task<bool> tell_until_input(Session& session, net::Deadline deadline) {
    const bool selected = session.state() == State::selected;
    bool look = true;  // at the folder, and not only at what is known of it
    for (;;) {
        if (selected) {
            bool alive = false;
            if (look) {
                alive = co_await session.sync(Expunges::may_send);
            } else {
                alive = co_await session.news(Expunges::may_send);
            }
            if (!alive) {
                co_return false;
            }
        }
        const auto flushed = co_await session.connection().flush();
        if (!flushed) {
            session.end("DISCONNECTED");
            co_return false;
        }
        const auto now = std::chrono::steady_clock::now();
        const net::Deadline next_look = selected ? std::min(deadline, now + session.settings().idle_poll) : deadline;
        const auto woken = co_await session.connection().wait_input(next_look);
        if (woken && *woken == net::Wake::input) {
            co_return true;
        }
        look = !woken || (selected && session.mailbox().must_sync());
        if (!woken && (woken.error() != net::Closed::timeout || next_look == deadline)) {
            session.closed(woken.error());
            co_return false;
        }
        if (std::chrono::steady_clock::now() < now + least_time_between_looks) {
            const auto paused = co_await session.connection().pause(now + least_time_between_looks);
            if (!paused) {
                session.closed(paused.error());
                co_return false;
            }
        }
    }
}

Task<Reply> run(Session& session, NoArgs) {
    const net::Deadline deadline = session.input_deadline();
    const bool enhanced = session.settings().enhanced_idle && session.state() == State::selected;
    const bool sent = co_await session.continuation(enhanced ? "entering ENHANCED idle mode" : "entering idle mode");
    if (!sent) {
        co_return no("");
    }
    if (session.state() == State::selected) {
        session.mailbox().on_change(session.waker());
    }
    const bool input = co_await tell_until_input(session, deadline);
    if (session.state() == State::selected) {
        session.mailbox().on_change({});
    }
    if (!input) {
        co_return no("");
    }
    const auto line = co_await session.exchange_line(limits::command_bytes);
    if (!line) {
        co_return no("");
    }
    if (!iequals(trimmed(*line), "DONE")) {
        co_return bad("Error in IMAP command: DONE expected to end IDLE");
    }
    co_return ok("IDLE completed");
}

}  // namespace

constinit const Command cmd_idle = command<parse_nothing, run>({
    .name = "IDLE",
    .allowed_in = after_login,
    .capability = "IDLE",
});

}  // namespace postrider::imap
