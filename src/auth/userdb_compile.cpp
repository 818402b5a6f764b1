// makeuserdb: checks, source files, duplicates, then one new database. compat/userdb.md section 3.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

#include "auth/user_database.hpp"
#include "auth/userdb_folder.hpp"
#include "auth/userdb_source.hpp"
#include "auth/userdb_writer.hpp"
#include "core/descriptor.hpp"
#include "core/text.hpp"

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

/// A line for the administrator, with its place in the source.
struct Complaint {
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::string text;

    auto place() const { return std::pair(file, line); }
};

/// All that is read, and all that is wrong with it.
struct Source {
    std::vector<SourceFile> files;
    std::vector<SourceRecord> records;
    std::vector<Complaint> complaints;
    std::string duplicate;  ///< of the names that stand there twice, the one that does so first
};

std::string place_of(const Source& source, std::uint32_t file, std::uint32_t line) {
    return source.files[file].path + ":" + std::to_string(line);
}

/// Adds the records and faults of one file.
std::optional<CompileFailure> add_file(Source& source, std::uint32_t number) {
    const SourceFile& file = source.files[number];
    const auto text = read_source(file.path);
    if (!text) {
        return source_failure(text.error());
    }
    auto parsed = parse_userdb_source(*text, file.location);
    for (auto& fault : parsed.faults) {
        source.complaints.push_back({number, fault.line, std::move(fault.reason)});
    }
    for (auto& record : parsed.records) {
        record.file = number;
    }
    std::ranges::move(parsed.records, std::back_inserter(source.records));
    return std::nullopt;
}

/// Sorts the records as the database does, and complains of each whose name stood there before.
void sort_unique(Source& source) {
    auto& records = source.records;
    std::ranges::sort(records, [](const SourceRecord& a, const SourceRecord& b) {
        return std::tie(a.name, a.file, a.line) < std::tie(b.name, b.file, b.line);
    });
    std::pair first_place(std::numeric_limits<std::uint32_t>::max(), std::uint32_t{0});
    for (std::size_t i = 1; i < records.size(); ++i) {
        const auto& earlier = records[i - 1];
        const auto& record = records[i];
        if (record.name != earlier.name) {
            continue;
        }
        source.complaints.push_back(
            {record.file, record.line,
             log_safe(record.name) + " stands at " + place_of(source, earlier.file, earlier.line) + " already"});
        if (const auto place = source.complaints.back().place(); place < first_place) {
            first_place = place;
            source.duplicate = record.name;
        }
    }
}

/// A line for each complaint, in the order of the source; then, for a duplicate, what Courier says of the first.
std::string told(Source& source) {
    std::ranges::sort(source.complaints, {}, &Complaint::place);
    std::string text;
    for (const auto& [file, line, complaint] : source.complaints) {
        text += (text.empty() ? "" : "\n") + place_of(source, file, line) + ": " + complaint;
    }
    if (!source.duplicate.empty()) {
        text += "\nCannot store record for " + source.duplicate + " - duplicate or out of disk space.\n";
    }
    return text;
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
    auto files = source_files(path);
    if (!files) {
        return source_failure(files.error());
    }
    Source source{.files = std::move(*files), .records = {}, .complaints = {}, .duplicate = {}};
    for (std::uint32_t number = 0; number < source.files.size(); ++number) {
        if (auto failure = add_file(source, number)) {
            return failure;
        }
    }
    sort_unique(source);
    if (!source.complaints.empty()) {
        return CompileFailure{told(source), 1};
    }
    if (auto error = write_database(path + ".lmdb", source.records)) {
        return CompileFailure{std::move(*error), 1};
    }
    return std::nullopt;
}

}  // namespace postrider::auth
