#include "store/maildir/uid_validity.hpp"

#include <algorithm>
#include <atomic>
#include <limits>

namespace postrider::store::maildir {

namespace {

constexpr std::int64_t epoch = 1'000'000'000;
/// The highest that was given or seen.
std::atomic<std::uint32_t> last{0};

std::uint32_t number_of(std::chrono::system_clock::time_point now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count() - epoch;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

UidValidity new_uid_validity(std::chrono::system_clock::time_point now) {
    const auto wanted = number_of(now);
    auto before = last.load();
    std::uint32_t given = 0;
    do {
        given = before == std::numeric_limits<std::uint32_t>::max() ? wanted : std::max(wanted, before + 1);
    } while (!last.compare_exchange_weak(before, given));
    return UidValidity(given);
}

void note_uid_validity(UidValidity seen, std::chrono::system_clock::time_point now) {
    auto before = last.load();
    while (seen.value() <= number_of(now) && seen.value() > before &&
           !last.compare_exchange_weak(before, seen.value())) {
    }
}

void raise_uid_validity(UidValidity seen) {
    auto before = last.load();
    while (seen.value() > before && !last.compare_exchange_weak(before, seen.value())) {
    }
}

}  // namespace postrider::store::maildir
