// One look at a folder: Courier's algorithm, with its steps made safe against crashes and full disks.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <utility>

#include "core/limits.hpp"
#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/folder_files.hpp"
#include "store/maildir/folder_remains.hpp"
#include "store/maildir/uid_validity.hpp"

namespace postrider::store::maildir {

namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr auto cleaning_interval = 1h;
/// So many lines of removed messages may stay in the map, and a quarter of its messages.
constexpr std::size_t most_forgotten = 256;
/// Passes over cur/ before a missing message counts as gone although the directory does not come to rest.
constexpr int most_passes = 5;

/// Nothing can be written here, so nothing is; reading goes on.
bool forbids_writing(const Error& error) {
    return error.code == Code::no_space || error.code == Code::over_quota || error.code == Code::not_permitted;
}

/// courierimapkeywords/ or its list is something else, or absurd: the folder is shown without new keywords.
bool is_odd(const Error& error) {
    return error.code == Code::invalid_data || error.code == Code::limit || error.code == Code::no_such_mailbox;
}

/// Messages are files, or links to files (old-style shared folders); what else stands in cur/ or new/ is let alone.
bool can_be_message(int directory, const char* name, unsigned char d_type) {
    if (d_type != DT_UNKNOWN) {
        return d_type == DT_REG || d_type == DT_LNK;
    }
    struct stat status {};
    return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode));
}

/// Which of two files with one base is the message. One that is gone never is: readdir gave a name and, after a
/// rename, the next. Of two that are there (a crash between link and unlink), the one with more flags.
bool replaces(int cur, const std::string& kept, const std::string& other) {
    if (kept == other || !file_id(cur, kept)) {
        return kept != other;
    }
    const bool better = kept.size() != other.size() ? kept.size() < other.size() : kept < other;
    return better && file_id(cur, other);
}

}  // namespace

Result<Scan> FolderFiles::scan(system_clock::time_point now) {
    const auto held = lock();
    if (!held && !forbids_writing(held.error())) {
        last_look_.reset();
        return held.error();
    }
    return scan_locked(now, held ? Writes::yes : Writes::no);
}

Result<Scan> FolderFiles::scan_locked(system_clock::time_point now, Writes writes) {
    last_look_.reset();
    if (auto opened = open_parts(); !opened) {
        return opened.error();
    }
    const auto taken = look();
    if (writes == Writes::yes) {
        clean_tmp(now);
    }
    if (auto read = read_uid_list(now, writes); !read) {
        return read.error();
    }
    auto fresh = look_at_cur();
    if (!fresh) {
        return fresh.error();
    }
    if (writes == Writes::yes) {
        if (auto accepted = accept_arrivals(*fresh); !accepted) {
            return accepted.error();
        }
    }
    auto recent = settle(std::move(*fresh), writes);
    if (auto refreshed = refresh_keywords(now, writes, !recent.empty()); !refreshed) {
        return refreshed.error();
    }
    last_look_ = taken;
    arrivals_.clear();
    auto found = settled_scan(std::move(recent));
    found.complete = keywords_known_ && !stuck_ && left_out_.empty() && (writes == Writes::yes || !has_new_mail());
    if (!found.complete) {
        last_look_.reset();
    }
    return found;
}

/// Table and disk are the same now: from here names tell the rest.
Scan FolderFiles::settled_scan(std::vector<Uid> recent) {
    scanned_ = true;
    unnamed_ = 0;
    lost_.clear();
    twins_.clear();
    const auto unpublished = std::exchange(progress_, {});
    recent.insert(recent.end(), unpublished.recent.begin(), unpublished.recent.end());
    return snapshot(std::move(recent));
}

/// No map, or none that can be understood: a new one, as Courier does. One that cannot be read now (EIO, too many open
/// files) is an error: it must not be replaced by an empty one.
Result<void> FolderFiles::read_uid_list(system_clock::time_point now, Writes writes) {
    const bool was_saved = uid_list_.is_held();
    auto look = uid_list_.look(folder_.get());
    if (!look) {
        has_map_ = has_map_ && !was_saved;
        return look.error();
    }
    switch (look->kind) {
        case UidListFile::Look::Kind::same:
            break;
        case UidListFile::Look::Kind::grown:
            unnamed_ += table_.grow(look->list);
            break;
        case UidListFile::Look::Kind::replaced:
            note_uid_validity(look->list.uid_validity, now);
            replace_table(look->list, writes);
            break;
        case UidListFile::Look::Kind::missing:
            if (was_saved || !has_map_) {
                assign_table({.uid_validity = new_uid_validity(now), .uid_next = Uid(1), .entries = {}});
            }
            break;
    }
    return {};
}

