// A whole file of another program, which may change or be anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "auth/secret.hpp"
#include "core/result.hpp"

namespace postrider::auth {

enum class Links : std::uint8_t { follow, refuse };

/// links: whether `path` itself may be one. None: there is no such file. Errors: unavailable, when it cannot be read,
/// is no regular file or has more than `most` bytes. Does not wait for pipes.
Result<std::optional<Secret>> read_file(const std::string& path, std::size_t most, Links links);

}  // namespace postrider::auth
