#include "auth/pipe.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "auth/daemon/dialogue.hpp"
#include "auth/daemon/record.hpp"
#include "auth/pipe/process.hpp"
#include "core/log.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

Task<void> end_of(std::unique_ptr<PipeProcess> process, PipeTimes times) {
    co_await process->end(times.farewell, times.term);
}

/// Why it cannot be run; 0: it can.
int access_error(const std::string& program) {
    return ::access(program.c_str(), X_OK) == 0 ? 0 : errno;
}

Error unavailable(const std::string& module, const std::string& why) {
    return {Code::unavailable, module + ": " + why};
}

}  // namespace

/// Who waits for a seat, on the strand.
struct Pipe::Waiter {
    asio::steady_timer timer;
    Seat* seat = nullptr;
};

/// A seat, given back at the end.
class Pipe::Taken {
public:
    Taken(Pipe& pipe, Seat* seat) : pipe_(pipe), seat_(seat) {}
    ~Taken() { pipe_.give_back(seat_); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    Seat& operator*() const { return *seat_; }

private:
    Pipe& pipe_;
    Seat* seat_;
};

Pipe::Pipe(asio::any_io_executor strand, asio::thread_pool& pool, PipeSettings settings)
    : strand_(std::move(strand)),
      pool_(pool),
      settings_(std::move(settings)),
      off_(access_error(settings_.program) != 0),
      seats_(settings_.processes) {
    if (off_) {
        log_line(LogLevel::notice, settings_.name + ": disabled: " + settings_.program + ": " +
                                       std::generic_category().message(access_error(settings_.program)));
    }
    for (Seat& seat : seats_) {
        free_.push_back(&seat);
    }
}

Pipe::~Pipe() {
    for (Seat& seat : seats_) {
        try {
            if (seat) {  // its end needs nothing of this object
                asio::co_spawn(strand_, end_of(std::move(seat), settings_.times), [](const std::exception_ptr&) {});
            }
        } catch (const std::exception&) {
            // No memory for that: the process is killed, as it is where the loop runs no more.
        }
    }
}

Task<Pipe::Seat*> Pipe::take_seat() {
    if (!free_.empty()) {
        Seat* const seat = free_.back();
        free_.pop_back();
        co_return seat;
    }
    if (waiting_.size() >= limits::authpipe_queue) {
        co_return nullptr;
    }
    Waiter waiter{asio::steady_timer(strand_, settings_.times.queue)};
    const auto place = waiting_.insert(waiting_.end(), &waiter);
    co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiter.seat == nullptr) {
        waiting_.erase(place);
    }
    co_return waiter.seat;
}

void Pipe::give_back(Seat* seat) {
    if (waiting_.empty()) {
        free_.push_back(seat);
        return;
    }
    Waiter& next = *waiting_.front();
    waiting_.pop_front();
    next.seat = seat;
    next.timer.cancel();
}

Task<void> Pipe::end(Seat& seat) {
    co_await seat->end(settings_.times.farewell, settings_.times.term);
    seat.reset();
}

Task<Result<Pipe::Answer>> Pipe::ask_here(Secret request, Receive receive) {
    // A caller that goes away does not break off in the middle of an answer.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    Seat* const seat = co_await take_seat();
    if (seat == nullptr) {
        co_return unavailable(settings_.name, "too many requests are waiting for " + settings_.program);
    }
    const Taken taken(*this, seat);
    if (*seat && !(*seat)->is_ready()) {
        co_await end(*seat);
    }
    try {
        if (!*seat) {
            *seat = std::make_unique<PipeProcess>(strand_, settings_.program);
        }
    } catch (const std::system_error& error) {
        co_return unavailable(settings_.name, error.what());
    }
    const auto sent = co_await within(settings_.times.reply, daemon::send((*seat)->input(), request.text));
    std::optional<Answer> answer;  // not by ?:, of which g++ 12 would move the bytes alone
    if (sent && *sent) {
        answer = co_await receive(**seat, settings_.times.reply);
    }
    if (!answer) {
        co_await end(*seat);
        co_return unavailable(settings_.name, settings_.program + " gave no answer");
    }
    co_return std::move(*answer);
}

