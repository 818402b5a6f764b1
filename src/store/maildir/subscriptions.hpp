// courierimapsubscribed: one mailbox name a line. compat/maildir.md section 6.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store::maildir {

/// Names as they stand in the file, UTF-8. No file: none.
Result<std::vector<std::string>> read_subscriptions(int maildir);

enum class Subscribed : bool { no, yes };

/// Adds or takes out a name (a leading INBOX compared in any case, the rest exactly); nothing is written when the
/// list already says so. Names of others stay, byte for byte.
Result<void> set_subscribed(int maildir, const std::string& name, Subscribed subscribed, const std::string& host,
                            Durability durability);

}  // namespace postrider::store::maildir
