// `postrider serve`: the server in the foreground, with the settings of a configuration folder.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/config_folder.hpp"
#include "cli/subcommand.hpp"
#include "config/config.hpp"
#include "service/exit_codes.hpp"
#include "service/server.hpp"

namespace postrider::cli {

namespace {

config::Assignment override_of(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw std::runtime_error("--set " + text + ": NAME=VALUE expected");
    }
    return {text.substr(0, equals), text.substr(equals + 1), "--set", 0};
}

int run(const Invocation& invocation) {
    CLI::App app("Serves IMAP and POP3 until SIGTERM; SIGHUP reads settings and certificates again.",
                 invocation.program);
    std::string folder = standard_config_folder();
    std::vector<std::string> values;
    app.add_option("--config-dir", folder, "folder of imapd, imapd-ssl, pop3d, pop3d-ssl, authdaemonrc, postrider")
        ->capture_default_str();
    app.add_option("--set", values, "NAME=VALUE: wins over the files; pop3d/NAME=VALUE for a name that IMAP has too")
        ->expected(1)
        ->take_all();
    std::vector<std::string> arguments(invocation.arguments.rbegin(), invocation.arguments.rend());
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    std::vector<config::Assignment> overrides;
    for (const std::string& value : values) {
        overrides.push_back(override_of(value));
    }
    const auto load = [folder, overrides] { return config::load(folder, overrides).settings; };
    service::Settings settings;
    try {
        settings = load();
    } catch (const std::exception& error) {
        throw service::StartError(service::exit_settings, error.what());
    }
    return service::serve(settings, load, [] { std::fputs("INFO: ready\n", stderr); });
}

}  // namespace

const Subcommand sub_serve = {
    .name = "serve",
    .summary = "run the server",
    .run = run,
};

}  // namespace postrider::cli
