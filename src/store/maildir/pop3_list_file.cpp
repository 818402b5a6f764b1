#include "store/maildir/pop3_list_file.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
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
/// How often a file that others replace meanwhile is read anew.
constexpr int most_tries = 3;
constexpr std::uint64_t no_more_numbers = std::numeric_limits<std::uint64_t>::max();

/// FNV-1a: the same in every process and every version.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = 0xCBF29CE484222325 ^ seed;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
    return hash;
}

/// The turn of our own processes to replace the list: other programs take none.
class Turn {
public:
    explicit Turn(int maildir) : directory_(open_directory(maildir, ".")) {}

    /// Does not wait. Errors: locked; those of the system.
    Result<void> take() {
        if (!directory_) {
            return directory_.error();
        }
        if (::flock(directory_->get(), LOCK_EX | LOCK_NB) == 0) {
            return {};
        }
        return errno == EWOULDBLOCK ? Error(Code::locked, "another process is writing the list")
                                    : system_error(errno, "flock of the Maildir");
    }

private:
    Result<Descriptor> directory_;  ///< the lock is the open file's, and ends with it
};

/// Numbers made from the message's name: the same whoever makes them, and with 122 bits nobody else's.
void number_by_name(Pop3Entry& entry) {
    const auto base = base_of(entry.name);
    entry.number = hash_of(base, 0) >> 2 | 1;
    entry.uid_validity = hash_of(base, 0x9E3779B97F4A7C15) >> 2 | 1;
}

/// Courier's order of messages, and of lines: it merges the two, and would not find again what is sorted otherwise. The
/// leading number, then the whole name up to its ":", which takes part.
bool comes_before(std::string_view a, std::string_view b) {
    const auto number = [](std::string_view name) { return name.substr(0, name.find_first_not_of("0123456789")); };
    const auto order = delivery_order(number(a), number(b));
    const auto compared = [](std::string_view name) {
        const auto end = name.find(':');
        return end == std::string_view::npos ? name : name.substr(0, end + 1);
    };
    return order != 0 ? order < 0 : compared(a) < compared(b);
}

/// The file will not be readable a moment later either, so that it can be lived without.
bool lasts(const Error& error) {
    return error.code == Code::invalid_data || error.code == Code::limit || error.code == Code::not_permitted;
}

