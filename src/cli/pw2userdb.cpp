// pw2userdb: prints the system's accounts as userdb lines. compat/userdb.md section 7.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/passwd_lines.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"
#include "core/text.hpp"

namespace postrider::cli {

namespace {

constexpr int exit_bad_option = 255;

struct Options {
    std::string passwd = "/etc/passwd";
    std::string shadow = "/etc/shadow";
    std::string domain;  ///< with "@"
    bool no_shadow = false;
    bool no_uid = false;
    bool vpopmail_ids = false;
};

struct OptionRow {
    std::string_view name;
    std::string Options::*text;  ///< takes a value
    bool Options::*flag;
};

constexpr std::array option_rows{
    OptionRow{"domain", &Options::domain, nullptr}, OptionRow{"noshadow", nullptr, &Options::no_shadow},
    OptionRow{"nouid", nullptr, &Options::no_uid},  OptionRow{"passwd", &Options::passwd, nullptr},
    OptionRow{"shadow", &Options::shadow, nullptr}, OptionRow{"vpopuid", nullptr, &Options::vpopmail_ids},
};

/// The option that `name` is or begins. Null, with a message on stderr: none, or more than one.
const OptionRow* find_option(std::string_view name) {
    const OptionRow* found = nullptr;
    std::string candidates;
    for (const auto& row : option_rows) {
        if (iequals(row.name, name)) {
            return &row;
        }
        if (!name.empty() && istarts_with(row.name, name)) {
            candidates += candidates.empty() ? "" : ", ";
            candidates += row.name;
            found = &row;
        }
    }
    if (found == nullptr) {
        std::cerr << "Unknown option: " << name << '\n';
    } else if (candidates != found->name) {
        std::cerr << "Option " << name << " is ambiguous (" << candidates << ")\n";
        found = nullptr;
    }
    return found;
}

/// None, with a message on stderr: an option is wrong. Arguments that are no options are ignored, as Courier's does.
std::optional<Options> parse(const std::vector<std::string>& arguments) {
    Options options;
    for (auto next = arguments.begin(); next != arguments.end(); ++next) {
        std::string_view word = *next;
        if (word == "--") {
            break;
        }
        if (word.size() < 2 || word.front() != '-') {
            continue;
        }
        word.remove_prefix(word.starts_with("--") ? 2 : 1);
        const auto equals = word.find('=');
        const auto* row = find_option(word.substr(0, equals));
        if (row == nullptr) {
            return std::nullopt;
        }
        const bool has_value = equals != std::string_view::npos;
        if (row->flag != nullptr && !has_value) {
            options.*(row->flag) = true;
        } else if (row->text != nullptr && (has_value || next + 1 != arguments.end())) {
            options.*(row->text) = has_value ? std::string(word.substr(equals + 1)) : *++next;
        } else {
            std::cerr << "Option " << row->name
                      << (has_value ? " does not take an argument\n" : " requires an argument\n");
            return std::nullopt;
        }
    }
    options.domain.insert(0, options.domain.empty() ? "" : "@");
    return options;
}

int run(const Invocation& invocation) {
    const auto call = userdb_call(invocation);
    if (call.help) {
        std::cout << "Usage: " << invocation.program
                  << " [--passwd=FILE] [--shadow=FILE] [--noshadow] [--nouid] [--domain=DOMAIN] [--vpopuid]\n\n"
                     "Prints the accounts of /etc/passwd and /etc/shadow as lines for userdb.\n";
        return finished(invocation, 0);
    }
    const auto options = call.json ? std::nullopt : parse(call.arguments);
    if (!options) {
        std::cerr << "Invalid options.\n";
        return exit_bad_option;
    }
    const auto vpopmail = options->vpopmail_ids ? vpopmail_account() : std::nullopt;
    if (options->vpopmail_ids && !vpopmail) {
        std::cerr << invocation.program << ": there is no account vpopmail\n";
        return 1;
    }
    std::ifstream in(options->passwd);
    if (!in) {
        const int error = errno;
        std::cerr << options->passwd << ": " << std::strerror(error) << '\n';
        return error;
    }
    PasswdOptions how{.hidden_passwords = {}, .domain = options->domain, .ids = {}, .reverse_lines = !options->no_uid};
    if (!options->no_shadow) {
        how.hidden_passwords = shadow_passwords(options->shadow);
    }
    if (vpopmail) {
        how.ids = vpopmail->ids;
    }
    print_passwd(in, how, std::cout, std::cerr);
    return finished(invocation, 0);
}

}  // namespace

const Subcommand sub_pw2userdb = {
    .name = "pw2userdb",
    .summary = "print the system's accounts as userdb lines",
    .link = "pw2userdb",
    .run = run,
};

}  // namespace postrider::cli
