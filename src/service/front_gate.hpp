// The gate of a front that is a process of its own: what it is asked is asked of the supervisor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "auth/gate.hpp"
#include "service/channel.hpp"
#include "service/messages.hpp"
#include "service/pending.hpp"

namespace postrider::service {

/// Any thread.
class FrontGate : public auth::Gate {
public:
    explicit FrontGate(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}

    Task<Result<auth::Grant>> log_in(auth::LoginRequest request) override;
    Task<Result<auth::ScramOffer>> offer(Protocol protocol, auth::ScramQuestion question,
                                         boost::asio::ip::address peer) override;
    void abandon(std::uint64_t session) override { channel_->send(Abandon{session}); }

    /// What the supervisor says. A grant that nobody waits for any more is given back.
    void deliver(const LoginAnswer& answer);
    void deliver(const ScramAnswer& answer);

private:
    template <class Answer>
    using Waiting = std::map<std::uint64_t, std::shared_ptr<Pending<Answer>>>;  ///< by request

    /// A question that waits for its answer: from the first line to the last of its block.
    template <class Answer>
    struct Asked;

    std::shared_ptr<Channel> channel_;
    std::mutex mutex_;  ///< of what follows
    Waiting<LoginAnswer> logins_;
    Waiting<ScramAnswer> questions_;
    std::uint64_t last_ = 0;
};

}  // namespace postrider::service
