#include "store/maildir/pop3_list_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/log.hpp"
#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

constexpr const char* list_file = "courierpop3dsizelist";
/// Two million messages. A longer list is not read, and not replaced.
constexpr std::size_t most_list_bytes = 256 * 1024 * 1024;
constexpr std::uint64_t no_more_numbers = std::numeric_limits<std::uint64_t>::max();

void warn(const std::string& what) {
    log_line(LogLevel::error, std::string(list_file) + ": " + what);
}

/// FNV-1a: the same in every process and every version.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = 0xCBF29CE484222325 ^ seed;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
    return hash;
}

/// Numbers made from the message's name: the same whoever makes them, and with 124 bits nobody else's.
void number_by_name(Pop3Entry& entry) {
    const auto base = base_of(entry.name);
    entry.number = hash_of(base, 0) >> 2 | 1;
    entry.uid_validity = hash_of(base, 0x9E3779B97F4A7C15) >> 2 | 1;
}

/// Counts in pieces what a client will be sent.
class Meter {
public:
    void take(std::string_view piece) {
        for (const char c : piece) {
            measured_.utf8 = measured_.utf8 || (in_header_ && static_cast<unsigned char>(c) > 127);
            if (c == '\n') {
                ++measured_.size;
                in_header_ = in_header_ && line_bytes_ > 0;
                line_bytes_ = 0;
            } else if (c != '\r') {
                ++line_bytes_;
            }
            last_ = c;
        }
        measured_.size += piece.size();
    }
    Pop3Measure finish() {
        measured_.size += last_ == '\n' ? 0 : 2;
        return measured_;
    }

private:
    Pop3Measure measured_;
    bool in_header_ = true;
    std::uint64_t line_bytes_ = 0;  ///< of the present line, without CRs
    char last_ = '\0';
};

/// None: gone, or not to be read.
std::optional<Pop3Entry> measured(int cur, const std::string& name) {
    const auto file = open_message_file(cur, name);
    const auto size = file ? measure(file->get()) : Result<Pop3Measure>(file.error());
    if (!size) {
        if (size.error().code != Code::expunged) {
            log_line(LogLevel::warning, "a message is left out of POP3: " + size.error().detail);
        }
        return std::nullopt;
    }
    return Pop3Entry{.name = name, .size = size->size, .utf8 = size->utf8};
}

/// A message's entry, and whether the file has it.
struct Known {
    Pop3Entry entry;
    bool is_saved = false;
};
using KnownByBase = std::unordered_map<std::string, Known>;

/// What is known already stays.
void know(KnownByBase& known, const std::vector<Pop3Entry>& entries, bool is_saved) {
    for (const auto& entry : entries) {
        known.try_emplace(std::string(base_of(entry.name)), Known{entry, is_saved});
    }
}

}  // namespace

Result<Pop3Measure> measure(int file) {
    std::array<char, 64 * 1024> buffer;
    Meter meter;
    for (off_t offset = 0;;) {
        const ssize_t got = ::pread(file, buffer.data(), buffer.size(), offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error(errno, "read a message");
        }
        if (got == 0) {
            return meter.finish();
        }
        meter.take({buffer.data(), static_cast<std::size_t>(got)});
        offset += got;
    }
}

/// One update under way.
struct Pop3ListFile::Work {
    Pop3List list;
    KnownByBase known;
    bool is_stale = true;  ///< the file does not say what the list does
    bool may_save = true;
    std::size_t saved = 0;           ///< entries of the file
    std::vector<std::size_t> fresh;  ///< of the list: messages that nothing was known of

    void take(int cur, const std::string& name);
};

void Pop3ListFile::Work::take(int cur, const std::string& name) {
    if (const auto present = known.find(std::string(base_of(name))); present != known.end()) {
        list.entries.push_back(present->second.entry);
        list.entries.back().name = name;
        is_stale = is_stale || !present->second.is_saved;
    } else if (auto entry = measured(cur, name)) {
        entry->number = list.next;
        entry->uid_validity = list.uid_validity;
        if (list.next == no_more_numbers) {
            number_by_name(*entry);
        } else {
            ++list.next;
        }
        fresh.push_back(list.entries.size());
        list.entries.push_back(std::move(*entry));
        is_stale = true;
    }
}

Pop3ListFile::Work Pop3ListFile::begin(int maildir, std::chrono::sys_seconds now) const {
    const auto seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    Work work;
    know(work.known, unsaved_, false);
    const auto text = read_file(maildir, list_file, most_list_bytes);
    if (auto read = text && *text ? parse_pop3_list(**text, seconds) : std::nullopt) {
        work.is_stale = !read->is_current;
        work.saved = read->list.entries.size();
        know(work.known, read->list.entries, true);
        work.list = std::move(read->list);
    } else {
        // What is no file at all is replaced; one that cannot be read at the moment is not.
        work.may_save = text || text.error().code == Code::invalid_data;
        work.list = told_.uid_validity != 0 ? told_ : Pop3List{1, seconds, {}};
    }
    if (!work.may_save) {
        warn(text.error().detail);
    }
    if (told_.uid_validity == work.list.uid_validity) {
        work.list.next = std::max(work.list.next, told_.next);
    }
    know(work.known, told_.entries, false);
    work.list.entries.clear();
    return work;
}

Result<void> Pop3ListFile::save(int maildir, const Pop3List& list) const {
    const auto tmp = open_directory(maildir, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    return replace_file(maildir, list_file, tmp->get(), unique_name(host_), print_pop3_list(list), durability_);
}

std::vector<Pop3Entry> Pop3ListFile::update(int maildir, std::vector<std::string> names, std::chrono::sys_seconds now) {
    const auto cur = open_directory(maildir, "cur");
    if (!cur) {
        warn(cur.error().detail);
        return {};
    }
    Work work = begin(maildir, now);
    const auto next = work.list.next;
    std::ranges::sort(names, [](const auto& a, const auto& b) { return delivery_order(a, b) < 0; });
    for (const std::string& name : names) {
        work.take(cur->get(), name);
    }
    const bool is_stale = work.is_stale || work.list.entries.size() != work.saved;
    const auto saved = is_stale && work.may_save ? save(maildir, work.list) : Result<void>();
    if (!saved) {
        warn(saved.error().detail);
    }
    if (!saved || !work.may_save) {
        work.list.next = next;
        for (const std::size_t index : work.fresh) {
            number_by_name(work.list.entries[index]);
        }
    }
    told_ = std::move(work.list);
    unsaved_.clear();
    if (!saved || !work.may_save) {
        std::ranges::copy_if(told_.entries, std::back_inserter(unsaved_), [&](const Pop3Entry& entry) {
            const auto known = work.known.find(std::string(base_of(entry.name)));
            return known == work.known.end() || !known->second.is_saved;
        });
    }
    return told_.entries;
}

}  // namespace postrider::store::maildir
