#include "load/own_messages.hpp"

#include <algorithm>

namespace postrider::bench {

Task<OwnMessages> OwnMessages::of(ImapSession& session, const Place& place) {
    co_await session.open_folder(place.index, place.options().folder);
    const std::vector<std::uint32_t> uids = co_await session.uids("ALL");
    const auto [first, last] = share_of(static_cast<std::uint32_t>(uids.size()), place.share, place.sharers);
    if (last < first) {
        throw AnswerError(place.options().folder + " has fewer messages than sessions");
    }
    OwnMessages own;
    own.uids_.assign(uids.begin() + (first - 1), uids.begin() + last);
    own.batch_ = place.options().batch;
    co_return own;
}

void OwnMessages::replace(std::vector<std::uint32_t> uids) {
    uids_ = std::move(uids);
    next_ = 0;
}

std::vector<std::uint32_t> OwnMessages::next() {
    const std::size_t size = std::min(batch_ == 0 ? uids_.size() : batch_, uids_.size() - next_);
    const auto begin = uids_.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ += size;
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

std::vector<std::uint32_t> OwnMessages::next_going_round() {
    if (next_ == uids_.size()) {
        next_ = 0;
    }
    return next();
}

std::string own_folder(const Place& place) {
    return place.options().to + (place.sharers > 1 ? "-" + std::to_string(place.share) : "");
}

}  // namespace postrider::bench
