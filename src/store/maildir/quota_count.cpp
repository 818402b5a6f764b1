// Counting the messages of an account for its quota.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "store/maildir/filename.hpp"
#include "store/maildir/quota.hpp"

namespace postrider::store::maildir {

namespace {

/// A larger size in a name is not believed.
constexpr std::uint64_t most_named_bytes = std::uint64_t{1} << 40;

bool is_earlier(timespec a, timespec b) {
    return std::tie(a.tv_sec, a.tv_nsec) < std::tie(b.tv_sec, b.tv_nsec);
}

/// Of another owner, or gone meanwhile: such a folder counts as empty.
bool may_be_passed_over(const Error& error) {
    return error.code == Code::not_permitted || error.code == Code::no_such_mailbox;
}

using Visit = std::function<Result<void>(int directory)>;

/// Calls visit for new/ and cur/ of a folder.
Result<void> visit_parts(int folder, const Visit& visit) {
    for (const char* part : {"new", "cur"}) {
        const auto directory = open_directory(folder, part);
        auto done = directory ? visit(directory->get()) : Result<void>(directory.error());
        if (!done && !may_be_passed_over(done.error())) {
            return done;
        }
    }
    return {};
}

Result<void> visit_directories(int maildir, const Visit& visit) {
    auto done = visit_parts(maildir, visit);
    if (!done) {
        return done;
    }
    const auto read = each_entry(maildir, [&](const char* name, unsigned char d_type) {
        const bool possible = d_type == DT_DIR || d_type == DT_UNKNOWN;
        if (name[0] != '.' || !possible || !folder_counts(name)) {
            return true;
        }
        const auto folder = open_directory(maildir, name);
        if (folder) {
            done = visit_parts(folder->get(), visit);
        } else if (!may_be_passed_over(folder.error())) {
            done = folder.error();
        }
        return done.has_value();
    });
    return read ? done : read;
}

Result<timespec> time_of(int directory) {
    const auto id = file_id(directory);
    return id ? Result<timespec>(id->modified) : Error(Code::unavailable, "fstat of a directory");
}

Result<void> count_directory(int directory, Counted& counted) {
    const auto time = time_of(directory);
    if (!time) {
        return time.error();
    }
    counted.newest = std::max(counted.newest, *time, is_earlier);
    return each_entry(directory, [&](const char* name, unsigned char d_type) {
        if (name[0] != '.' && (d_type == DT_REG || d_type == DT_LNK || d_type == DT_UNKNOWN)) {
            counted.used += usage_of(directory, name);
        }
        return true;
    });
}

}  // namespace

bool folder_counts(std::string_view directory) {
    return directory != ".Trash";
}

Usage usage_of(int directory, const std::string& name) {
    return flags_of(name).has(Flag::deleted) ? Usage{} : whole_usage_of(directory, name);
}

Usage whole_usage_of(int directory, const std::string& name) {
    // Courier looks for the size before the first ":".
    const auto named = size_of(std::string_view(name).substr(0, name.find(':')));
    if (named && *named <= most_named_bytes) {
        return {.bytes = static_cast<std::int64_t>(*named), .messages = 1};
    }
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !(S_ISREG(status.st_mode) || S_ISLNK(status.st_mode))) {
        return {};
    }
    return {.bytes = status.st_size, .messages = 1};
}

Result<Counted> count_messages(int maildir) {
    Counted counted;
    auto done = visit_directories(maildir, [&](int directory) { return count_directory(directory, counted); });
    return done ? Result<Counted>(counted) : done.error();
}

Result<timespec> newest_directory(int maildir) {
    timespec newest{};
    auto done = visit_directories(maildir, [&](int directory) -> Result<void> {
        const auto time = time_of(directory);
        newest = time ? std::max(newest, *time, is_earlier) : newest;
        return time ? Result<void>() : time.error();
    });
    return done ? Result<timespec>(newest) : done.error();
}

}  // namespace postrider::store::maildir
