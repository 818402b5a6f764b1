// The files of courierimapkeywords/: "<base>" is an update that waits, ".<n>.<base>" one that stands in ":list" already
// and is kept for readers of an older list. Programs that hold no lock write and fold them at the same time as we do,
// so each step bears the loss of a race: an update that vanishes while it is read starts the reading again.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "core/text.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/keyword_text.hpp"
#include "store/maildir/keywords.hpp"

namespace postrider::store::maildir {

namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr const char* list_name = keyword_list;
constexpr std::size_t most_list_bytes = 64 * 1024 * 1024;
constexpr std::size_t most_update_bytes = 512 * 1024;
constexpr auto kept_age = 15min;
constexpr auto kept_step = 5min;
constexpr int most_restarts = 1000;

/// What is known of one message's update.
struct Update {
    bool pending = false;
    std::optional<std::uint64_t> kept;  ///< largest N of its ".<N>." files
    std::vector<std::string> keywords;
};
using Updates = std::unordered_map<std::string, Update>;

/// Of an update that is folded now.
std::uint64_t kept_number(system_clock::time_point now) {
    return static_cast<std::uint64_t>(now.time_since_epoch() / kept_step) + 1;
}

std::string kept_name(std::uint64_t number, const std::string& base) {
    return "." + std::to_string(number) + "." + base;
}

/// ".<N>.<base>" taken apart.
std::optional<std::pair<std::uint64_t, std::string_view>> kept_parts(std::string_view name) {
    const auto dot = name.find('.', 1);
    if (dot == std::string_view::npos || dot + 1 == name.size()) {
        return std::nullopt;
    }
    const auto digits = name.substr(1, dot - 1);
    const auto number = parse_decimal<std::uint64_t>(digits);
    if (!number || (digits.size() > 1 && digits.front() == '0')) {
        return std::nullopt;
    }
    return std::pair(*number, name.substr(dot + 1));
}

/// The content of an update.
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> keywords;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        keywords.push_back(keyword_text(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    remove_doubles(keywords);
    return keywords;
}

/// One pass of the reading algorithm over an open courierimapkeywords/.
class Reading {
public:
    Reading(int folder, int directory, const std::function<bool(std::string_view)>& exists,
            system_clock::time_point now, const std::string& host, Durability durability)
        : folder_(folder), directory_(directory), exists_(exists), now_(now), host_(host), durability_(durability) {}

    /// None: an update vanished meanwhile, start again.
    Result<std::optional<KeywordMap>> run() {
        if (auto listed = find_updates(); !listed) {
            return listed.error();
        }
        const auto complete = read_updates();
        if (!complete) {
            return complete.error();
        }
        if (!*complete) {
            return std::optional<KeywordMap>{};
        }
        const auto text = read_file(directory_, list_name, most_list_bytes);
        if (!text) {
            return text.error();
        }
        const auto listed = parse_keyword_list(text->value_or(""));
        if (!listed) {
            return listed.error();
        }
        auto map = merged(*listed);
        if (pending_ == 0 && map == *listed) {
            clean_kept();
        } else if (save(map)) {
            keep_pending();
            clean_kept();
        }
        return std::optional(std::move(map));
    }

private:
    bool is_old(const std::string& name) const {
        const auto id = file_id(directory_, name);
        return id && system_clock::from_time_t(id->modified.tv_sec) + kept_age < now_;
    }

    void unlink(const std::string& name) const { ::unlinkat(directory_, name.c_str(), 0); }

    void note_kept(std::uint64_t number, const std::string& base) {
        auto& kept = updates_[base].kept;
        if (kept) {
            unlink(kept_name(std::min(*kept, number), base));
        }
        kept = std::max(kept.value_or(number), number);
    }

    Result<void> find_updates() {
        return each_entry(directory_, [this](const char* entry, unsigned char) {
            const std::string name(entry);
            if (name == list_name || name.find('\n') != std::string::npos) {
                return true;
            }
            if (name.front() != '.') {
                updates_[name].pending = true;
            } else if (const auto parts = kept_parts(name)) {
                note_kept(parts->first, std::string(parts->second));
            } else if (is_old(name)) {
                unlink(name);
            }
            return true;
        });
    }

    /// False: one vanished. What is no regular file, or absurdly long, is left alone and counts for nothing.
    Result<bool> read_updates() {
        for (auto entry = updates_.begin(); entry != updates_.end();) {
            auto& [base, update] = *entry;
            const auto text =
                read_file(directory_, update.pending ? base : kept_name(*update.kept, base), most_update_bytes);
            if (!text && text.error().code != Code::invalid_data && text.error().code != Code::limit) {
                return text.error();
            }
            if (!text) {
                entry = updates_.erase(entry);
                continue;
            }
            if (!*text) {
                return false;
            }
            update.keywords = lines_of(**text);
            pending_ += update.pending ? 1 : 0;
            ++entry;
        }
        return true;
    }

    KeywordMap merged(const KeywordMap& listed) const {
        KeywordMap map;
        for (const auto& [base, keywords] : listed) {
            if (!updates_.contains(base) && exists_(base)) {
                map.emplace_hint(map.end(), base, keywords);
            }
        }
        for (const auto& [base, update] : updates_) {
            if (!update.keywords.empty() && exists_(base)) {
                map.emplace(base, update.keywords);
            }
        }
        return map;
    }

    /// A list that cannot be saved (full or read-only disk) leaves the updates waiting: nothing is lost.
    bool save(const KeywordMap& map) const {
        const auto tmp = open_directory(folder_, "tmp");
        return tmp && replace_file(directory_, list_name, tmp->get(), unique_name(host_), print_keyword_list(map),
                                   durability_);
    }

    void keep_pending() {
        const auto next = kept_number(now_);
        const auto seconds = system_clock::to_time_t(now_);
        for (auto& [base, update] : updates_) {
            if (update.pending) {
                const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
                ::utimensat(directory_, base.c_str(), times, AT_SYMLINK_NOFOLLOW);
                const auto kept = kept_name(std::max(next, update.kept.value_or(0)), base);
                ::renameat(directory_, base.c_str(), directory_, kept.c_str());
            }
        }
    }

    /// Only after the list was saved or found complete: the file may hold what the list lacked.
    void clean_kept() const {
        for (const auto& [base, update] : updates_) {
            if (!update.pending && update.kept && is_old(kept_name(*update.kept, base))) {
                unlink(kept_name(*update.kept, base));
            }
        }
    }

    int folder_;
    int directory_;
    const std::function<bool(std::string_view)>& exists_;
    system_clock::time_point now_;
    const std::string& host_;
    Durability durability_;
    Updates updates_;
    std::size_t pending_ = 0;
};

/// The directory, made when it is missing with the permissions of the folder. Courier makes it at each first scan, and
/// clients of its IDLE watch it.
Result<Descriptor> open_keyword_directory(int folder) {
    auto directory = open_directory(folder, keyword_directory);
    struct stat status {};
    if (directory || ::fstatat(folder, keyword_directory, &status, AT_SYMLINK_NOFOLLOW) == 0 ||
        ::fstat(folder, &status) != 0) {
        return directory;
    }
    const mode_t mode = status.st_mode & 0777;
    if (::mkdirat(folder, keyword_directory, mode) != 0 && errno != EEXIST) {
        return system_error(errno, "mkdir courierimapkeywords");
    }
    directory = open_directory(folder, keyword_directory);
    if (directory) {
        (void)::fchmod(directory->get(), mode);
    }
    return directory;
}

/// An update of the same message that waits already is folded into the list first; then its place is free.
Result<void> place_update(int tmp, const std::string& temporary, int directory, const std::string& base,
                          const std::function<Result<KeywordMap>()>& fold) {
    for (int tries = 0; tries < most_restarts; ++tries) {
        auto placed = rename_no_replace(tmp, temporary, directory, base);
        if (placed || placed.error().code != Code::already_exists) {
            return placed;
        }
        if (auto folded = fold(); !folded) {
            return folded.error();
        }
    }
    return Error(Code::unavailable, "an update of the message's keywords cannot be folded");
}

}  // namespace

Result<KeywordMap> read_keywords(int folder, const std::function<bool(std::string_view base)>& exists,
                                 system_clock::time_point now, const std::string& host, Durability durability) {
    const auto directory = open_keyword_directory(folder);
    if (!directory) {
        return directory.error();
    }
    for (int tries = 0; tries < most_restarts; ++tries) {
        auto map = Reading(folder, directory->get(), exists, now, host, durability).run();
        if (!map) {
            return map.error();
        }
        if (*map) {
            return std::move(**map);
        }
    }
    return Error(Code::unavailable, "courierimapkeywords changes faster than it can be read");
}

std::optional<std::vector<std::string>> read_keyword_update(int folder, std::string_view base) {
    const auto directory = open_directory(folder, keyword_directory);
    if (!directory) {
        return std::nullopt;
    }
    const auto text = read_file(directory->get(), std::string(base), most_update_bytes);
    return text && *text ? std::optional(lines_of(**text)) : std::nullopt;
}

std::optional<std::vector<std::string>> read_latest_keywords(int folder, std::string_view base,
                                                             system_clock::time_point now) {
    const auto directory = open_directory(folder, keyword_directory);
    if (!directory) {
        return std::nullopt;
    }
    std::string name(base);
    const std::uint64_t newest = kept_number(now);
    for (std::uint64_t number = newest; number + kept_age / kept_step + 1 >= newest; --number) {
        const auto text = read_file(directory->get(), name, most_update_bytes);
        if (!text) {
            return std::nullopt;  // what is older may not be what the message has now
        }
        if (*text) {
            return lines_of(**text);
        }
        name = kept_name(number, std::string(base));
    }
    return std::nullopt;
}

Result<void> write_keywords(int folder, std::string_view base, const std::vector<std::string>& keywords,
                            const std::function<bool(std::string_view base)>& exists, system_clock::time_point now,
                            const std::string& host, Durability durability) {
    const auto directory = open_keyword_directory(folder);
    if (!directory) {
        return directory.error();
    }
    auto tmp = open_directory(folder, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    std::string text;
    for (const auto& keyword : keywords) {
        text.append(keyword_text(keyword)) += '\n';
    }
    const auto temporary = unique_name(host);
    auto placed = create_file(tmp->get(), temporary, text, durability);
    if (placed) {
        placed = place_update(tmp->get(), temporary, directory->get(), std::string(base),
                              [&] { return read_keywords(folder, exists, now, host, durability); });
    }
    if (!placed) {
        ::unlinkat(tmp->get(), temporary.c_str(), 0);
        return placed;
    }
    return sync_directory(directory->get(), durability);
}

}  // namespace postrider::store::maildir
