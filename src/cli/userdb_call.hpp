// What the userdb tools share: where userdb is, and the options that only "postrider SUBCOMMAND" has.
#pragma once

#include <string>
#include <vector>

#include "cli/subcommand.hpp"

namespace postrider::cli {

struct UserdbCall {
    std::string userdb;                  ///< path of the source: a file or a folder
    std::vector<std::string> arguments;  ///< without the leading options that were taken
    bool help = false;
    bool json = false;
};

/// Takes leading "--config-dir DIR", "--json" and "--help", unless called through a link with Courier's name.
/// userdb: DIR/userdb; DIR else $POSTRIDER_CONFIG_DIR, else /etc/courier.
UserdbCall userdb_call(const Invocation& invocation);

/// Whether a symbolic link stands at `path`; then says on stderr, as Courier does, that this is the wrong program.
bool refuses_symlink(const std::string& program, const std::string& path);

/// Flushes standard output. Gives `code`, or 1 with a message when the output could not be written.
int finished(const Invocation& invocation, int code);

}  // namespace postrider::cli
