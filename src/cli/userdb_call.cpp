#include "cli/userdb_call.hpp"

#include <filesystem>
#include <iostream>
#include <system_error>

#include "cli/config_folder.hpp"
#include "cli/leading_option.hpp"

namespace postrider::cli {

UserdbCall userdb_call(const Invocation& invocation) {
    std::string folder = standard_config_folder();
    UserdbCall call;
    const auto& arguments = invocation.arguments;
    std::size_t at = 0;
    while (!invocation.by_courier_name && at < arguments.size()) {
        if (const auto taken = take_leading("--config-dir", arguments, at, folder); taken != 0) {
            at += taken;
        } else if (arguments[at] == "--json" || arguments[at] == "--help") {
            (arguments[at] == "--json" ? call.json : call.help) = true;
            ++at;
        } else {
            break;
        }
    }
    call.userdb = folder + "/userdb";
    call.arguments.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    return call;
}

bool refuses_symlink(const std::string& program, const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_symlink(path, ignored)) {
        return false;
    }
    std::cerr << "ERROR: Wrong " << program << " command.\n       (" << path << " is a symbolic link)\n";
    return true;
}

int finished(const Invocation& invocation, int code) {
    if (std::cout.flush()) {
        return code;
    }
    std::cerr << invocation.program << ": cannot write to standard output\n";
    return code != 0 ? code : 1;
}

}  // namespace postrider::cli
