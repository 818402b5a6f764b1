// A folder is made and removed under a name in the Maildir's tmp/: it appears and vanishes in one rename, and a crash
// in between leaves something in tmp/ alone. "<unique>,folder" is such a name; FolderFiles' cleaning of tmp/ knows it.
#include "store/maildir/folder_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/dot_lock.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/folder_name.hpp"
#include "store/maildir/folder_remains.hpp"

namespace postrider::store::maildir {

namespace {

using Renames = std::vector<std::pair<std::string, std::string>>;

/// Deeper than any Maildir folder; a tree that goes further is left where it is.
constexpr int most_depth = 8;

/// Also when the system does not say: else a RENAME would leave it behind. What is done with it then tells why.
bool is_folder(int maildir, const std::string& directory) {
    struct stat status {};
    if (::fstatat(maildir, (directory + "/cur").c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
    }
    return S_ISDIR(status.st_mode);
}

bool is_there(int maildir, const std::string& name) {
    struct stat status {};
    return ::fstatat(maildir, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_directory(int parent, const char* name, unsigned char d_type) {
    struct stat status {};
    return d_type == DT_DIR || (d_type == DT_UNKNOWN && ::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                                S_ISDIR(status.st_mode));
}

Result<void> remove_tree(int parent, const std::string& name, int depth) {
    auto removed = Result<void>();
    if (const auto directory = open_directory(parent, name); directory) {
        const auto read = each_entry(directory->get(), [&](const char* entry, unsigned char d_type) {
            if (!is_directory(directory->get(), entry, d_type)) {
                ::unlinkat(directory->get(), entry, 0);
            } else if (depth < most_depth) {
                removed = remove_tree(directory->get(), entry, depth + 1);
            }
            return removed.has_value();
        });
        if (!read || !removed) {
            return read ? removed : read;
        }
    }
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) {
        return system_error(errno, "rmdir " + name);
    }
    return {};
}

/// mkdir with exactly this mode, whatever the umask.
Result<Descriptor> make_directory(int parent, const std::string& name) {
    if (::mkdirat(parent, name.c_str(), 0700) != 0) {
        return system_error(errno, "mkdir " + name);
    }
    auto directory = open_directory(parent, name);
    if (directory && ::fchmod(directory->get(), 0700) != 0) {
        return system_error(errno, "fchmod " + name);
    }
    return directory;
}

Result<void> fill_folder(int folder, Durability durability) {
    for (const char* part : {"tmp", "new", "cur"}) {
        const auto made = make_directory(folder, part);
        if (!made) {
            return made.error();
        }
        if (auto synced = sync_directory(made->get(), durability); !synced) {
            return synced;
        }
    }
    const Descriptor mark(
        ::openat(folder, "maildirfolder", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!mark || ::fchmod(mark.get(), 0600) != 0) {
        return system_error(errno, "create maildirfolder");
    }
    return sync_directory(folder, durability);
}

/// In tmp/, complete, not yet visible.
Result<void> build_folder(int tmp, const std::string& name, Durability durability) {
    const auto folder = make_directory(tmp, name);
    if (!folder) {
        return folder.error();
    }
    return fill_folder(folder->get(), durability);
}

/// What a rename of a folder moves: itself and those below it, in sorted order.
Result<Renames> renames_of(int maildir, const std::string& from, const std::string& to) {
    const auto folders = list_folders(maildir);
    if (!folders) {
        return folders.error();
    }
    Renames renames;
    for (const auto& folder : *folders) {
        if (folder == from || folder.starts_with(from + ".")) {
            renames.emplace_back(folder, to + folder.substr(from.size()));
        }
    }
    return renames;
}

Result<void> check_targets(int maildir, const Renames& renames) {
    for (const auto& [from, to] : renames) {
        if (const auto name = name_of(to); !name) {
            return name.error();
        }
        if (is_there(maildir, to)) {
            return Error(Code::already_exists, to);
        }
    }
    return {};
}

void undo(int maildir, const Renames& renames, std::size_t done) {
    while (done > 0) {
        --done;
        (void)rename_no_replace(maildir, renames[done].second, maildir, renames[done].first);
    }
}

}  // namespace

bool is_folder_remains(std::string_view name) {
    return name.ends_with(",folder");
}

Result<void> remove_folder_remains(int tmp, const std::string& name) {
    return remove_tree(tmp, name, 0);
}

Result<std::vector<std::string>> list_folders(int maildir) {
    std::vector<std::string> folders;
    if (is_folder(maildir, ".")) {
        folders.emplace_back(".");
    }
    const auto read = each_entry(maildir, [&](const char* entry, unsigned char d_type) {
        const bool possible = d_type == DT_DIR || d_type == DT_LNK || d_type == DT_UNKNOWN;
        if (entry[0] == '.' && possible && is_folder(maildir, entry)) {
            folders.emplace_back(entry);
        }
        return true;
    });
    if (!read) {
        return read.error();
    }
    std::ranges::sort(folders);
    return folders;
}

Result<void> create_folder(int maildir, const std::string& directory, Durability durability) {
    const auto tmp = open_directory(maildir, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    const auto name = unique_name("") + ",folder";
    auto made = build_folder(tmp->get(), name, durability);
    if (made) {
        made = rename_no_replace(tmp->get(), name, maildir, directory);
    }
    if (made) {
        made = sync_directory(maildir, durability);
        if (!made) {
            (void)rename_no_replace(maildir, directory, tmp->get(), name);
        }
    }
    if (!made) {
        (void)remove_tree(tmp->get(), name, 0);
    }
    return made;
}

Result<void> delete_folder(int maildir, const std::string& directory, const std::string& host, Durability durability) {
    if (directory == ".") {
        return Error(Code::reserved, "INBOX");
    }
    if (!is_folder(maildir, directory)) {
        return Error(Code::no_such_mailbox, directory);
    }
    struct stat status {};
    if (::fstatat(maildir, directory.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode)) {
        if (::unlinkat(maildir, directory.c_str(), 0) != 0) {
            return system_error(errno, "unlink " + directory);
        }
        return sync_directory(maildir, durability);
    }
    const auto tmp = open_directory(maildir, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    // Under the folder's lock: a delivery that is under way is finished before, a later one finds the folder gone.
    const auto folder = open_folder_directory(maildir, directory);
    const auto lock = folder ? DotLock::take(folder->get(), host, lock_patience) : Result<DotLock>(folder.error());
    if (!lock && (lock.error().code == Code::unavailable || lock.error().code == Code::locked)) {
        return lock.error();
    }
    const auto name = unique_name(host) + ",folder";
    if (auto moved = rename_no_replace(maildir, directory, tmp->get(), name); !moved) {
        return moved;
    }
    if (auto synced = sync_directory(maildir, durability); !synced) {
        (void)rename_no_replace(tmp->get(), name, maildir, directory);
        return synced;
    }
    // The folder is gone for everybody; what cannot be removed now is removed when tmp/ is cleaned.
    (void)remove_tree(tmp->get(), name, 0);
    return {};
}

Result<Renames> rename_folder(int maildir, const std::string& from, const std::string& to, Durability durability) {
    if (from == "." || to == ".") {
        return Error(Code::reserved, "INBOX");
    }
    if (to.starts_with(from + ".")) {
        return Error(Code::invalid_name, to + " is below " + from);
    }
    auto renames = renames_of(maildir, from, to);
    if (!renames) {
        return renames;
    }
    if (renames->empty()) {
        return Error(Code::no_such_mailbox, from);
    }
    if (is_there(maildir, to)) {
        return Error(Code::already_exists, to);
    }
    if (auto checked = check_targets(maildir, *renames); !checked) {
        return checked.error();
    }
    for (std::size_t done = 0; done < renames->size(); ++done) {
        const auto& [old_name, new_name] = (*renames)[done];
        if (auto renamed = rename_no_replace(maildir, old_name, maildir, new_name); !renamed) {
            undo(maildir, *renames, done);
            return renamed.error();
        }
    }
    if (auto synced = sync_directory(maildir, durability); !synced) {
        undo(maildir, *renames, renames->size());
        return synced.error();
    }
    return renames;
}

bool has_unseen(int maildir, const std::string& directory) {
    const auto folder = open_folder_directory(maildir, directory);
    if (!folder) {
        return false;
    }
    bool found = false;
    for (const char* part : {"new", "cur"}) {
        const auto messages = open_directory(folder->get(), part);
        if (messages && !found) {
            (void)each_entry(messages->get(), [&](const char* name, unsigned char d_type) {
                found = d_type != DT_DIR && is_message_name(name) && !flags_of(name).has(Flag::seen);
                return !found;
            });
        }
    }
    return found;
}

}  // namespace postrider::store::maildir
