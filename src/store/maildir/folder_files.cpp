// Opening a folder, and the calls on one message. The scan is in folder_scan.cpp, deliveries in folder_delivery.cpp.
#include "store/maildir/folder_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

using namespace std::chrono_literals;

/// Longer than any scan of a healthy folder by any program holds the lock.
constexpr auto lock_patience = 10s;
/// How often a name that vanishes again and again is looked up.
constexpr int most_lookups = 5;

}  // namespace

Result<FolderFiles> FolderFiles::open(int maildir, const std::string& directory, const Settings& settings,
                                      const std::string& host) {
    auto folder = open_folder_directory(maildir, directory);
    if (!folder) {
        return folder.error();
    }
    std::array<Descriptor, 3> parts;
    const std::array<const char*, 3> names{"cur", "new", "tmp"};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto part = open_directory(folder->get(), names[i]);
        if (!part) {
            return Error(Code::unavailable, directory + ": " + part.error().detail);
        }
        parts[i] = std::move(*part);
    }
    FolderFiles files;
    files.folder_ = std::move(*folder);
    files.cur_ = std::move(parts[0]);
    files.new_ = std::move(parts[1]);
    files.tmp_ = std::move(parts[2]);
    files.settings_ = settings;
    files.host_ = host;
    files.is_main_ = directory == ".";
    files.directory_ = directory;
    files.is_link_ = !files.is_in_place();
    files.above_ = file_id(files.folder_.get(), "..");
    return files;
}

Result<DotLock> FolderFiles::lock() const {
    if (!settings_.use_locks) {
        return DotLock::none();
    }
    auto lock = DotLock::take(folder_.get(), host_, lock_patience);
    struct stat status {};
    if (!lock && ::fstat(folder_.get(), &status) == 0 && status.st_nlink == 0) {
        return Error(Code::no_such_mailbox, "the folder was removed");
    }
    return lock;
}

bool FolderFiles::is_in_place() const {
    const auto here = file_id(folder_.get(), ".");
    const auto named = is_main_ || is_link_ ? here : file_id(folder_.get(), "../" + directory_);
    return here && named && here->inode == named->inode && is_in_its_maildir();
}

bool FolderFiles::is_in_its_maildir() const {
    const auto above = file_id(folder_.get(), "..");
    return is_main_ || !above_ || (above && above->inode == above_->inode);
}

FolderFiles::Look FolderFiles::look() const {
    Look look;
    ::clock_gettime(CLOCK_REALTIME, &look.taken);
    look.cur = file_id(folder_.get(), "cur");
    look.arrivals = file_id(folder_.get(), "new");
    look.keywords = file_id(folder_.get(), keyword_directory);
    look.uid_list = file_id(folder_.get(), uid_list_file);
    return look;
}

bool FolderFiles::may_have_changed() const {
    if (!last_look_) {
        return true;
    }
    const auto now = look();
    const auto then = last_look_->taken;
    return !is_unchanged(last_look_->cur, now.cur, then) || !is_unchanged(last_look_->arrivals, now.arrivals, then) ||
           !is_unchanged(last_look_->keywords, now.keywords, then) ||
           !is_unchanged(last_look_->uid_list, now.uid_list, then);
}

Result<std::string> FolderFiles::change_flags(const std::string& name, Flags add, Flags remove) {
    const auto base = base_of(name);
    std::string present = name;
    for (int tries = 0; tries < most_lookups; ++tries) {
        const auto wanted = with_flags(present, (flags_of(present) | add) - remove);
        const auto renamed = wanted == present
                                 ? (file_id(cur_.get(), present) ? Result<void>() : Error(Code::expunged, present))
                                 : rename_no_replace(cur_.get(), present, cur_.get(), wanted);
        if (renamed) {
            if (auto* known = table_.find(base); known != nullptr && base_of(wanted) == base) {
                known->suffix = wanted.substr(base.size());
            }
            return wanted;
        }
        if (renamed.error().code != Code::expunged) {
            return renamed.error();
        }
        auto found = find_in_cur(cur_.get(), base, Match::tolerant);
        if (!found) {
            return found.error();
        }
        if (!*found) {
            break;
        }
        present = std::move(**found);
    }
    return Error(Code::expunged, name);
}

Result<void> FolderFiles::set_keywords(std::string_view base, const std::vector<std::string>& keywords) {
    if (settings_.keywords == Keywords::off) {
        return Error(Code::not_permitted, "keywords are off");
    }
    // Messages may have come since the last scan: no entry of the list is dropped here.
    const auto all = [](std::string_view) { return true; };
    return write_keywords(folder_.get(), base, keywords, all, std::chrono::system_clock::now(), host_, durability());
}

Result<void> FolderFiles::remove(const std::string& name) {
    std::string present = name;
    for (int tries = 0; tries < most_lookups; ++tries) {
        if (::unlinkat(cur_.get(), present.c_str(), 0) == 0) {
            forgotten_.emplace(base_of(present));
            table_.forget(base_of(present));
            return {};
        }
        if (errno != ENOENT) {
            return system_error(errno, "unlink " + present);
        }
        // Exact: a message is never removed for one that only looks like it.
        auto found = find_in_cur(cur_.get(), base_of(name), Match::exact);
        if (!found) {
            return found.error();
        }
        if (!*found) {
            return {};
        }
        present = std::move(**found);
        if (flags_of(name).has(Flag::deleted) && !flags_of(present).has(Flag::deleted)) {
            return Error(Code::in_use, present + " is not \\Deleted any more");
        }
    }
    return Error(Code::unavailable, name + " changes its name again and again");
}

Result<Descriptor> FolderFiles::open_message(const std::string& name) const {
    return open_message_file(cur_.get(), name);
}

Descriptor FolderFiles::keyword_folder() const {
    auto folder = open_directory(folder_.get(), keyword_directory);
    return folder ? std::move(*folder) : Descriptor();
}

std::optional<std::uint64_t> FolderFiles::keyword_folder_inode() const {
    const auto id = file_id(folder_.get(), keyword_directory);
    return id ? std::optional(id->inode) : std::nullopt;
}

std::vector<Watcher::Place> FolderFiles::watched(const Descriptor& keywords) const {
    std::vector<Watcher::Place> places{
        {cur_.get()}, {new_.get()}, {folder_.get(), {"cur", "new", keyword_directory, uid_list_file}}};
    if (keywords) {
        places.push_back({keywords.get()});
    }
    return places;
}

}  // namespace postrider::store::maildir
