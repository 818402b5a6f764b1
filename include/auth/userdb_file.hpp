// A userdb source file that is read, and replaced at once while others wait. compat/userdb.md sections 1 and 5.1.
#pragma once

#include <boost/system/result.hpp>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/descriptor.hpp"

namespace postrider::auth {

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
    /// path: a symbolic link is followed, so that what it points to is replaced. Waits for the lock.
    static boost::system::result<UserdbFile, FileFailure> open(const std::string& path);

    /// Replaces the text ("" where there is no file) by what `edit` makes of it; none: all stays as it is. By .tmp.NAME
    /// beside it, fsync, rename, fsync of the folder. Owner and permission bits stay; a new file gets 0600.
    /// Editors know no lock: where one has saved the file meanwhile, its text is read and edited anew.
    std::optional<FileFailure> change(const std::function<std::optional<std::string>(const std::string& text)>& edit);

private:
    UserdbFile() = default;

    std::string path() const { return folder_ + "/" + name_; }

    std::string folder_;
    std::string name_;
    Descriptor lock_;
};

}  // namespace postrider::auth
