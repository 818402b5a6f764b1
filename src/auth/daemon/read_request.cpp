// Requests as a client sends them: lines "NAME=VALUE", then one command. compat/auth.md section 3.
#include <boost/asio/ip/address.hpp>
#include <cstddef>

#include "auth/credential_fault.hpp"
#include "auth/daemon/lines.hpp"
#include "auth/daemon_text.hpp"
#include "core/limits.hpp"

namespace postrider::auth::daemon {

namespace {

using ReadRequest = std::variant<Unfinished, Malformed, Request>;
using Command = decltype(Request::command);

constexpr std::size_t address_bytes = 39;  // of which Courier looks at

/// The address, or "": it goes to other programs, so nothing but an address does.
std::string address_in(std::string_view value) {
    boost::system::error_code error;
    value = value.substr(0, address_bytes);
    const std::string text(value.substr(0, value.find('%')));  // any text may stand behind it
    boost::asio::ip::make_address(text, error);
    return error ? "" : text;
}

/// The next word and the blanks around it.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = take_field(text, ' ');
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return word;
}

ReadRequest read_find(std::string_view arguments, Request request) {
    const auto module = take_word(arguments);
    const auto service = take_word(arguments);
    if (arguments.empty()) {
        return Malformed{};
    }
    if (is_field(module) && is_field(service) && fault_of(arguments).empty()) {
        request.command = Find{std::string(service), std::string(arguments), std::string(module)};
    }
    return request;
}

Command log_in_of(std::string_view service, std::string_view data) {
    const auto user = take_field(data, '\n');
    const auto password = take_field(data, '\n');
    if (!is_field(user) || !is_field(password) || !fault_of(user, password).empty()) {
        return Hopeless{};
    }
    return LogIn{std::string(service), std::string(user), Secret(std::string(password))};
}

Command proof_of(std::string_view service, HmacHash hash, std::string_view data) {
    const auto challenge = base64_decode(take_field(data, '\n'));
    const auto response = base64_decode(take_field(data, '\n'));
    auto proof = challenge && response ? parse_cram_response(hash, *challenge, *response) : std::nullopt;
    if (!proof) {
        return Hopeless{};
    }
    return Prove{std::string(service), std::move(*proof)};
}

Command command_of(std::string_view body) {
    const auto service = take_field(body, '\n');
    const auto type = take_field(body, '\n');
    if (!is_field(service)) {
        return Hopeless{};
    }
    if (type == "login") {
        return log_in_of(service, body);
    }
    for (const CramMethod& method : cram_methods) {
        if (type == method.name) {
            return proof_of(service, method.hash, body);
        }
    }
    return Hopeless{};
}

ReadRequest read_auth(std::string_view size_text, std::string_view behind, Request request) {
    const auto size = parse_decimal<std::size_t>(size_text);
    if (!size || *size > limits::authdaemon_body_bytes) {
        return Malformed{};
    }
    if (behind.size() < *size) {
        return Unfinished{};
    }
    const auto body = behind.substr(0, *size);
    if (std::ranges::count(body, '\n') < 2) {
        return Malformed{};
    }
    request.command = command_of(body);
    return request;
}

ReadRequest read_change(std::string_view arguments, Request request) {
    if (std::ranges::count(arguments, '\t') < 3) {
        return Malformed{};
    }
    const auto service = take_field(arguments, '\t');
    const auto user = take_field(arguments, '\t');
    const auto old_password = take_field(arguments, '\t');
    const auto new_password = take_field(arguments, '\t');
    const bool plausible = is_field(service) && is_field(user) && is_field(old_password) && is_field(new_password) &&
                           fault_of(user, old_password).empty() && fault_of(user, new_password).empty();
    if (plausible && std::ranges::none_of(arguments, [](char c) { return is_control(c) && c != '\t'; })) {
        request.command = ChangePassword{std::string(service), std::string(user), Secret(std::string(old_password)),
                                         Secret(std::string(new_password))};
    }
    return request;
}

/// line: the command's; behind: what follows it. The request is Hopeless so far.
ReadRequest read_command(std::string_view line, std::string_view behind, Request request) {
    std::string_view arguments = line;
    const auto verb = take_field(arguments, ' ');
    if (verb == "PRE") {
        return read_find(arguments, std::move(request));
    }
    if (verb == "AUTH") {
        return read_auth(arguments, behind, std::move(request));
    }
    if (verb == "PASSWD") {
        return read_change(arguments, std::move(request));
    }
    if (line == "ENUMERATE") {
        request.command = Enumerate{};
        return request;
    }
    return Malformed{};
}

}  // namespace

ReadRequest read_request(std::string_view text) {
    Request request{Hopeless{}, {}};
    for (std::size_t metadata = 0; metadata <= limits::authdaemon_metadata; ++metadata) {
        const auto line = take_line(text);
        if ((line ? *line : text).size() > limits::authdaemon_line_bytes) {
            return Malformed{};
        }
        if (!line) {
            return Unfinished{};
        }
        const auto delimiter = line->find_first_of(" =");
        if (delimiter == std::string_view::npos || (*line)[delimiter] != '=') {
            return read_command(*line, text, std::move(request));
        }
        if (line->substr(0, delimiter) == "TCPREMOTEIP") {
            request.peer = address_in(line->substr(delimiter + 1));
        }
    }
    return Malformed{};
}

}  // namespace postrider::auth::daemon
