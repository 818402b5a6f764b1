// Which files a userdb source consists of. compat/userdb.md section 2.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace postrider::auth {

struct SourceFile {
    std::string path;
    std::string location;  ///< path below the userdb folder and a "/"; "" when userdb is one file
};

/// The file itself, or every file below the folder: breadth-first, in the order of their names, links followed, a
/// folder that is reached twice read once. Left out: names that begin with "." or hold "~", and "x.dist" beside a newer
/// "x". Errors (detail is a line for the administrator): other leftovers of a package manager (.rpmsave, .rpmnew,
/// .dpkg-*, .dist), folders that cannot be read.
Result<std::vector<SourceFile>> source_files(const std::string& path);

/// The text of a source file; empty for /dev/null. Errors: detail is "PATH: reason".
Result<std::string> read_source(const std::string& path);

}  // namespace postrider::auth
