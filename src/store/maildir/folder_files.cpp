// Opening a folder, and the calls on one message. The scan is in folder_scan.cpp, deliveries in folder_delivery.cpp.
#include "store/maildir/folder_files.hpp"

#include <fcntl.h>
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

bool is_one_file(int directory, const std::string& a, const std::string& b) {
    const auto first = file_id(directory, a);
    const auto second = file_id(directory, b);
    return first && second && first->inode == second->inode;
}

/// How often a name that vanishes again and again is looked up.
constexpr int most_lookups = 5;

}  // namespace

Result<FolderFiles> FolderFiles::open(int maildir, const std::string& directory, const Settings& settings,
                                      const std::string& host) {
    auto folder = open_folder_directory(maildir, directory);
    if (!folder) {
        return folder.error();
    }
    FolderFiles files;
    files.folder_ = std::move(*folder);
    if (auto opened = files.open_parts(); !opened) {
        return Error(Code::unavailable, directory + ": " + opened.error().detail);
    }
    files.settings_ = settings;
    files.host_ = host;
    files.is_main_ = directory == ".";
    files.directory_ = directory;
    files.is_link_ = !files.is_in_place();
    files.above_ = file_id(files.folder_.get(), "..");
    return files;
}

/// A restore may put other directories in their place: what is open then leads to nowhere.
Result<void> FolderFiles::open_parts() {
    for (auto [part, name] : {std::pair(&cur_, "cur"), {&new_, "new"}, {&tmp_, "tmp"}}) {
        const auto named = file_id(folder_.get(), name);
        const auto open = *part ? file_id(part->get()) : std::nullopt;
        if (named && open && named->inode == open->inode) {
            continue;
        }
        auto opened = open_directory(folder_.get(), name);
        if (!opened) {
            return opened.error().code == Code::no_such_mailbox ? Error(Code::unavailable, opened.error().detail)
                                                                : opened.error();
        }
        // Under the same number: messages are opened by it on other threads (open_message).
        if (*part && ::dup3(opened->get(), part->get(), O_CLOEXEC) < 0) {
            return system_error(errno, std::string("dup3 of ") + name);
        }
        if (!*part) {
            *part = std::move(*opened);
        }
        scanned_ = false;
    }
    return {};
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
    const auto named = here && !is_main_ && !is_link_ ? file_id(folder_.get(), "../" + directory_) : here;
    const auto above = named && !is_main_ && above_ ? file_id(folder_.get(), "..") : above_;
    if (!here || !named || (above_ && !above)) {
        return errno != ENOENT && errno != ENOTDIR;  // the system does not say that it is gone
    }
    return here->inode == named->inode && (!above || above->inode == above_->inode);
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
            if (const auto known = table_.find(base); known && base_of(wanted) == base) {
                table_.set_suffix(*known, std::string_view(wanted).substr(base.size()));
            }
            return wanted;
        }
        if (renamed.error().code == Code::already_exists && is_one_file(cur_.get(), present, wanted)) {
            if (auto done = unlink_message(cur_.get(), present); !done) {  // linked, and never unlinked
                return done.error();
            }
            present = wanted;
            continue;
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
    if (!keywords_known_) {
        return Error(Code::unavailable, "the message's keywords cannot be read: they would be lost");
    }
    // Messages may have come since the last scan: no entry of the list is dropped here.
    const auto all = [](std::string_view) { return true; };
    return write_keywords(folder_.get(), base, keywords, all, std::chrono::system_clock::now(), host_, durability());
}

Result<void> FolderFiles::remove(const std::string& name, const Take& take) {
    std::string present = name;
    for (int tries = 0; tries < most_lookups; ++tries) {
        const auto taken = take ? take(cur_.get(), present) : unlink_message(cur_.get(), present);
        if (taken) {
            forgotten_.emplace(base_of(present));
            table_.forget(base_of(present));
            return {};
        }
        if (taken.error().code != Code::expunged) {
            return taken.error();
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

Quota FolderFiles::quota() const {
    return Quota(folder_.get(), directory_, quota_options(settings_));
}

Result<Descriptor> FolderFiles::open_message(const std::string& name) const {
    return open_message_file(cur_.get(), name);
}

Descriptor FolderFiles::keyword_folder() const {
    auto folder = open_directory(folder_.get(), keyword_directory);
    return folder ? std::move(*folder) : Descriptor();
}

std::array<std::uint64_t, 3> FolderFiles::watched_inodes() const {
    const auto inode = [](const std::optional<FileId>& id) { return id ? id->inode : 0; };
    return {inode(file_id(cur_.get())), inode(file_id(new_.get())), inode(file_id(folder_.get(), keyword_directory))};
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
