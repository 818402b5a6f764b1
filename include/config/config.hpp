// Courier's settings files, read without a shell: text -> checked service::Settings. compat/config.md sections 1-5.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/settings.hpp"

namespace postrider::config {

/// What stops a start: "FILE:LINE: NAME: what was found and what is expected".
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One assignment as it was read.
struct Assignment {
    std::string name;
    std::string value;  ///< after quoting and expansion
    std::string file;
    int line = 0;
};

/// Where a message about a settings file points.
struct FileSyntaxError {
    int line = 0;
    std::string reason;
};

/// Reads NAME=value lines as sh would: '…', "…", backslash, # comments, several words after a value refused,
/// $NAME and ${NAME} from `known` and from earlier lines. What only a shell could do — $(…), `…`, other commands —
/// is an error that says so. "export NAME=value" is taken. Gives the assignments in order. Pure.
boost::system::result<std::vector<Assignment>, FileSyntaxError> parse_shell_assignments(
    std::string_view text, const std::string& file, const std::map<std::string, std::string>& known);

/// authdaemonrc's own syntax. compat/config.md section 8.
boost::system::result<std::vector<Assignment>, FileSyntaxError> parse_authdaemonrc(std::string_view text,
                                                                                   const std::string& file);

enum class Type : std::uint8_t { text, path, number, seconds, on_off, yes_no, ports, words, choice };

/// One row of the settings table.
struct Setting {
    std::string_view name;
    std::string_view file;  ///< "imapd", "imapd-ssl", "pop3d", "pop3d-ssl", "authdaemonrc", "postrider"
    Type type;
    std::string_view unit;      ///< "", "seconds", "connections" ...
    std::string_view standard;  ///< our default, as it would be written
    std::string_view courier;   ///< Courier's shipped default where it differs; "" otherwise
    std::string_view limits;    ///< for people: "1..65535"
    std::string_view sentence;  ///< what it does
};

std::span<const Setting> settings_table();

/// A setting that is set, and by what.
struct Winner {
    const Setting* setting;
    Assignment assignment;
};

/// A configuration folder's files, checked in full.
struct Loaded {
    service::Settings settings;
    std::vector<Winner> in_force;    ///< in the table's order; settings at their defaults are left out
    std::vector<std::string> notes;  ///< for `config check`: defaults that differ, settings not used by us
};

/// Which files win: for the plain listener imapd over imapd-ssl, for TLS settings imapd-ssl over imapd; the same for
/// pop3d and pop3d-ssl. A missing file reads as an empty one; a folder that is not there throws. Values given in
/// `overrides` (from the command line, "NAME=value", or "FILE/NAME=value" where two files have a setting of the name:
/// alone it is IMAP's) win over every file.
/// Throws ConfigError.
Loaded load(const std::filesystem::path& folder, const std::vector<Assignment>& overrides = {});

/// What the commands that steer a running server need to know.
struct ControlSettings {
    std::string socket;  ///< CONTROL_SOCKET
    std::chrono::seconds shutdown_time{0};
};

/// Reads nothing but these two, so that a mistake elsewhere does not keep anybody from the running server.
/// Throws ConfigError.
ControlSettings load_control(const std::filesystem::path& folder);

/// Where accounts can be asked for: AUTHDAEMON_SOCKET, else "socket" in authdaemonvar. Reads nothing but these two.
/// Throws ConfigError.
std::string load_authdaemon_socket(const std::filesystem::path& folder);

/// `config show`: one line a setting; with explain the sentence, default and file too.
std::string show(const Loaded& loaded, bool explain, bool json);

/// The text of a sample file (config/NAME) and of the manual page's settings section, made from the table.
std::string sample_file(std::string_view file);
std::string manual_section(std::string_view file);

}  // namespace postrider::config
