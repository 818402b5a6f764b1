#include "cli/passwd_lines.hpp"

#include <pwd.h>

#include <algorithm>
#include <fstream>
#include <istream>
#include <ostream>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace postrider::cli {

namespace {

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

/// The fields of a userdb line cannot hold its separator, nor the name what ends it.
bool fits(const Entry& entry) {
    const auto has_bar = [](const std::string& text) { return text.find('|') != std::string::npos; };
    return entry.name.find('\t') == std::string::npos && !has_bar(entry.uid) && !has_bar(entry.gid) &&
           !has_bar(entry.home) && !has_bar(entry.shell) && !has_bar(entry.password);
}

void print(const Entry& entry, const PasswdOptions& options, std::ostream& out) {
    const std::string name = entry.name + options.domain;
    out << name << "\tuid=" << entry.uid << "|gid=" << entry.gid << "|home=" << entry.home;
    const auto print_if_set = [&out](std::string_view field, const std::string& value) {
        if (!value.empty()) {
            out << '|' << field << '=' << value;
        }
    };
    print_if_set("shell", entry.shell);
    print_if_set("systempw", entry.password);
    print_if_set("gecos", entry.gecos);
    out << '\n';
    if (options.reverse_lines) {
        out << entry.uid << "=\t" << name << '\n';
    }
}

}  // namespace

void print_passwd(std::istream& in, const PasswdOptions& options, std::ostream& out, std::ostream& errors) {
    for (std::string line; std::getline(in, line);) {
        auto entry = entry_of(line);
        if (!entry) {
            continue;
        }
        const auto hidden = options.hidden_passwords.find(entry->name);
        if (hidden != options.hidden_passwords.end()) {
            entry->password = hidden->second;
        } else if (entry->password == "x") {
            entry->password.clear();
        }
        if (options.ids) {
            entry->uid = options.ids->uid;
            entry->gid = options.ids->gid;
        }
        std::ranges::replace(entry->gecos, '|', '.');
        if (fits(*entry)) {
            print(*entry, options, out);
        } else {
            errors << log_safe(entry->name) << ": left out, it holds what userdb divides its records by\n";
        }
    }
}

std::map<std::string, std::string> shadow_passwords(const std::string& path) {
    std::map<std::string, std::string> passwords;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const auto fields = split(line);
        if (fields.size() >= 2 && !line.starts_with('#')) {
            passwords.emplace(fields[0], fields[1]);
        }
    }
    return passwords;
}

std::optional<Vpopmail> vpopmail_account() {
    const passwd* found = ::getpwnam("vpopmail");
    if (found == nullptr) {
        return std::nullopt;
    }
    return Vpopmail{{std::to_string(found->pw_uid), std::to_string(found->pw_gid)}, found->pw_dir};
}

}  // namespace postrider::cli
