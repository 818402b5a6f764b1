// postrider config: looks at the settings without starting anything. docs/man/postrider.8.
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_folder.hpp"
#include "cli/subcommand.hpp"
#include "config/config.hpp"

namespace postrider::cli {

namespace {

constexpr std::string_view usage =
    "usage: postrider config check [--config-dir DIR]\n"
    "       postrider config show [--config-dir DIR] [--explain] [--json]\n"
    "       postrider config sample imapd|imapd-ssl|pop3d|pop3d-ssl|authdaemonrc|postrider\n"
    "       postrider config manual imapd|imapd-ssl|pop3d|pop3d-ssl|authdaemonrc|postrider\n"
    "DIR is $POSTRIDER_CONFIG_DIR or /etc/courier where it is not given.\n";

void print(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
}

/// Gives the exit code: a full disk or a closed pipe is a failure, too.
int printed(std::string_view text) {
    print(stdout, text);
    if (std::fflush(stdout) == 0) {
        return 0;
    }
    print(stderr, "cannot write to standard output\n");
    return 1;
}

struct Options {
    std::string verb;
    std::string file;
    std::filesystem::path folder = standard_config_folder();
    bool folder_given = false;
    bool explain = false;
    bool json = false;
    bool help = false;

    bool reads_folder() const { return verb == "check" || verb == "show"; }
};

/// What of the options does not fit the verb; "" when all is well.
std::string misfit(const Options& options) {
    const bool prints_file = options.verb == "sample" || options.verb == "manual";
    if (options.verb.empty()) {
        return "a verb is missing";
    }
    if (!options.reads_folder() && !prints_file) {
        return "unknown verb " + options.verb;
    }
    if (prints_file == options.file.empty()) {
        return prints_file ? options.verb + " needs the name of a file" : "unexpected argument " + options.file;
    }
    if ((options.explain || options.json) && options.verb != "show") {
        return "--explain and --json belong to show";
    }
    return options.folder_given && prints_file ? "--config-dir belongs to check and show" : "";
}

/// What is wrong with the arguments; "" when nothing is.
std::string read_options(const std::vector<std::string>& arguments, Options& options) {
    constexpr std::string_view folder_option = "--config-dir";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument == folder_option && i + 1 < arguments.size()) {
            options.folder = arguments[++i];
            options.folder_given = true;
        } else if (argument.starts_with(std::string(folder_option) + '=')) {
            options.folder = argument.substr(folder_option.size() + 1);
            options.folder_given = true;
        } else if (argument == "--explain") {
            options.explain = true;
        } else if (argument == "--json") {
            options.json = true;
        } else if (argument == "--help") {
            options.help = true;
        } else if (argument.empty() || argument.starts_with('-') || !options.file.empty()) {
            return argument == folder_option ? argument + " needs a folder" : "unexpected argument " + argument;
        } else {
            (options.verb.empty() ? options.verb : options.file) = argument;
        }
    }
    return options.help ? "" : misfit(options);
}

int check(const Options& options) {
    const auto loaded = config::load(options.folder);
    std::string notes;
    for (const std::string& note : loaded.notes) {
        notes += "note: " + note + '\n';
    }
    return printed(notes + options.folder.string() + ": the settings are good\n");
}

int run(const Invocation& invocation) {
    Options options;
    const std::string wrong = read_options(invocation.arguments, options);
    if (!wrong.empty()) {
        print(stderr, invocation.program + ": " + wrong + '\n' + std::string(usage));
        return 1;
    }
    if (options.help) {
        return printed(usage);
    }
    try {
        if (options.verb == "check") {
            return check(options);
        }
        if (options.verb == "show") {
            return printed(config::show(config::load(options.folder), options.explain, options.json));
        }
    } catch (const config::ConfigError& error) {
        print(stderr, invocation.program + ": " + error.what() + '\n');
        return 1;
    }
    const std::string text =
        options.verb == "sample" ? config::sample_file(options.file) : config::manual_section(options.file);
    if (text.empty()) {
        print(stderr, invocation.program + ": there is no settings file " + options.file + '\n' + std::string(usage));
        return 1;
    }
    return printed(text);
}

}  // namespace

extern const Subcommand sub_config = {.name = "config", .summary = "check, show and explain the settings", .run = run};

}  // namespace postrider::cli
