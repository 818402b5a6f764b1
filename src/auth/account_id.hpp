// A user or group id as text.
#pragma once

#include <sys/types.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "core/text.hpp"

namespace postrider::auth {

/// An id as Courier reads it: the leading number, what follows does not matter. None for what is no number or does not
/// fit (Courier makes 0 of it, which is root), and for -1, which system calls take for "leave it".
template <class Id>
std::optional<Id> account_id(std::string_view field) {
    const auto text = trimmed(field);
    Id id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || id == std::numeric_limits<Id>::max()) {
        return std::nullopt;
    }
    return id;
}

}  // namespace postrider::auth
