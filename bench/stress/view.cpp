#include "stress/view.hpp"

#include <algorithm>

#include "stress/contradiction.hpp"

namespace postrider::bench::stress {

void View::exists(std::uint32_t count) {
    if (count < slots_.size()) {
        throw Contradiction(Rule::exists_falls, "EXISTS says " + std::to_string(count) + " messages, the session has " +
                                                    std::to_string(slots_.size()));
    }
    slots_.resize(count);
}

Slot& View::slot(std::uint32_t number) {
    if (number < 1 || number > slots_.size()) {
        throw Contradiction(Rule::number_range,
                            "number " + std::to_string(number) + " of " + std::to_string(slots_.size()) + " messages");
    }
    return slots_[number - 1];
}

Slot View::expunge(std::uint32_t number) {
    Slot gone = slot(number);
    slots_.erase(slots_.begin() + (number - 1));
    return gone;
}

bool View::learn(std::uint32_t number, Uid uid) {
    Slot& slot = this->slot(number);
    if (slot.uid) {
        if (*slot.uid != uid) {
            throw Contradiction(Rule::number_renamed, "number " + std::to_string(number) + " was UID " +
                                                          std::to_string(slot.uid->value()) + " and is UID " +
                                                          std::to_string(uid.value()) + " now");
        }
        return false;
    }
    // Between two known UIDs there must be room for all numbers between them.
    std::uint32_t place = number - 1;
    for (std::uint32_t other = 0; other < slots_.size(); ++other) {
        if (!slots_[other].uid || other == place) {
            continue;
        }
        const auto far = std::int64_t{uid.value()} - slots_[other].uid->value();
        const auto steps = std::int64_t{place} - other;
        if (other < place ? far < steps : far > steps) {
            throw Contradiction(Rule::uid_order, "number " + std::to_string(number) + " is UID " +
                                                     std::to_string(uid.value()) + ", but number " +
                                                     std::to_string(other + 1) + " is UID " +
                                                     std::to_string(slots_[other].uid->value()));
        }
    }
    slot.uid = uid;
    return true;
}

Slot* View::find(Uid uid) {
    const auto found = std::ranges::find(slots_, uid, &Slot::uid);
    return found == slots_.end() ? nullptr : &*found;
}

std::vector<Uid> View::uids() const {
    std::vector<Uid> uids;
    for (const Slot& slot : slots_) {
        if (slot.uid) {
            uids.push_back(*slot.uid);
        }
    }
    return uids;
}

std::size_t View::unknown() const {
    return static_cast<std::size_t>(std::ranges::count_if(slots_, [](const Slot& slot) { return !slot.uid; }));
}

}  // namespace postrider::bench::stress
