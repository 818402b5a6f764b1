// Picks the subcommand: by the name of the link we were called through, or by the first argument.
#include "cli/run.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "cli/subcommand.hpp"
#include "core/version.hpp"
#include "service/exit_codes.hpp"

namespace postrider::cli {

namespace {

constexpr std::array subcommands = {
    &sub_serve,     &sub_imapd,         &sub_pop3d,    &sub_who,           &sub_kick,       &sub_stats,
    &sub_reload,    &sub_stop,          &sub_config,   &sub_userdb,        &sub_userdbpw,   &sub_makeuserdb,
    &sub_pw2userdb, &sub_vchkpw2userdb, &sub_authtest, &sub_authenumerate, &sub_authpasswd, &sub_authinfo,
    &sub_front,     &sub_worker,        &sub_authpam,
};

const Subcommand* named(std::string_view name) {
    for (const Subcommand* subcommand : subcommands) {
        if (subcommand->name == name) {
            return subcommand;
        }
    }
    return nullptr;
}

const Subcommand* linked(std::string_view link) {
    for (const Subcommand* subcommand : subcommands) {
        for (const std::string_view name : {subcommand->link, subcommand->other_link}) {
            if (!name.empty() && name == link) {
                return subcommand;
            }
        }
    }
    return nullptr;
}

void print_help(std::FILE* out) {
    std::fprintf(out, "postrider %s: an IMAP and POP3 server for Maildir\n\nUsage: postrider SUBCOMMAND [options]\n\n",
                 std::string(version).c_str());
    for (const Subcommand* subcommand : subcommands) {
        if (subcommand->hidden) {
            continue;
        }
        std::fprintf(out, "  %-13s %s\n", std::string(subcommand->name).c_str(),
                     std::string(subcommand->summary).c_str());
    }
    std::fputs("\n`postrider SUBCOMMAND --help` tells the rest; postrider(8) is the manual.\n", out);
}

int run_checked(const Subcommand& subcommand, const Invocation& invocation) {
    try {
        return subcommand.run(invocation);
    } catch (const service::StartError& error) {
        std::fprintf(stderr, "%s: %s\n", invocation.program.c_str(), error.what());
        return error.code();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", invocation.program.c_str(), error.what());
        return 1;
    }
}

}  // namespace

int run(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::string_view path = argc > 0 ? argv[0] : "postrider";
    const std::string program(path.substr(path.rfind('/') + 1));
    if (const Subcommand* subcommand = linked(program)) {
        return run_checked(*subcommand, {program, true, std::move(arguments)});
    }
    if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h" ||
        arguments.front() == "help") {
        print_help(arguments.empty() ? stderr : stdout);
        return arguments.empty() ? 1 : 0;
    }
    if (arguments.front() == "--version") {
        std::printf("postrider %s\n", std::string(version).c_str());
        return 0;
    }
    const Subcommand* subcommand = named(arguments.front());
    if (subcommand == nullptr) {
        std::fprintf(stderr, "postrider: \"%s\" is no subcommand; `postrider --help` lists them\n",
                     arguments.front().c_str());
        return 1;
    }
    const std::string name = "postrider " + arguments.front();
    arguments.erase(arguments.begin());
    return run_checked(*subcommand, {name, false, std::move(arguments)});
}

}  // namespace postrider::cli
