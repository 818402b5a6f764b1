#include "cli/control_call.hpp"

#include <unistd.h>

#include <cerrno>
#include <iostream>

#include "cli/config_folder.hpp"
#include "config/config.hpp"
#include "service/exit_codes.hpp"

namespace postrider::cli {

namespace {

config::ControlSettings settings_in(const std::string& folder) {
    const std::string file = folder + "/postrider";
    if (::access(file.c_str(), R_OK) != 0 && errno == EACCES) {
        throw service::StartError(exit_not_permitted, file + ": not permitted");
    }
    try {
        return config::load_control(folder);
    } catch (const config::ConfigError& error) {
        throw service::StartError(exit_not_done, error.what() + std::string("; --socket works without the settings"));
    }
}

}  // namespace

ControlCall::ControlCall(const Invocation& invocation, const std::string& description)
    : app_(description, invocation.program),
      arguments_(invocation.arguments.rbegin(), invocation.arguments.rend()),
      folder_(standard_config_folder()) {
    app_.add_option("--config-dir", folder_, "folder of the settings that the server was started with")
        ->capture_default_str();
    app_.add_option("--socket", socket_, "the server's control socket; without it CONTROL_SOCKET of the settings");
    app_.add_flag("--json", json_, "print JSON");
}

std::optional<int> ControlCall::parse() {
    try {
        app_.parse(arguments_);
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        return app_.exit(error, std::cout, std::cerr) == 0 ? 0 : service::exit_usage;
    }
}

service::ControlClient ControlCall::client() const {
    const std::string path = socket_.empty() ? settings_in(folder_).socket : socket_;
    if (path.empty()) {
        throw service::StartError(exit_no_server, "CONTROL_SOCKET is empty: the server listens to no orders");
    }
    return service::ControlClient(path);
}

std::chrono::seconds ControlCall::shutdown_time() const {
    try {
        return settings_in(folder_).shutdown_time;
    } catch (const service::StartError&) {
        return service::RoleSettings().shutdown_time;
    }
}

void end_with(const Error& error) {
    const int code = error.code == Code::unavailable     ? exit_no_server
                     : error.code == Code::not_permitted ? exit_not_permitted
                                                         : exit_not_done;
    throw service::StartError(code, error.detail);
}

int printed(std::string_view text) {
    std::cout << text << std::flush;
    if (std::cout) {
        return 0;
    }
    std::cerr << "cannot write to standard output\n";
    return exit_not_done;
}

}  // namespace postrider::cli
