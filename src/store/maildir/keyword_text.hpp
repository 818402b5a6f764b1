// One keyword as it comes from disk. compat/maildir.md section 5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::store::maildir {

/// With "_" for each character that IMAP cannot send in a keyword; "" for a name that is longer than any client makes.
std::string keyword_text(std::string_view raw);

/// Each keyword once, in any case; the first spelling stays. Empty ones go.
void remove_doubles(std::vector<std::string>& keywords);

}  // namespace postrider::store::maildir
