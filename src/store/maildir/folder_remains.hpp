// What a crash can leave of a folder that was being made or deleted: a directory "<unique>,folder" in the Maildir's
// tmp/.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace postrider::store::maildir {

bool is_folder_remains(std::string_view name);

/// Removes the directory with all in it, never through a symbolic link. Blocking: pool only.
Result<void> remove_folder_remains(int tmp, const std::string& name);

}  // namespace postrider::store::maildir
