// The files of a settings folder, read in the order of compat/config.md section 1.2.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace postrider::config {

/// The last assignment of each name.
using Values = std::map<std::string, Assignment, std::less<>>;

/// Two files that Courier's start scripts read one behind the other: the first for the listener that begins plain, the
/// second for the one over TLS.
struct FilePair {
    std::string_view plain;
    std::string_view tls;
};
inline constexpr FilePair file_pairs[] = {{"imapd", "imapd-ssl"}, {"pop3d", "pop3d-ssl"}};

/// The other file of its pair; "" for a file that stands alone.
std::string_view partner_of(std::string_view file);

/// What was read for each file of the table. Of a pair each is read behind the other, so each side has its own values,
/// and $NAME of one file is known in the other.
using Sources = std::map<std::string_view, Values>;

/// Reads of a file not much more than `most` bytes; a longer text tells that the file is larger. "" for a file that is
/// not there. Throws ConfigError: it cannot be read, or is no regular file.
std::string text_of(const std::string& path, std::size_t most);

/// The settings of the file `postrider` alone. Throws ConfigError as read_folder().
Values read_own(const std::filesystem::path& folder);
/// The file authdaemonrc alone.
Values read_auth(const std::filesystem::path& folder);

/// Throws ConfigError: no such folder, a file that cannot be read or is no settings file.
Sources read_folder(const std::filesystem::path& folder);

}  // namespace postrider::config
