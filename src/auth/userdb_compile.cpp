// makeuserdb: checks, source files, duplicates, then one new database. compat/userdb.md section 3.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <variant>

#include "auth/user_database.hpp"
#include "auth/userdb_folder.hpp"
#include "auth/userdb_source.hpp"
#include "auth/userdb_writer.hpp"
#include "core/descriptor.hpp"

namespace postrider::auth {

namespace {

constexpr int exit_missing = 2;
constexpr int exit_refused = 255;

bool is_symlink(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

std::optional<CompileFailure> refuse(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return CompileFailure{path + ": not found.", exit_missing};
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return CompileFailure{path + ": MAY NOT HAVE GROUP OR WORLD PERMISSIONS!!", exit_refused};
    }
    for (const auto& name : {path, path + ".lmdb"}) {
        if (is_symlink(name)) {
            return CompileFailure{"ERROR: Wrong makeuserdb command.\n       (" + name + " is a symbolic link)",
                                  exit_refused};
        }
    }
    return std::nullopt;
}

/// Courier reports what it cannot read on standard output, all else on standard error.
CompileFailure source_failure(const Error& error) {
    return {error.detail, 1, error.code == Code::unavailable};
}

/// Adds the records of one source file.
std::optional<CompileFailure> add_records(const SourceFile& file, std::vector<SourceRecord>& records) {
    const auto text = read_source(file.path);
    if (!text) {
        return source_failure(text.error());
    }
    auto parsed = parse_userdb_source(*text, file.location);
    if (!parsed) {
        const auto& error = parsed.error();
        const auto line =
            1 + std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(error.offset), '\n');
        return CompileFailure{file.path + ":" + std::to_string(line) + ": " + error.reason, 1};
    }
    std::ranges::move(*parsed, std::back_inserter(records));
    return std::nullopt;
}

/// Sorts the records as the database does, and finds a name that occurs twice.
std::optional<CompileFailure> sort_unique(std::vector<SourceRecord>& records) {
    std::ranges::sort(records, {}, &SourceRecord::name);
    const auto twice = std::ranges::adjacent_find(records, {}, &SourceRecord::name);
    if (twice == records.end()) {
        return std::nullopt;
    }
    return CompileFailure{"Cannot store record for " + twice->name + " - duplicate or out of disk space.\n", 1};
}

}  // namespace

std::optional<CompileFailure> compile_userdb(const std::string& path) {
    if (auto failure = refuse(path)) {
        return failure;
    }
    const std::string lock_path = path + ".lock";
    const Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
        const int error = errno;
        return CompileFailure{"Can't open " + lock_path + ": " + std::strerror(error), error};
    }
    const auto files = source_files(path);
    if (!files) {
        return source_failure(files.error());
    }
    std::vector<SourceRecord> records;
    for (const auto& file : *files) {
        if (auto failure = add_records(file, records)) {
            return failure;
        }
    }
    if (auto failure = sort_unique(records)) {
        return failure;
    }
    if (auto error = write_database(path + ".lmdb", records)) {
        return CompileFailure{std::move(*error), 1};
    }
    return std::nullopt;
}

}  // namespace postrider::auth
