// STATUS: the counts of a folder that is not selected. compat/maildir.md section 4.
#include <dirent.h>

#include <algorithm>
#include <limits>

#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/folder_files.hpp"

namespace postrider::store::maildir {

namespace {

using std::chrono::system_clock;

std::uint32_t as_count(std::size_t number) {
    return static_cast<std::uint32_t>(std::min<std::size_t>(number, std::numeric_limits<std::uint32_t>::max()));
}

bool is_unseen(std::string_view name) {
    return !flags_of(name).has(Flag::seen);
}

}  // namespace

/// A list that another program is adding to has its next UID before its line. makes: a folder without a map gets one,
/// without messages: those stay recent for whoever selects it first. Where it cannot be saved the numbers are this
/// process' own.
Result<void> FolderFiles::read_uid_list_locked(system_clock::time_point now, Makes makes) {
    if (uid_list_.is_same(folder_.get())) {
        return {};
    }
    const auto held = lock();
    if (!held && held.error().code == Code::locked) {
        return held.error();
    }
    if (auto read = read_uid_list(now, held ? Writes::yes : Writes::no); !read) {
        return read;
    }
    if (held && makes == Makes::yes && !uid_list_.is_held()) {
        (void)save_uid_list();
    }
    return {};
}

Result<std::optional<Scan>> FolderFiles::look_only(system_clock::time_point now) {
    last_look_.reset();
    scanned_ = false;
    if (auto opened = open_parts(); !opened) {
        return opened.error();
    }
    const auto taken = look();
    if (auto read = read_uid_list_locked(now, Makes::no); !read) {
        return read.error();
    }
    const auto fresh = look_at_cur();
    if (!fresh) {
        return fresh.error();
    }
    if (!fresh->empty() || table_.any_missing() || !uid_list_.is_held()) {
        return std::optional<Scan>();
    }
    arrivals_.clear();
    const auto read = each_entry(new_.get(), [&](const char* name, unsigned char) {
        follow_arrivals({.place = 1, .kind = WatchEvent::Kind::appeared, .name = name});
        return true;
    });
    if (!read) {
        return read.error();
    }
    if (auto refreshed = refresh_keywords(now, Writes::no, false); !refreshed) {
        return refreshed.error();
    }
    last_look_ = taken;
    return settled_scan({});
}

Result<StatusCounts> FolderFiles::status(system_clock::time_point now) {
    scanned_ = false;  // what is met here no scan has told of
    if (auto opened = open_parts(); !opened) {
        return opened.error();
    }
    if (auto read = read_uid_list_locked(now, Makes::yes); !read) {
        return read.error();
    }
    const auto fresh = look_at_cur();
    if (!fresh) {
        return fresh.error();
    }
    std::size_t messages = fresh->size();
    std::size_t unseen = 0;
    table_.each([&](Uid, std::string_view name, bool was_met) {
        messages += was_met ? 1 : 0;
        unseen += was_met && is_unseen(name) ? 1 : 0;
    });
    for (FileNames::Id id = 0; id < fresh->ids(); ++id) {
        unseen += is_unseen(fresh->name(id)) ? 1 : 0;
    }
    std::size_t arrivals = 0;
    const auto read = each_entry(new_.get(), [&](const char* name, unsigned char d_type) {
        const auto base = base_of(name);
        const auto known = table_.find(base);
        const bool can_be = d_type == DT_REG || d_type == DT_LNK || d_type == DT_UNKNOWN;
        if (can_be && is_message_name(name) && !(known && known->was_met) && !fresh->find(base)) {
            ++arrivals;
            unseen += is_unseen(name) ? 1 : 0;
        }
        return true;
    });
    if (!read) {
        return read.error();
    }
    const auto coming = fresh->size() + arrivals;
    return StatusCounts{.messages = as_count(messages + arrivals),
                        .recent = as_count(coming),
                        .unseen = as_count(unseen),
                        .uid_next = Uid(as_count(table_.uid_next().value() + coming)),
                        .uid_validity = table_.uid_validity()};
}

}  // namespace postrider::store::maildir
