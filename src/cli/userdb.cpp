// userdb: shows and edits the source of the account database. compat/userdb.md section 5.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/userdb_file.hpp"
#include "auth/userdb_text.hpp"
#include "cli/json.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"
#include "cli/userdb_input.hpp"

namespace postrider::cli {

namespace {

constexpr int exit_usage = 1;
constexpr int exit_bad_argument = 22;
constexpr int exit_bad_value = 25;
constexpr int exit_refused = 255;

enum class Verb { show, set, unset, del };

struct Request {
    Verb verb = Verb::show;
    std::string file;
    std::optional<std::string> name;  ///< none: -show of all names
    std::vector<std::string> fields;
    bool json = false;
};

void print_usage(std::ostream& out, const std::string& program) {
    out << "Usage: " << program << " [path/.../ | -f file ]name set field=value field=value...\n";
    const std::string margin = "       " + program;
    out << margin << " [path/.../ | -f file ]name unset field field...\n";
    out << margin << " [path/.../ | -f file ]name del\n";
    out << margin << " -show [path/... | -f file ] [name]\n";
}

void print_help(const std::string& program) {
    print_usage(std::cout, program);
    std::cout << "\nEdits the text that makeuserdb compiles. \"set\" reads the value of a field without \"=\" from\n"
                 "standard input, one line each.\n\n"
                 "  --config-dir DIR  use DIR/userdb; default: $POSTRIDER_CONFIG_DIR/userdb, /etc/courier/userdb\n"
                 "  --json            print what -show gives as JSON\n"
                 "These stand before all others.\n";
}

std::optional<Verb> verb_of(std::string_view word) {
    if (word == "set") {
        return Verb::set;
    }
    if (word == "unset") {
        return Verb::unset;
    }
    return word == "del" ? std::optional(Verb::del) : std::nullopt;
}

/// "a/b/name": the record `name` of the file a/b below userdb.
void choose_file(Request& request, const std::string& userdb) {
    request.file = userdb;
    const auto slash = request.name ? request.name->rfind('/') : std::string::npos;
    if (slash != std::string::npos) {
        request.file += "/" + request.name->substr(0, slash);
        request.name->erase(0, slash + 1);
    }
}

/// None: not what the usage says.
std::optional<Request> parse(const UserdbCall& call) {
    auto next = call.arguments.begin();
    const auto end = call.arguments.end();
    Request request{.json = call.json};
    const bool show = next != end && *next == "-show";
    next += show ? 1 : 0;
    const bool named_file = end - next >= 2 && *next == "-f";
    if (named_file) {
        request.file = next[1];
        next += 2;
    }
    if (next != end) {
        request.name = *next++;
    }
    if (!named_file) {
        choose_file(request, call.userdb);
    }
    if (show) {
        return next == end ? std::optional(request) : std::nullopt;
    }
    const auto verb = next == end ? std::nullopt : verb_of(*next++);
    request.fields.assign(next, end);
    if (!verb || call.json || request.name->empty() || (verb == Verb::del && !request.fields.empty())) {
        return std::nullopt;
    }
    request.verb = *verb;
    return request;
}

std::string fields_as_json(const std::vector<std::string_view>& fields) {
    std::string out = "[";
    for (const auto field : fields) {
        const auto equals = field.find('=');
        const bool has_value = equals != std::string_view::npos;
        out += out.size() > 1 ? "," : "";
        out += "{\"name\":" + json_string(field.substr(0, equals)) +
               ",\"value\":" + (has_value ? json_string(field.substr(equals + 1)) : "null") + "}";
    }
    return out + "]";
}

std::string names_as_json(const std::vector<std::string_view>& names) {
    std::string out = "[";
    for (const auto name : names) {
        out += out.size() > 1 ? "," : "";
        out += json_string(name);
    }
    return out + "]";
}

int show(const Request& request) {
    const auto text = auth::read_userdb_file(request.file);
    if (!text) {
        std::cerr << text.error().message << '\n';
        return text.error().exit_code;
    }
    const auto fields = request.name ? auth::record_fields(*text, *request.name) : std::nullopt;
    const auto lines = request.name ? fields.value_or(std::vector<std::string_view>()) : auth::record_names(*text);
    if (!request.json) {
        for (const auto line : lines) {
            std::cout << line << '\n';
        }
        if (fields && fields->empty()) {
            std::cout << '\n';  // as Courier shows that there is a record
        }
    } else if (!request.name) {
        std::cout << names_as_json(lines) << '\n';
    } else if (!fields) {
        std::cout << "null\n";
    } else {
        std::cout << "{\"name\":" << json_string(*request.name) << ",\"fields\":" << fields_as_json(lines) << "}\n";
    }
    return 0;
}

/// What would make a line of the source mean something else.
bool is_damaging(std::string_view text) {
    return text.find_first_of("|\n") != std::string_view::npos;
}

bool is_bad_name(std::string_view name) {
    return name.front() == '#' || name.find_first_of("\t\n") != std::string_view::npos;
}

/// Completes the fields that stand without a value by lines of standard input. Gives an exit code, 0 for done.
int read_values(Request& request) {
    for (auto& field : request.fields) {
        if (field.find('=') != std::string::npos) {
            continue;
        }
        if (::isatty(STDIN_FILENO) != 0) {
            std::cout << *request.name << '.' << field << ": " << std::flush;
        }
        const auto value = read_line(STDIN_FILENO);
        if (!value) {
            return 1;
        }
        if (is_damaging(*value) || value->find('\0') != std::string::npos) {
            std::cerr << "Invalid value.\n";
            return exit_bad_value;
        }
        field += '=' + *value;
    }
    return 0;
}

std::string edited(const Request& request, const std::string& text) {
    switch (request.verb) {
        case Verb::show:
            break;
        case Verb::set:
            return auth::with_fields(text, *request.name, request.fields);
        case Verb::unset:
            return auth::without_fields(text, *request.name, request.fields);
        case Verb::del:
            return auth::without_record(text, *request.name);
    }
    return text;
}

int edit(Request& request) {
    if (is_bad_name(*request.name) || std::ranges::any_of(request.fields, is_damaging)) {
        std::cerr << "Invalid field or value.\n";
        return exit_bad_argument;
    }
    if (request.verb == Verb::set) {
        if (const int code = read_values(request); code != 0) {
            return code;
        }
    }
    auto file = auth::UserdbFile::open(request.file);
    if (!file) {
        std::cerr << file.error().message << '\n';
        return file.error().exit_code;
    }
    const auto failure = file->change([&request](const std::string& text) {
        auto changed = edited(request, text);
        return changed == text ? std::nullopt : std::optional(std::move(changed));
    });
    if (failure) {
        std::cerr << failure->message << '\n';
        return failure->exit_code;
    }
    return 0;
}

int run(const Invocation& invocation) {
    const auto call = userdb_call(invocation);
    if (call.help) {
        print_help(invocation.program);
        return finished(invocation, 0);
    }
    if (refuses_symlink("userdb", call.userdb)) {
        return exit_refused;
    }
    auto request = parse(call);
    if (!request) {
        print_usage(std::cout, invocation.program);
        return finished(invocation, exit_usage);
    }
    return finished(invocation, request->verb == Verb::show ? show(*request) : edit(*request));
}

}  // namespace

const Subcommand sub_userdb = {
    .name = "userdb",
    .summary = "show and edit the accounts of the userdb source",
    .link = "userdb",
    .run = run,
};

}  // namespace postrider::cli
