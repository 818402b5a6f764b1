// When messages came that came just now: what the index's file does not say yet. docs/index.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "core/ids.hpp"

namespace postrider::store::index {

/// Runs of UIDs with one time each. One thread at a time.
class RecentArrivals {
public:
    /// first..last: came into this folder together.
    void add(std::uint64_t inode, Uid first, Uid last, std::chrono::sys_seconds when);
    /// None: not known, or forgotten since.
    std::optional<std::chrono::sys_seconds> find(std::uint64_t inode, Uid uid) const;

    /// At least the last so many runs are known: far more than come before a batch is written.
    static constexpr std::size_t least_runs = 2048;

private:
    struct Run {
        Uid first;
        std::chrono::sys_seconds when;
    };
    using Runs = std::map<std::pair<std::uint64_t, Uid>, Run>;  ///< by folder and last UID
    static std::optional<std::chrono::sys_seconds> find_in(const Runs& runs, std::uint64_t inode, Uid uid);

    Runs newer_;
    Runs older_;
};

}  // namespace postrider::store::index
