// UIDVALIDITY of new maps. compat/maildir.md section 4.
#pragma once

#include <chrono>

#include "core/ids.hpp"

namespace postrider::store::maildir {

/// Seconds since 2001-09-09 as Courier counts them, but above every number that this process gave or saw: a folder
/// deleted and made again within a second gets another one. Any thread.
UidValidity new_uid_validity(std::chrono::system_clock::time_point now);

/// Another folder has this one. Numbers that do not look like a time up to now are passed over.
void note_uid_validity(UidValidity seen, std::chrono::system_clock::time_point now);

/// Values given from now on are above this one.
void raise_uid_validity(UidValidity seen);

}  // namespace postrider::store::maildir
