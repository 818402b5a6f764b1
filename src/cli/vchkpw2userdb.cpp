// vchkpw2userdb: prints vpopmail's accounts as userdb lines. compat/userdb.md section 8.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "auth/userdb_file.hpp"
#include "cli/leading_option.hpp"
#include "cli/passwd_lines.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"

namespace postrider::cli {

namespace {

namespace fs = std::filesystem;

constexpr int exit_bad_option = 255;

struct Options {
    std::string home;    ///< empty: of the account vpopmail
    std::string to_dir;  ///< empty: standard output
};

/// None: an option that does not exist, or an argument.
std::optional<Options> parse(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t at = 0; at < arguments.size();) {
        auto taken = take_leading("--vpopmailhome", arguments, at, options.home);
        if (taken == 0) {
            taken = take_leading("--todir", arguments, at, options.to_dir);
        }
        if (taken == 0) {
            return std::nullopt;
        }
        at += taken;
    }
    return options;
}

/// One vpasswd file.
struct Input {
    fs::path path;
    std::string domain;  ///< with "@"; empty: its accounts are plain names
    fs::path target;     ///< below --todir
};

/// users/vpasswd, then each domain's in the order of their names; "default" stands for no domain.
std::vector<Input> inputs_below(const fs::path& home) {
    std::vector<Input> inputs;
    std::error_code error;
    for (fs::directory_iterator next(home / "domains", error), end; !error && next != end; next.increment(error)) {
        const std::string name = next->path().filename();
        inputs.push_back({next->path() / "vpasswd", name == "default" ? "" : "@" + name, fs::path("domains") / name});
    }
    std::ranges::sort(inputs, {}, &Input::path);
    inputs.insert(inputs.begin(), {home / "users/vpasswd", "", "users"});
    std::erase_if(inputs, [](const Input& input) {
        std::error_code ignored;
        return !fs::is_regular_file(input.path, ignored);
    });
    return inputs;
}

/// Writes the file anew, unless it was replaced by a link to /dev/null. Gives what went wrong.
std::optional<std::string> write_file(const fs::path& path, const std::string& text) {
    std::error_code ignored;
    if (fs::is_character_file(path, ignored)) {
        return std::nullopt;
    }
    for (const auto& folder : {path.parent_path().parent_path(), path.parent_path()}) {
        if (!folder.empty() && ::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
            return folder.string() + ": " + std::strerror(errno);
        }
    }
    auto file = auth::UserdbFile::open(path);
    const auto failure =
        file ? file->change([&text](const std::string&) { return std::optional(text); }) : file.error();
    return failure ? std::optional(failure->message) : std::nullopt;
}

/// Gives the exit code.
int convert(const Invocation& invocation, const Options& options, const Vpopmail& vpopmail) {
    const auto inputs = inputs_below(options.home.empty() ? vpopmail.home : options.home);
    if (inputs.empty()) {
        std::cerr << invocation.program << ": no users/vpasswd and no domains/*/vpasswd in "
                  << (options.home.empty() ? vpopmail.home : options.home) << '\n';
        return 1;
    }
    for (const auto& input : inputs) {
        std::ifstream in(input.path);
        if (!in) {
            std::cerr << input.path.string() << ": " << std::strerror(errno) << '\n';
            return 1;
        }
        std::ostringstream text;
        print_passwd(in, {.hidden_passwords = {}, .domain = input.domain, .ids = vpopmail.ids, .reverse_lines = false},
                     text, std::cerr);
        if (options.to_dir.empty()) {
            std::cout << text.str();
        } else if (const auto failure = write_file(fs::path(options.to_dir) / input.target, text.str())) {
            std::cerr << *failure << '\n';
            return 1;
        }
    }
    return 0;
}

int run(const Invocation& invocation) {
    const auto call = userdb_call(invocation);
    if (call.help) {
        std::cout
            << "Usage: " << invocation.program
            << " [--vpopmailhome=DIR] [--todir=DIR]\n\n"
               "Prints vpopmail's accounts as lines for userdb, from users/vpasswd and domains/DOMAIN/vpasswd in\n"
               "the home folder of the account vpopmail.\n\n"
               "  --vpopmailhome=DIR  read them there\n"
               "  --todir=DIR         write a file for each vpasswd below DIR\n";
        return finished(invocation, 0);
    }
    const auto options = call.json ? std::nullopt : parse(call.arguments);
    if (!options) {
        std::cerr << "Invalid options.\n";
        return exit_bad_option;
    }
    const auto vpopmail = vpopmail_account();
    if (!vpopmail) {
        std::cerr << invocation.program << ": there is no account vpopmail\n";
        return 1;
    }
    return finished(invocation, convert(invocation, *options, *vpopmail));
}

}  // namespace

const Subcommand sub_vchkpw2userdb = {
    .name = "vchkpw2userdb",
    .summary = "print vpopmail's accounts as userdb lines",
    .link = "vchkpw2userdb",
    .run = run,
};

}  // namespace postrider::cli
