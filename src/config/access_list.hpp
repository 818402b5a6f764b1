// IMAPACCESSFILE: the source of Courier's access list, read without makeimapaccess. compat/config.md section 10.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "net/access_list.hpp"

namespace postrider::config {

struct AccessSource {
    net::AccessList list;
    std::vector<std::string> remarks;  ///< what is not used; each goes on from the name of the setting
};

/// path: a file, or a folder of files; "" or one that is not there allows everybody. The lines are KEY, a tab, VALUE
/// (net::parse_access_rule); blank lines and those that begin with # do not count. Within a folder, editors' and
/// packages' left-overs are not read.
/// Throws ConfigError: not readable, a wrong line, two lines for one network, too large, or only the database is there
/// that Courier makes of the list.
AccessSource read_access_list(const std::filesystem::path& path);

}  // namespace postrider::config
