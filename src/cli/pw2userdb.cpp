// pw2userdb: prints the system's accounts as userdb lines. compat/userdb.md section 7.
#include <pwd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
        if (c == ':') {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    return fields;
}

/// Name -> password of the shadow file; empty when it cannot be read.
std::map<std::string, std::string> shadow_passwords(const Options& options) {
    std::map<std::string, std::string> passwords;
    std::ifstream in;
    if (!options.no_shadow) {
        in.open(options.shadow);
    }
    for (std::string line; std::getline(in, line);) {
        const auto fields = split(line);
        if (fields.size() >= 2) {
            passwords.emplace(fields[0], fields[1]);
        }
    }
    return passwords;
}

struct Entry {
    std::string name, password, uid, gid, gecos, home, shell;
};

/// None: a comment, a NIS line, or no account.
std::optional<Entry> entry_of(const std::string& line) {
    auto fields = split(line);
    if (line.starts_with('#') || fields.size() < 6 || fields[0].empty() || fields[2].empty() || fields[3].empty()) {
        return std::nullopt;
    }
    fields.resize(std::max<std::size_t>(fields.size(), 7));
    return Entry{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]};
}

/// The fields of a userdb line cannot hold its separator.
bool fits(const Entry& entry) {
    const auto has_bar = [](const std::string& text) { return text.find('|') != std::string::npos; };
    return !has_bar(entry.uid) && !has_bar(entry.gid) && !has_bar(entry.home) && !has_bar(entry.shell) &&
           !has_bar(entry.password);
}

void print(const Entry& entry, const Options& options) {
    const std::string name = entry.name + options.domain;
    std::cout << name << "\tuid=" << entry.uid << "|gid=" << entry.gid << "|home=" << entry.home;
    const auto print_if_set = [](std::string_view field, const std::string& value) {
        if (!value.empty()) {
            std::cout << '|' << field << '=' << value;
        }
    };
    print_if_set("shell", entry.shell);
    print_if_set("systempw", entry.password);
    print_if_set("gecos", entry.gecos);
    std::cout << '\n';
    if (!options.no_uid) {
        std::cout << entry.uid << "=\t" << name << '\n';
    }
}

/// Gives the exit code.
int print_all(std::istream& in, const Options& options, const passwd* vpopmail) {
    const auto shadow = shadow_passwords(options);
    for (std::string line; std::getline(in, line);) {
        auto entry = entry_of(line);
        if (!entry) {
            continue;
        }
        const auto hidden = shadow.find(entry->name);
        if (hidden != shadow.end()) {
            entry->password = hidden->second;
        } else if (entry->password == "x") {
            entry->password.clear();
        }
        if (vpopmail != nullptr) {
            entry->uid = std::to_string(vpopmail->pw_uid);
            entry->gid = std::to_string(vpopmail->pw_gid);
        }
        std::ranges::replace(entry->gecos, '|', '.');
        if (fits(*entry)) {
            print(*entry, options);
        } else {
            std::cerr << entry->name << ": left out, a field holds \"|\"\n";
        }
    }
    return 0;
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
    const passwd* vpopmail = options->vpopmail_ids ? ::getpwnam("vpopmail") : nullptr;
    if (options->vpopmail_ids && vpopmail == nullptr) {
        std::cerr << invocation.program << ": there is no account vpopmail\n";
        return 1;
    }
    std::ifstream in(options->passwd);
    if (!in) {
        const int error = errno;
        std::cerr << options->passwd << ": " << std::strerror(error) << '\n';
        return error;
    }
    return finished(invocation, print_all(in, *options, vpopmail));
}

}  // namespace

const Subcommand sub_pw2userdb = {
    .name = "pw2userdb",
    .summary = "print the system's accounts as userdb lines",
    .link = "pw2userdb",
    .run = run,
};

}  // namespace postrider::cli
