// Moving to the trash is one rename a message, so that a crash leaves it in one of the two folders. Where the trash is
// on another file system it is copied there, made to last, and only then removed.
#include "store/maildir/trash.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/log.hpp"
#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/delivery.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/folder_tree.hpp"
#include "store/maildir/quota.hpp"
#include "store/maildir/retired_names.hpp"

namespace postrider::store::maildir {

namespace {

using std::chrono::system_clock;

/// Whether it is a message whose last change is longer ago.
bool is_old(int directory, const char* name, system_clock::time_point limit) {
    struct stat status {};
    return is_message_name(name) && ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) &&
           system_clock::from_time_t(status.st_ctim.tv_sec) < limit;
}

Result<void> purge_directory(int directory, system_clock::time_point limit, Usage& freed) {
    return each_entry(directory, [&](const char* name, unsigned char) {
        if (is_old(directory, name, limit)) {
            const Usage usage = usage_of(directory, name);
            if (::unlinkat(directory, name, 0) == 0) {
                freed += usage;
            } else if (errno != ENOENT) {
                log_line(LogLevel::warning, "not purged: " + system_error(errno, name).detail);
            }
        }
        return true;
    });
}

/// The same under a base name that nobody else has.
std::string renamed(const std::string& name, const std::string& host) {
    const auto base = base_of(name);
    const auto size = size_of(name);
    return unique_name(host).append(size ? ",S=" + std::to_string(*size) : "").append(name.substr(base.size()));
}

}  // namespace

Result<Usage> purge(int folder, std::chrono::seconds age, system_clock::time_point now) {
    Usage freed;
    for (const char* part : {"new", "cur"}) {
        const auto directory = open_directory(folder, part);
        auto done = directory ? purge_directory(directory->get(), now - age, freed) : Result<void>(directory.error());
        if (!done) {
            return Error(Code::unavailable, done.error().detail);
        }
    }
    return freed;
}

Result<Trash> Trash::open(int maildir, const std::string& directory, const std::string& host, Durability durability) {
    auto folder = open_folder_directory(maildir, directory);
    if (!folder && folder.error().code == Code::no_such_mailbox) {
        if (auto made = create_folder(maildir, directory, durability); !made) {
            return made.error();
        }
        respect_retired_name(maildir, directory);
        folder = open_folder_directory(maildir, directory);
    }
    auto cur = folder ? open_directory(folder->get(), "cur") : Result<Descriptor>(folder.error());
    if (!cur) {
        return cur.error();
    }
    Trash trash;
    trash.folder_ = std::move(*folder);
    trash.cur_ = std::move(*cur);
    trash.host_ = host;
    trash.durability_ = durability;
    return trash;
}

Result<std::string> Trash::take(int cur, const std::string& name) {
    const Flags flags = flags_of(name) - (Flag::deleted | Flag::draft);
    std::string wanted = with_flags(name, flags);
    auto moved = rename_no_replace(cur, name, cur_.get(), wanted);
    if (!moved && moved.error().code == Code::already_exists) {
        wanted = with_flags(renamed(name, host_), flags);
        moved = rename_no_replace(cur, name, cur_.get(), wanted);
    }
    if (moved) {
        return wanted;
    }
    if (moved.error().code == Code::expunged) {
        return moved.error();
    }
    return copy(cur, name, with_flags(renamed(name, host_), flags));
}

Result<std::string> Trash::copy(int cur, const std::string& name, const std::string& wanted) {
    const auto tmp = Delivery::open_tmp(folder_.get());
    if (!tmp) {
        return tmp.error();
    }
    auto delivery = Delivery::link(*tmp, host_, cur, name, durability_);
    if (!delivery) {
        return delivery.error();
    }
    if (auto placed = rename_no_replace((*tmp)->get(), delivery->temporary_name(), cur_.get(), wanted); !placed) {
        return placed.error();
    }
    delivery->delivered();
    auto done = sync();
    if (done) {
        done = unlink_message(cur, name);
    }
    if (!done) {
        ::unlinkat(cur_.get(), wanted.c_str(), 0);
        return done.error();
    }
    return wanted;
}

Result<void> Trash::sync() {
    return sync_directory(cur_.get(), durability_);
}

}  // namespace postrider::store::maildir
