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

/// Everything that was read. Of the pair imapd and imapd-ssl each is read behind the other, as Courier's two start
/// scripts do; so each side has its own values, and $NAME of one file is known in the other.
struct Sources {
    Values plain;  ///< imapd-ssl, then imapd
    Values tls;    ///< imapd, then imapd-ssl
    Values auth;
    Values own;

    const Values& of(std::string_view file) const {
        return file == "imapd" ? plain : file == "imapd-ssl" ? tls : file == "authdaemonrc" ? auth : own;
    }
};

/// Reads of a file not much more than `most` bytes; a longer text tells that the file is larger. "" for a file that is
/// not there. Throws ConfigError: it cannot be read, or is no regular file.
std::string text_of(const std::string& path, std::size_t most);

/// The settings of the file `postrider` alone. Throws ConfigError as read_folder().
Values read_own(const std::filesystem::path& folder);

/// Throws ConfigError: no such folder, a file that cannot be read or is no settings file.
Sources read_folder(const std::filesystem::path& folder);

}  // namespace postrider::config
