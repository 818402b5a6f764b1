// courierimapuiddb: the UIDs of a folder's messages. compat/maildir.md section 4; format: docs/maildir.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store::maildir {

struct UidEntry {
    Uid uid;
    std::string_view base;
    friend bool operator==(const UidEntry&, const UidEntry&) = default;
};

/// The map of one folder. entries: ascending UIDs, all below uid_next; views, of a list that was parsed into its text.
struct UidList {
    UidValidity uid_validity;
    Uid uid_next{1};
    std::vector<UidEntry> entries;
    friend bool operator==(const UidList&, const UidList&) = default;
};

inline constexpr const char* uid_list_file = "courierimapuiddb";

/// Errors: a first line that is not "1 <uidvalidity> <uid next>" in the ranges of their types. Lines behind it that
/// are wrong or not ascending are left out; uid_next is raised above every UID met, so none is used twice. A base may
/// stand there twice: its first UID counts. Pure, linear.
Parsed<UidList> parse_uid_list(std::string_view text);
std::string print_uid_list(const UidList& list);

}  // namespace postrider::store::maildir
