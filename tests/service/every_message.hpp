// The structs of all messages between our processes.
#pragma once

#include <tuple>

#include "service/messages.hpp"

namespace postrider::test {

/// In the order of their kinds.
using EveryMessage =
    std::tuple<service::NewSettings, service::NewListener, service::Ready, service::Login, service::LoginAnswer,
               service::LoginGone, service::ScramAsk, service::ScramAnswer, service::HandOver, service::HandOverAnswer,
               service::Abandon, service::SessionAlive, service::Serve, service::Taken, service::SessionEnded,
               service::Kick, service::Survey, service::Statuses, service::Figures, service::Finish, service::LogLine,
               service::Order, service::OrderAnswer>;

}  // namespace postrider::test