/// What an older list brings back, from a restore, gets new UIDs: sessions were told that the old ones are gone. Read
/// under the lock: between the two steps of another process' append() the list has the next UID without the line.
void FolderFiles::replace_table(UidList& list, Writes writes) {
    std::unordered_set<std::string> returned;
    const bool is_known = has_map_ && list.uid_validity == table_.uid_validity();
    if (is_known && writes == Writes::yes) {
        const auto [first, last] = std::ranges::stable_partition(list.entries, [this](const auto& entry) {
            const auto known = table_.find(entry.base);
            return entry.uid >= table_.uid_next() || (known && known->uid == entry.uid);
        });
        std::for_each(first, last, [&](const auto& entry) { returned.emplace(entry.base); });
        list.entries.erase(first, last);
    }
    if (is_known) {
        list.uid_next = std::max(list.uid_next, table_.uid_next());
    }
    assign_table(list);
    forgotten_ = std::move(returned);
}

void FolderFiles::assign_table(const UidList& list) {
    table_.assign(list);
    has_map_ = true;
    scanned_ = false;
    unnamed_ = 0;
    forgotten_.clear();
}

Result<void> FolderFiles::save_uid_list() {
    auto saved = uid_list_.replace(folder_.get(), tmp_.get(), unique_name(host_), table_.list(), durability());
    if (saved) {
        forgotten_.clear();
    }
    return saved;
}

/// The last `count` messages of the table are new. Lines of removed messages may stay for a while, but none whose base
/// comes back: a reader would give it its old UID.
Result<void> FolderFiles::save_added(std::size_t count) {
    const auto added = table_.last(count);
    const bool returns =
        std::ranges::any_of(added, [&](const auto& entry) { return forgotten_.contains(std::string(entry.base)); });
    if (!returns && forgotten_.size() <= most_forgotten + table_.size() / 4) {
        const UidList header{.uid_validity = table_.uid_validity(), .uid_next = table_.uid_next(), .entries = {}};
        auto done = uid_list_.append(header, added, durability());
        if (!done) {
            return done.error();
        }
        if (*done) {
            return {};
        }
    }
    return save_uid_list();
}

void FolderFiles::see(Names& fresh, const char* entry, unsigned char d_type) {
    const std::string_view name(entry);
    if (!is_message_name(name) || !can_be_message(cur_.get(), entry, d_type)) {
        return;
    }
    const auto base = base_of(name);
    const auto suffix = name.substr(base.size());
    if (const auto known = table_.find(base)) {
        if (!known->was_met || (known->suffix != suffix &&
                                replaces(cur_.get(), std::string(base).append(known->suffix), std::string(name)))) {
            table_.met(*known, suffix);
        }
    } else if (const auto other = fresh.find(base); !other) {
        fresh.add(base, suffix);
    } else if (replaces(cur_.get(), std::string(fresh.name(*other)), std::string(name))) {
        fresh.set_suffix(*other, suffix);
    }
}

/// A file that is renamed while the directory is read may be met under neither name: who is missing counts as gone only
/// after another pass, and while other files are being renamed, only after a few.
Result<FolderFiles::Names> FolderFiles::look_at_cur() {
    Names fresh;
    const auto visit = [&](const char* entry, unsigned char d_type) {
        see(fresh, entry, d_type);
        return true;
    };
    table_.begin_look();
    for (int pass = 0; pass < most_passes; ++pass) {
        const auto before = file_id(cur_.get());
        timespec began{};
        ::clock_gettime(CLOCK_REALTIME, &began);
        if (auto read = each_entry(cur_.get(), visit); !read) {
            return read.error();
        }
        if (!table_.any_missing() || (pass > 0 && is_unchanged(before, file_id(cur_.get()), began))) {
            break;
        }
    }
    return fresh;
}

bool FolderFiles::has_new_mail() const {
    bool any = false;
    (void)each_entry(new_.get(), [&](const char* entry, unsigned char) { return !(any = is_message_name(entry)); });
    return any;
}

/// new/ to cur/. What cannot be moved, or has a name that a message in cur/ has already, stays where it is.
Result<void> FolderFiles::accept_arrivals(Names& fresh) {
    stuck_ = false;
    std::vector<std::string> arrivals;
    const auto read = each_entry(new_.get(), [&](const char* entry, unsigned char d_type) {
        if (is_message_name(entry) && can_be_message(new_.get(), entry, d_type)) {
            arrivals.emplace_back(entry);
        }
        return true;
    });
    if (!read) {
        return read;
    }
    for (const auto& name : arrivals) {
        const auto target = name.find(':') == std::string::npos ? name + ":2," : name;
        const auto base = base_of(target);
        const auto known = table_.find(base);
        const bool taken = known ? known->was_met : fresh.find(base).has_value();
        const auto moved =
            taken ? Result<void>(Code::already_exists) : rename_no_replace(new_.get(), name, cur_.get(), target);
        if (!moved) {
            const Code why = moved.error().code;
            stuck_ = stuck_ || (why != Code::already_exists && why != Code::expunged);
            continue;
        }
        const auto suffix = std::string_view(target).substr(base.size());
        if (known) {
            table_.met(*known, suffix);
        } else {
            fresh.add(base, suffix);
        }
    }
    return {};
}

