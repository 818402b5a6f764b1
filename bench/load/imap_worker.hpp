// What the workers of most IMAP scenarios are: one session, logged out at the end.
#pragma once

#include "load/crew.hpp"

namespace postrider::bench {

class ImapWorker : public Worker {
public:
    explicit ImapWorker(const Place& place) : place_(place), session_(place.executor, place.target) {}

    Task<> finish() override { co_await session_.log_out(); }
    Traffic traffic() override { return session_.traffic(); }

protected:
    Place place_;
    ImapSession session_;
};

}  // namespace postrider::bench
