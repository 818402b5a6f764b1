#include "cli/auth_call.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "cli/config_folder.hpp"
#include "cli/leading_option.hpp"
#include "config/config.hpp"
#include "core/text.hpp"

namespace postrider::cli {

namespace {

constexpr const char* courier_socket = "/run/courier/authdaemon/socket";

/// Where there are no settings, as on a machine that only asks, it is Courier's.
std::string socket_of(const std::string& folder) {
    try {
        return config::load_authdaemon_socket(folder);
    } catch (const config::ConfigError&) {
        return courier_socket;
    }
}

void set_seconds(const char* variable, std::chrono::steady_clock::duration& time) {
    const char* const text = std::getenv(variable);
    if (const auto seconds = text != nullptr ? parse_decimal<std::uint16_t>(text) : std::nullopt) {
        time = std::chrono::seconds(*seconds);
    }
}

}  // namespace

std::string authdaemonrc_value(const std::string& folder, std::string_view name) {
    const std::string path = folder + "/authdaemonrc";
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto read = config::parse_authdaemonrc(text, path);
    std::string value;
    if (read) {
        for (const config::Assignment& assignment : *read) {
            value = assignment.name == name ? assignment.value : value;
        }
    }
    return value;
}

AuthCall auth_call(const Invocation& invocation) {
    AuthCall call;
    call.folder = standard_config_folder();
    const auto& arguments = invocation.arguments;
    std::size_t at = 0;
    while (!invocation.by_courier_name && at < arguments.size()) {
        if (const auto folder = take_leading("--config-dir", arguments, at, call.folder); folder != 0) {
            at += folder;
        } else if (const auto socket = take_leading("--socket", arguments, at, call.socket); socket != 0) {
            at += socket;
        } else if (arguments[at] == "--json" || arguments[at] == "--help") {
            (arguments[at] == "--json" ? call.json : call.help) = true;
            ++at;
        } else {
            break;
        }
    }
    call.arguments.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    if (call.socket.empty()) {
        call.socket = socket_of(call.folder);
    }
    return call;
}

auth::daemon::Client client_of(const AuthCall& call) {
    auth::daemon::ClientTimes times;
    set_seconds("TIMEOUT_SOCK", times.connect);
    set_seconds("TIMEOUT_WRITE", times.write);
    set_seconds("TIMEOUT_READ", times.reply);
    return auth::daemon::Client(call.socket, times);
}

std::string told(const Error& error) {
    if (error.code != Code::unavailable) {
        return std::generic_category().message(EIO);
    }
    std::cerr << "ERR: " << error.detail << '\n';
    return std::generic_category().message(EINVAL);
}

std::string told_refusal() {
    return std::generic_category().message(EPERM);
}

}  // namespace postrider::cli