Task<Result<Pipe::Answer>> Pipe::ask(daemon::Request request, Receive receive) {
    auto text = off_ ? std::nullopt : daemon::text_of(request);
    if (!text) {
        co_return Answer(daemon::Refused{});
    }
    auto work = ask_here(std::move(*text), receive);
    co_return co_await asio::co_spawn(strand_, std::move(work), asio::use_awaitable);
}

Task<std::optional<Pipe::Answer>> Pipe::receive_account(PipeProcess& from, std::chrono::steady_clock::duration limit) {
    auto read = co_await within(limit, daemon::receive(from.output(), daemon::read_account));
    if (read && std::holds_alternative<daemon::Refused>(*read)) {
        co_return Answer(daemon::Refused{});
    }
    auto* const block = read ? std::get_if<daemon::AccountBlock>(&*read) : nullptr;
    co_return block != nullptr ? std::optional<Answer>(std::move(*block)) : std::nullopt;
}

Task<std::optional<Pipe::Answer>> Pipe::receive_verdict(PipeProcess& from, std::chrono::steady_clock::duration limit) {
    const auto read = co_await within(limit, daemon::receive(from.output(), daemon::read_verdict));
    const bool* const verdict = read ? std::get_if<bool>(&*read) : nullptr;
    co_return verdict != nullptr ? std::optional<Answer>(*verdict) : std::nullopt;
}

Task<std::optional<Pipe::Answer>> Pipe::receive_accounts(PipeProcess& from, std::chrono::steady_clock::duration limit) {
    std::vector<Account> accounts;
    auto take = [&accounts](const Account& account) { accounts.push_back(account); };
    const auto end = co_await daemon::receive_list(from.output(), std::move(take), limit);
    co_return end == daemon::ListEnd::reached ? std::optional<Answer>(std::move(accounts)) : std::nullopt;
}

Task<Result<std::optional<Record>>> Pipe::record(daemon::Request request) {
    const bool is_log_in = std::holds_alternative<daemon::LogIn>(request.command);
    const auto keep = is_log_in ? daemon::Keep::hash : daemon::Keep::password;
    auto answer = co_await ask(std::move(request), receive_account);
    if (!answer) {
        co_return answer.error();
    }
    auto* const block = std::get_if<daemon::AccountBlock>(&*answer);
    if (block == nullptr) {
        co_return std::optional<Record>();
    }
    co_return co_await daemon::record_of(pool_, std::move(*block), keep);
}

Task<Result<std::optional<Record>>> Pipe::find(Query query) {
    daemon::Request request{daemon::Find{query.service, query.user}, {}};
    co_return co_await record(std::move(request));
}

Task<Result<std::optional<Record>>> Pipe::log_in(Query query, std::string password) {
    daemon::Request request{daemon::LogIn{query.service, query.user, Secret(std::move(password))}, {}};
    co_return co_await record(std::move(request));
}

Task<Result<std::optional<Record>>> Pipe::prove(Query query, CramProof proof) {
    proof.user = query.user;
    daemon::Request request{daemon::Prove{query.service, std::move(proof)}, {}};
    co_return co_await record(std::move(request));
}

Task<Result<bool>> Pipe::change_password(Query query, std::string old_password, std::string new_password) {
    daemon::Request request{daemon::ChangePassword{query.service, query.user, Secret(std::move(old_password)),
                                                   Secret(std::move(new_password))},
                            {}};
    const auto answer = co_await ask(std::move(request), receive_verdict);
    if (!answer) {
        co_return answer.error();
    }
    const bool* const verdict = std::get_if<bool>(&*answer);
    co_return verdict != nullptr ? *verdict : false;
}

Task<Result<bool>> Pipe::each(std::function<void(const Account& account)> take) {
    daemon::Request request{daemon::Enumerate{}, {}};
    const auto answer = co_await ask(std::move(request), receive_accounts);
    if (!answer) {
        co_return answer.error();
    }
    const auto* const accounts = std::get_if<std::vector<Account>>(&*answer);
    if (accounts == nullptr) {
        co_return false;
    }
    for (const Account& account : *accounts) {
        take(account);
    }
    co_return true;
}

}  // namespace postrider::auth
