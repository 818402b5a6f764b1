// The tables behind restrict_system_calls: one place to read what a role may ask of the kernel.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postrider::service {

/// Stands in Condition::value for the number of the process that makes the filter.
inline constexpr std::uint64_t own_process = UINT64_MAX;

/// A call with conditions is allowed where one of them holds: (argument & mask) == value.
struct Condition {
    std::string_view call;
    unsigned argument = 0;  ///< from 0
    std::uint64_t mask = UINT64_MAX;
    std::uint64_t value = 0;
};
std::span<const Condition> call_conditions();

/// Calls that no library makes behind our back: who makes one is an attacker, and the process ends. Every profile's.
std::span<const std::string_view> deadly_calls();

/// Those of allowed_calls that are there for the sanitizers of a test build; none in others.
std::span<const std::string_view> sanitizer_calls();

}  // namespace postrider::service
