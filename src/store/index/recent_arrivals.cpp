#include "store/index/recent_arrivals.hpp"

namespace postrider::store::index {

void RecentArrivals::add(std::uint64_t inode, Uid first, Uid last, std::chrono::sys_seconds when) {
    if (newer_.size() == least_runs) {
        older_ = std::exchange(newer_, {});
    }
    newer_[{inode, last}] = {first, when};
}

std::optional<std::chrono::sys_seconds> RecentArrivals::find(std::uint64_t inode, Uid uid) const {
    const auto found = find_in(newer_, inode, uid);
    return found ? found : find_in(older_, inode, uid);
}

std::optional<std::chrono::sys_seconds> RecentArrivals::find_in(const Runs& runs, std::uint64_t inode, Uid uid) {
    const auto run = runs.lower_bound({inode, uid});
    const bool is_in = run != runs.end() && run->first.first == inode && run->second.first <= uid;
    return is_in ? std::optional(run->second.when) : std::nullopt;
}

}  // namespace postrider::store::index
