#include "service/front_gate.hpp"

#include <boost/asio/this_coro.hpp>
#include <string>
#include <utility>

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::service {

template <class Answer>
struct FrontGate::Asked {
    Asked(FrontGate& g, Waiting<Answer>& w, const asio::any_io_executor& strand)
        : gate(g), waiting(w), answer(std::make_shared<Pending<Answer>>(strand)) {
        const std::scoped_lock lock(gate.mutex_);
        number = ++gate.last_;
        waiting.emplace(number, answer);
    }
    ~Asked() {
        const std::scoped_lock lock(gate.mutex_);
        const bool unanswered = waiting.erase(number) != 0;
        if (unanswered && std::is_same_v<Answer, LoginAnswer>) {
            gate.channel_->send(LoginGone{number});
        }
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

    FrontGate& gate;
    Waiting<Answer>& waiting;
    std::shared_ptr<Pending<Answer>> answer;
    std::uint64_t number = 0;
};

Task<Result<auth::Grant>> FrontGate::log_in(auth::LoginRequest request) {
    const Asked<LoginAnswer> asked(*this, logins_, co_await asio::this_coro::executor);
    channel_->send(
        Login{asked.number, request.protocol, std::move(request.proof), request.peer.to_string(), request.tls});
    const auto got = co_await asked.answer->wait(net::Deadline::max());
    if (!got) {
        co_return Error(Code::unavailable, "no answer");
    }
    if (got->session == 0) {
        co_return Error(static_cast<Code>(got->refusal));  // the supervisor has logged why
    }
    co_return auth::Grant{got->session, got->signature};
}

Task<Result<auth::ScramOffer>> FrontGate::offer(Protocol protocol, auth::ScramQuestion question,
                                                boost::asio::ip::address peer) {
    const Asked<ScramAnswer> asked(*this, questions_, co_await asio::this_coro::executor);
    channel_->send(ScramAsk{asked.number, protocol, std::move(question), peer.to_string()});
    auto got = co_await asked.answer->wait(net::Deadline::max());
    if (!got || !got->offer) {
        co_return Error(Code::unavailable);  // the supervisor has logged why
    }
    co_return std::move(*got->offer);
}

void FrontGate::deliver(const LoginAnswer& answer) {
    const std::scoped_lock lock(mutex_);
    if (const auto login = logins_.find(answer.request); login != logins_.end()) {
        login->second->deliver(answer);
        logins_.erase(login);
    } else if (answer.session != 0) {
        channel_->send(Abandon{answer.session});
    }
}

void FrontGate::deliver(const ScramAnswer& answer) {
    const std::scoped_lock lock(mutex_);
    if (const auto question = questions_.find(answer.request); question != questions_.end()) {
        question->second->deliver(answer);
        questions_.erase(question);
    }
}

}  // namespace postrider::service
