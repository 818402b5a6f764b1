#include "stress/message.hpp"

#include <algorithm>

namespace postrider::bench::stress {

bool Message::is_gone_before(Stamp moment) const {
    return std::ranges::any_of(removals, [&](const Removal& one) { return one.certain && one.time.end < moment; });
}

bool Message::may_be_gone(Stamp now) const {
    return std::ranges::any_of(removals, [&](const Removal& one) { return one.time.start < now; });
}

bool Message::may_exist(Interval read) const {
    return born.start < read.end && !is_gone_before(read.start);
}

bool Message::must_exist(Interval read) const {
    return born.end < read.start && !may_be_gone(read.end);
}

bool Message::observe_alive(Stamp from) {
    if (is_gone_before(from)) {
        return false;
    }
    std::erase_if(removals, [&](const Removal& one) { return one.time.end < from; });
    return true;
}

bool Message::observe_gone(Stamp now) {
    if (removals.empty()) {
        return false;
    }
    const auto first = std::ranges::min_element(removals, {}, [](const Removal& one) { return one.time.start; });
    removals.push_back({.time = {first->time.start, now}, .certain = true});
    return true;
}

}  // namespace postrider::bench::stress
