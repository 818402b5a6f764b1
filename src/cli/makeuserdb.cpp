// makeuserdb: compiles the userdb source. compat/userdb.md section 3.
#include <iostream>
#include <string>

#include "auth/user_database.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"

namespace postrider::cli {

namespace {

int usage(const Invocation& invocation, std::ostream& out, int code) {
    out << "Usage: " << invocation.program << " [-f FILE_OR_DIRECTORY]\n";
    if (!invocation.by_courier_name) {
        out << "\nCompiles the userdb source to FILE.lmdb, which a running server reads from then on.\n\n"
               "  -f FILE           compile this source\n"
               "  --config-dir DIR  compile DIR/userdb; default: $POSTRIDER_CONFIG_DIR/userdb, /etc/courier/userdb\n";
    }
    return finished(invocation, code);
}

int run(const Invocation& invocation) {
    const auto call = userdb_call(invocation);
    if (call.help) {
        return usage(invocation, std::cout, 0);
    }
    std::string path = call.userdb;
    if (call.arguments.size() == 2 && call.arguments[0] == "-f") {
        path = call.arguments[1];
    } else if (call.arguments.size() == 1 && call.arguments[0].starts_with("-f") && call.arguments[0].size() > 2) {
        path = call.arguments[0].substr(2);
    } else if (!call.arguments.empty() || call.json) {
        return usage(invocation, std::cerr, 1);
    }
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    if (const auto failure = auth::compile_userdb(path)) {
        (failure->to_stdout && invocation.by_courier_name ? std::cout : std::cerr) << failure->message << '\n';
        return finished(invocation, failure->exit_code);
    }
    return 0;
}

}  // namespace

const Subcommand sub_makeuserdb = {
    .name = "makeuserdb",
    .summary = "compile the userdb source",
    .link = "makeuserdb",
    .run = run,
};

}  // namespace postrider::cli
