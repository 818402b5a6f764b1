// Landlock as the kernel knows it, for headers that are older than the kernel: Linux's linux/landlock.h.
#pragma once

#include <linux/landlock.h>

#include <cstdint>

namespace postrider::service::landlock {

/// struct landlock_ruleset_attr of Linux 6.12; an older kernel takes it while what it does not know is 0.
struct Ruleset {
    std::uint64_t handled_access_fs = 0;
    std::uint64_t handled_access_net = 0;
    std::uint64_t scoped = 0;
};

inline constexpr std::uint64_t fs_truncate = 1ULL << 14;           ///< Linux 6.2, version 3
inline constexpr std::uint64_t net_bind_tcp = 1ULL << 0;           ///< Linux 6.7, version 4
inline constexpr std::uint64_t net_connect_tcp = 1ULL << 1;        ///< Linux 6.7, version 4
inline constexpr std::uint64_t fs_ioctl_dev = 1ULL << 15;          ///< Linux 6.10, version 5
inline constexpr std::uint64_t scope_abstract_socket = 1ULL << 0;  ///< Linux 6.12, version 6
inline constexpr std::uint64_t scope_signal = 1ULL << 1;           ///< Linux 6.12, version 6

}  // namespace postrider::service::landlock
