#include "cli/standard_session.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "cli/config_folder.hpp"
#include "config/config.hpp"
#include "core/version.hpp"
#include "service/server.hpp"

namespace postrider::cli {

namespace {

/// "" for a variable that is not there.
std::string environment(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr ? value : "";
}

/// Whom Courier's login program put into the environment; from a shell, who runs us.
std::string user_name(Protocol protocol) {
    std::string name = protocol == Protocol::pop3 ? environment("AUTHADDR") : "";
    name = name.empty() ? environment("AUTHENTICATED") : name;
    if (!name.empty()) {
        return name;
    }
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

std::string maildir_of(const Invocation& invocation) {
    if (!invocation.arguments.empty()) {
        return invocation.arguments.front();
    }
    const std::string named = environment("MAILDIR");
    return named.empty() ? "./Maildir" : named;
}

/// The settings of the site where they can be read; a lone mail user has none and gets the defaults.
service::Settings settings_of_site() {
    const std::string folder = standard_config_folder();
    std::error_code ignored;
    return std::filesystem::is_directory(folder, ignored) ? config::load(folder).settings : service::Settings{};
}

}  // namespace

int run_standard_session(const Invocation& invocation, Protocol protocol) {
    if (!invocation.arguments.empty() && invocation.arguments.front() == "--version") {
        std::printf("postrider %s\n", std::string(version).c_str());
        return 0;
    }
    if (invocation.arguments.size() > 1 ||
        (!invocation.arguments.empty() && invocation.arguments.front().starts_with("--"))) {
        std::fprintf(stderr, "Usage: %s [MAILDIR]\n", invocation.program.c_str());
        return 1;
    }
    service::Settings settings = settings_of_site();
    settings.log = service::LogTarget::standard_error;
    settings.pop3.utf8_without_login = environment("UTF8") != "0";  // which Courier's login program sets
    auth::Account account;
    account.address = user_name(protocol);
    account.uid = ::geteuid();
    account.gid = ::getegid();
    account.options = environment("OPTIONS");
    return service::serve_standard_streams(settings, protocol, std::move(account), maildir_of(invocation));
}

}  // namespace postrider::cli
