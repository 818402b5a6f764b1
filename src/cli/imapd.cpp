// `postrider imapd [MAILDIR]`: one session on stdin and stdout, as Courier's imapd from a shell.
// compat/imap.md section 1, compat/config.md section 6.1.
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/config_folder.hpp"
#include "cli/subcommand.hpp"
#include "config/config.hpp"
#include "core/version.hpp"
#include "service/server.hpp"

namespace postrider::cli {

namespace {

std::string user_name() {
    if (const char* name = std::getenv("AUTHENTICATED"); name != nullptr && *name != '\0') {
        return name;
    }
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

std::string maildir_of(const Invocation& invocation) {
    if (!invocation.arguments.empty()) {
        return invocation.arguments.front();
    }
    const char* variable = std::getenv("MAILDIR");
    return variable != nullptr && *variable != '\0' ? variable : "./Maildir";
}

/// The settings of the site where they can be read; a lone mail user has none and gets the defaults.
service::Settings settings_of_site() {
    const std::string folder = standard_config_folder();
    std::error_code ignored;
    return std::filesystem::is_directory(folder, ignored) ? config::load(folder).settings : service::Settings{};
}

int run(const Invocation& invocation) {
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
    auth::Account account;
    account.address = user_name();
    account.uid = ::geteuid();
    account.gid = ::getegid();
    if (const char* options = std::getenv("OPTIONS"); options != nullptr) {
        account.options = options;
    }
    return service::serve_standard_streams(settings, std::move(account), maildir_of(invocation));
}

}  // namespace

const Subcommand sub_imapd = {
    .name = "imapd",
    .summary = "one IMAP session on stdin and stdout, logged in already",
    .link = "imapd",
    .run = run,
};

}  // namespace postrider::cli
