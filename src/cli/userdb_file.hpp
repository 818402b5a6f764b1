// A userdb source file that is read, and replaced at once while others wait. compat/userdb.md sections 1 and 5.1.
#pragma once

#include <sys/types.h>

#include <boost/system/result.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/descriptor.hpp"

namespace postrider::cli {

/// A line for the administrator, and the exit code.
struct FileFailure {
    std::string message;
    int exit_code = 1;

    FileFailure() = default;
    FileFailure(std::string m, int code) : message(std::move(m)), exit_code(code) {}
};

inline void throw_exception_from_error(const FileFailure& failure, const boost::source_location&) {
    throw std::runtime_error(failure.message);
}

/// The file's text; "" when there is no file.
boost::system::result<std::string, FileFailure> read_userdb_file(const std::string& path);

/// The file under its lock (.lock.NAME beside it) from open() to the end of the object.
class UserdbFile {
public:
    /// path: a symbolic link is followed, so that what it points to is replaced.
    static boost::system::result<UserdbFile, FileFailure> open(const std::string& path);

    const std::string& text() const { return text_; }
    /// .tmp.NAME beside it, fsync, rename, fsync of the folder. The permission bits stay; a new file gets 0600.
    std::optional<FileFailure> replace(const std::string& text) const;

private:
    UserdbFile() = default;

    std::string folder_;
    std::string name_;
    std::string text_;
    mode_t mode_ = 0600;
    Descriptor lock_;
};

}  // namespace postrider::cli
