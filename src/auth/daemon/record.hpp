// Account blocks as modules' records, and back. compat/auth.md sections 2.1 and 3.1.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <optional>

#include "auth/daemon_text.hpp"
#include "auth/module.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth::daemon {

/// Which of PASSWD and PASSWD2 a record keeps, where both are there: the password, which challenges need; after a
/// log-in the hash, since PASSWD2 is then no more than what was typed.
enum class Keep : std::uint8_t { password, hash };

/// USERNAME is looked up in the system's user database, on the pool. Errors: unavailable, for a block without ADDRESS,
/// without USERNAME and UID, or with a USERNAME that the system does not know.
Task<Result<std::optional<Record>>> record_of(asio::thread_pool& pool, AccountBlock block, Keep keep);

/// An account that the system knows is named instead of its uid, as Courier's modules do it.
AccountBlock block_of(const Record& record);

}  // namespace postrider::auth::daemon