/// Counts in pieces what a client will be sent.
class Meter {
public:
    void take(std::string_view piece) {
        if (piece.empty()) {
            return;
        }
        measured_.size += piece.size() + static_cast<std::uint64_t>(std::ranges::count(piece, '\n'));
        last_ = piece.back();
        for (auto c = piece.begin(); in_header_ && c != piece.end(); ++c) {
            measured_.utf8 = measured_.utf8 || static_cast<unsigned char>(*c) > 127;
            if (*c == '\n') {
                in_header_ = line_bytes_ > 0;
                line_bytes_ = 0;
            } else if (*c != '\r') {
                ++line_bytes_;
            }
        }
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

/// Of the messages of one update, by name.
using Measures = std::unordered_map<std::string, Pop3Measure>;

/// None: gone, or not to be read.
std::optional<Pop3Measure> measured(int cur, const std::string& name, Measures& measures, std::string& trouble) {
    if (const auto known = measures.find(name); known != measures.end()) {
        return known->second;
    }
    const auto file = open_message_file(cur, name);
    const auto found = file ? measure(file->get()) : Result<Pop3Measure>(file.error());
    if (!found) {
        if (found.error().code != Code::expunged) {
            trouble = "a message is left out: " + found.error().detail;
        }
        return std::nullopt;
    }
    measures.emplace(name, *found);
    return *found;
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

/// Those whose numbers the file has not given to another message.
std::vector<Pop3Entry> still_free(const std::vector<Pop3Entry>& unsaved, const std::vector<Pop3Entry>& saved) {
    if (unsaved.empty()) {
        return {};
    }
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string_view> bases;  // by numbers
    for (const auto& entry : saved) {
        bases.emplace(std::pair(entry.number, entry.uid_validity), base_of(entry.name));
    }
    std::vector<Pop3Entry> free;
    std::ranges::copy_if(unsaved, std::back_inserter(free), [&](const Pop3Entry& entry) {
        const auto taken = bases.find({entry.number, entry.uid_validity});
        return entry.number == 0 || taken == bases.end() || taken->second == base_of(entry.name);
    });
    return free;
}

/// But what was told of one message and is another's now, by an older file that was put back and gone on with.
void know(KnownByBase& known, const Pop3Table& told) {
    std::optional<std::set<std::pair<std::uint64_t, std::uint64_t>>> taken;  // in the file
    for (std::size_t i = 0; i < told.size(); ++i) {
        std::string base(base_of(told.name(i)));
        if (known.contains(base)) {
            continue;
        }
        if (!taken) {
            taken.emplace();
            for (const auto& [other, present] : known) {
                taken->emplace(present.entry.number, present.entry.uid_validity);
            }
        }
        auto entry = told.entry(i);
        if (entry.number == 0 || !taken->contains({entry.number, entry.uid_validity})) {
            known.emplace(std::move(base), Known{std::move(entry), false});
        }
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
    std::optional<FileId> read;  ///< the file before it was read
    timespec looked{};
    bool is_stale = true;  ///< the file does not say what the list does
    bool may_save = true;
    std::size_t saved = 0;           ///< entries of the file
    std::uint64_t next = 1;          ///< of the list, without those messages that nothing was known of
    std::vector<std::size_t> fresh;  ///< of the list: these
    std::string trouble;             ///< of the last message, or of the file; empty: none

    void take(int cur, const std::string& name, Measures& measures);
    bool wants_saving() const { return may_save && (is_stale || list.entries.size() != saved); }
    /// Another program replaced the file that is to be replaced.
    bool is_overtaken(int maildir) const { return wants_saving() && file_id(maildir, list_file) != read; }
};

void Pop3ListFile::Work::take(int cur, const std::string& name, Measures& measures) {
    if (const auto present = known.find(std::string(base_of(name))); present != known.end()) {
        list.entries.push_back(present->second.entry);
        list.entries.back().name = name;
        is_stale = is_stale || !present->second.is_saved;
    } else if (const auto found = measured(cur, name, measures, trouble)) {
        Pop3Entry entry{.name = name,
                        .size = found->size,
                        .number = list.next,
                        .uid_validity = list.uid_validity,
                        .utf8 = found->utf8};
        if (list.next == no_more_numbers) {
            number_by_name(entry);
        } else {
            ++list.next;
        }
        fresh.push_back(list.entries.size());
        list.entries.push_back(std::move(entry));
        is_stale = true;
    }
}

Result<Pop3ListFile::Work> Pop3ListFile::begin(int maildir, std::chrono::sys_seconds now) const {
    const auto seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    Work work;
    ::clock_gettime(CLOCK_REALTIME, &work.looked);
    work.read = file_id(maildir, list_file);
    const auto text = read_file(maildir, list_file, most_list_bytes);
    if (!text && !lasts(text.error())) {
        return text.error();
    }
    if (auto read = text && *text ? parse_pop3_list(**text, seconds) : std::nullopt) {
        know(work.known, still_free(unsaved_, read->list.entries), false);
        work.is_stale = !read->is_current;
        work.saved = read->list.entries.size();
        know(work.known, read->list.entries, true);
        work.list = std::move(read->list);
    } else {
        know(work.known, unsaved_, false);
        // What is no file at all is replaced; one that is too long, or not for us to read, is not.
        work.may_save = text || text.error().code == Code::invalid_data;
        work.list = uid_validity_ != 0 ? Pop3List{next_, uid_validity_, {}} : Pop3List{1, seconds, {}};
    }
    if (!work.may_save) {
        work.trouble = text.error().detail;
    }
    if (uid_validity_ == work.list.uid_validity) {
        work.list.next = std::max(work.list.next, next_);
    }
    know(work.known, *told_);
    work.list.entries.clear();
    work.next = work.list.next;
    return work;
}

/// in_use: another program has replaced the file.
Result<void> Pop3ListFile::save(int maildir, const Work& work) const {
    const auto tmp = open_directory(maildir, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    const auto is_wanted = [&] { return !work.is_overtaken(maildir); };
    return replace_file(maildir, list_file, tmp->get(), unique_name(host_), print_pop3_list(work.list), durability_,
                        is_wanted);
}

Result<std::vector<Pop3Entry>> Pop3ListFile::update(int maildir, std::vector<std::string> names,
                                                    std::chrono::sys_seconds now) {
    const auto cur = open_directory(maildir, "cur");
    if (!cur) {
        return cur.error();
    }
    std::ranges::sort(names, comes_before);
    Measures measures;
    const auto look = [&] {
        auto begun = begin(maildir, now);
        for (auto name = names.begin(); begun && name != names.end(); ++name) {
            begun->take(cur->get(), *name, measures);
        }
        return begun;
    };
    Turn turn(maildir);
    auto looked = look();  // without the turn: to measure messages takes its time
    if (looked && looked->wants_saving()) {
        const auto ours = turn.take();
        if (!ours && ours.error().code == Code::locked) {
            return ours.error();
        }
    }
    Result<void> saved;
    for (int tries = 1; looked; ++tries) {
        const bool is_overtaken = looked->is_overtaken(maildir);
        saved = is_overtaken && tries < most_tries ? Error(Code::in_use) : Result<void>();
        if (saved && looked->wants_saving()) {
            saved = save(maildir, *looked);
        }
        if (saved || saved.error().code != Code::in_use || tries >= most_tries) {
            break;
        }
        looked = look();
    }
    if (!looked) {
        return looked.error();
    }
    Work& work = *looked;
    const bool wanted = work.wants_saving();
    if (!saved) {
        work.trouble = saved.error().detail;
    }
    const bool has_all = saved && work.may_save;
    if (!has_all) {
        work.list.next = work.next;
        std::ranges::for_each(work.fresh, [&](std::size_t index) { number_by_name(work.list.entries[index]); });
    }
    remember(work, has_all);
    // What was just saved is read once more before it is believed: another program may have replaced it already.
    read_ = has_all && !wanted ? work.read : std::nullopt;
    return std::move(work.list.entries);
}

void Pop3ListFile::remember(const Work& work, bool is_saved) {
    next_ = work.list.next;
    uid_validity_ = work.list.uid_validity;
    trouble_ = work.trouble;
    told_ = std::make_shared<Pop3Table>(work.list.entries);
    looked_ = work.looked;
    unsaved_.clear();
    if (!is_saved) {
        std::ranges::copy_if(work.list.entries, std::back_inserter(unsaved_), [&](const Pop3Entry& entry) {
            const auto known = work.known.find(std::string(base_of(entry.name)));
            return known == work.known.end() || !known->second.is_saved;
        });
    }
}

bool Pop3ListFile::is_current(int maildir) const {
    return read_ && is_unchanged(read_, file_id(maildir, list_file), looked_);
}

}  // namespace postrider::store::maildir
