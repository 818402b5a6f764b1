// A queue's bound: one place for each request that is under way or waits.
#pragma once

#include <atomic>
#include <cstddef>

namespace postrider::auth {

/// Taken for as long as it lives; `taken` counts them and outlives it. Any thread.
class Place {
public:
    Place(std::atomic<std::size_t>& taken, std::size_t most) : taken_(taken), granted_(taken++ < most) {}
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool granted() const { return granted_; }

private:
    std::atomic<std::size_t>& taken_;
    bool granted_;
};

}  // namespace postrider::auth
