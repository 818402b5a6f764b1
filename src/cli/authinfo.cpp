// authinfo: where accounts come from on this system, one NAME=value a line. compat/auth.md section 8.4.
#include <array>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "auth/pipe.hpp"
#include "cli/auth_call.hpp"
#include "cli/json.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"
#include "core/version.hpp"

namespace postrider::cli {

namespace {

void print_help(const std::string& program) {
    std::cout << "Usage: " << program
              << " [--config-dir DIR] [--socket PATH] [--json]\n\n"
                 "Prints which modules are asked for accounts, their files, and the authdaemon socket.\n";
}

int run(const Invocation& invocation) {
    const auto call = auth_call(invocation);
    if (call.help) {
        print_help(invocation.program);
        return finished(invocation, 0);
    }
    if (!call.arguments.empty()) {
        std::cerr << "Usage: authinfo\n";
        return 1;
    }
    const auto in_folder = [&call](std::string_view file) { return call.folder + '/' + std::string(file); };
    const std::array<std::pair<std::string_view, std::string>, 8> rows{{
        {"version", std::string(version)},
        {"authmodulelist", authdaemonrc_value(call.folder, "authmodulelist")},
        {"authdaemonrc", in_folder("authdaemonrc")},
        {"userdb", in_folder("userdb")},
        {"authldaprc", in_folder("authldaprc")},
        {"authpipe", in_folder(auth::authpipe_program)},
        {"authcustom", in_folder(auth::authcustom_program)},
        {"socket", call.socket},
    }};
    std::string separator = "{";
    for (const auto& [name, value] : rows) {
        if (call.json) {
            std::cout << std::exchange(separator, ", ") << '"' << name << "\": " << json_string(value);
        } else {
            std::cout << name << '=' << value << '\n';
        }
    }
    std::cout << (call.json ? "}\n" : "");
    return finished(invocation, 0);
}

}  // namespace

const Subcommand sub_authinfo = {
    .name = "authinfo",
    .summary = "show where accounts come from",
    .link = "authinfo",
    .run = run,
};

}  // namespace postrider::cli