/// Gives UIDs to what has none and saves the map if it changed. Gives the UIDs of the messages that came.
std::vector<Uid> FolderFiles::settle(Names fresh, Writes writes) {
    const bool has_map = uid_list_.is_held();
    const bool dropped = table_.drop_missing() || !forgotten_.empty();
    left_out_ = Names();
    if (!dropped && fresh.empty() && has_map) {
        return {};
    }
    std::vector<std::string_view> names;
    names.reserve(fresh.size());
    for (FileNames::Id id = 0; id < fresh.ids(); ++id) {
        names.push_back(fresh.name(id));
    }
    std::ranges::sort(names, [](auto a, auto b) { return delivery_order(a, b) < 0; });
    names.resize(std::min(names.size(), table_.uids_left()));
    std::vector<Uid> given;
    given.reserve(names.size());
    table_.reserve(names.size());
    std::ranges::transform(names, std::back_inserter(given), [this](auto name) { return table_.add(name); });
    if (!save_settled(given.size(), dropped, writes) && has_map) {
        // The map on disk lacks them: what it may give to others later must not be announced now.
        table_.take_back(given.size());
        given.clear();
        left_out_ = std::move(fresh);
    }
    return given;
}

/// First the names of the messages are made to last, the target of a move before its source, then their UIDs.
bool FolderFiles::save_settled(std::size_t added, bool dropped, Writes writes) {
    if (writes == Writes::no ||
        (added > 0 && !(sync_directory(cur_.get(), durability()) && sync_directory(new_.get(), durability())))) {
        return false;
    }
    return static_cast<bool>(dropped || !uid_list_.is_held() ? save_uid_list() : save_added(added));
}

Result<void> FolderFiles::refresh_keywords(system_clock::time_point now, Writes writes, bool messages_came) {
    timespec taken{};
    ::clock_gettime(CLOCK_REALTIME, &taken);
    const auto id = file_id(folder_.get(), keyword_directory);
    if (messages_came || !id || !is_unchanged(keywords_id_, id, keywords_look_)) {
        // Entries of others are dropped only where the lock says that none can be arriving.
        const auto exists = [&](std::string_view base) {
            return writes == Writes::no || !settings_.use_locks || table_.contains(base) ||
                   left_out_.find(base).has_value();
        };
        auto read = read_keywords(folder_.get(), exists, now, host_, durability());
        if (!read && !forbids_writing(read.error()) && !is_odd(read.error())) {
            return read.error();
        }
        if (read) {
            keywords_ = std::move(*read);
        }
        keywords_known_ = read || is_odd(read.error()) || !id;
        keywords_id_ = keywords_known_ ? id : std::nullopt;
        keywords_look_ = taken;
        keyword_list_ = file_id(folder_.get(), keyword_list_path);
        pending_keywords_ = 0;
    }
    std::erase_if(keywords_, [&](const auto& entry) { return !table_.contains(entry.first); });
    return {};
}

void FolderFiles::clean_tmp(system_clock::time_point now) {
    if (now - last_cleaning_ < cleaning_interval && last_cleaning_ <= now) {
        return;
    }
    last_cleaning_ = now;
    (void)each_entry(tmp_.get(), [&](const char* entry, unsigned char) {
        const std::string name(entry);
        struct stat status {};
        if (name.front() == '.' || name == "courier.lock" ||
            ::fstatat(tmp_.get(), entry, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            system_clock::from_time_t(status.st_ctime) + limits::stale_temporary_age >= now) {
            return true;
        }
        if (S_ISREG(status.st_mode)) {
            ::unlinkat(tmp_.get(), entry, 0);
        } else if (S_ISDIR(status.st_mode) && is_main_ && is_folder_remains(name)) {
            (void)remove_folder_remains(tmp_.get(), name);
        }
        return true;
    });
}

Scan FolderFiles::snapshot(std::vector<Uid> recent) const {
    Scan scan{.uid_validity = table_.uid_validity(),
              .uid_next = table_.uid_next(),
              .messages = {},
              .recent = std::move(recent),
              .keywords = keywords_};
    scan.messages.reserve(table_.size());
    table_.each([&](Uid uid, std::string_view name, bool) { scan.messages.push_back({.uid = uid, .name = name}); });
    return scan;
}

}  // namespace postrider::store::maildir
