// courierimapkeywords/: the keywords of a folder's messages. compat/maildir.md section 5; format: docs/maildir.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store::maildir {

inline constexpr const char* keyword_directory = "courierimapkeywords";
inline constexpr const char* keyword_list = ":list";  ///< in it

/// base name -> keywords, none of the lists empty.
using KeywordMap = std::map<std::string, std::vector<std::string>, std::less<>>;

/// A hostile list names the same long keyword again and again; what it may unfold to is bounded by this.
inline constexpr std::size_t most_keyword_assignments = 4'000'000;

/// The content of ":list". Numbers that name no keyword are left out. Pure, linear. Errors: limit, when it gives
/// messages more than `most` keywords in all: what is left out would be lost when the list is written.
Result<KeywordMap> parse_keyword_list(std::string_view text, std::size_t most = most_keyword_assignments);
std::string print_keyword_list(const KeywordMap& keywords);

/// Courier's reading algorithm: pending updates folded into ":list", old ones cleaned. Makes the directory when it is
/// missing. exists: whether a base name belongs to a message of the folder (others are dropped from the list).
/// folder: its directory. now: for T = now/300 and the 15 minutes.
Result<KeywordMap> read_keywords(int folder, const std::function<bool(std::string_view base)>& exists,
                                 std::chrono::system_clock::time_point now, const std::string& host,
                                 Durability durability);

/// The complete set of an update that waits. None: there is none (any more), or it cannot be read.
std::optional<std::vector<std::string>> read_keyword_update(int folder, std::string_view base);

/// The same, also of an update that was folded into the list in the last 15 minutes: what a message has now where that
/// is newer than what was read of the list. now: for T = now/300.
std::optional<std::vector<std::string>> read_latest_keywords(int folder, std::string_view base,
                                                             std::chrono::system_clock::time_point now);

/// Courier's writing algorithm: the complete new set of one message, as an update file made with link().
Result<void> write_keywords(int folder, std::string_view base, const std::vector<std::string>& keywords,
                            const std::function<bool(std::string_view base)>& exists,
                            std::chrono::system_clock::time_point now, const std::string& host, Durability durability);

}  // namespace postrider::store::maildir
