// Requests as we send them, to a daemon or to a program. compat/auth.md sections 2.7 and 3.
#include <cstddef>

#include "auth/daemon/lines.hpp"
#include "auth/daemon_text.hpp"
#include "core/limits.hpp"

namespace postrider::auth::daemon {

namespace {

/// Joins without leaving a shorter copy behind.
template <class... Parts>
Secret joined(const Parts&... parts) {
    Secret whole;
    whole.text.reserve((std::string_view(parts).size() + ...));
    (whole.text.append(parts), ...);
    return whole;
}

bool is_word(std::string_view text) {
    return is_field(text) && text.find(' ') == std::string_view::npos;
}

std::optional<Secret> line_of(Secret line) {
    return line.text.size() <= limits::authdaemon_line_bytes + 1 ? std::optional(std::move(line)) : std::nullopt;
}

std::optional<Secret> with_size(const Secret& body) {
    if (body.text.size() > limits::authdaemon_body_bytes) {
        return std::nullopt;
    }
    return joined("AUTH ", std::to_string(body.text.size()), "\n", body.text);
}

std::optional<Secret> text(const Find& find) {
    // A blank before the name would be taken for one between the words.
    const bool sayable =
        is_word(find.module) && is_word(find.service) && is_field(find.user) && !find.user.starts_with(' ');
    return sayable ? line_of(joined("PRE ", find.module, " ", find.service, " ", find.user, "\n")) : std::nullopt;
}

std::optional<Secret> text(const LogIn& log_in) {
    const bool sayable = is_field(log_in.service) && is_field(log_in.user) && is_field(log_in.password.text);
    return sayable ? with_size(joined(log_in.service, "\nlogin\n", log_in.user, "\n", log_in.password.text, "\n"))
                   : std::nullopt;
}

std::optional<Secret> text(const Prove& prove) {
    const auto* const method = std::ranges::find(cram_methods, prove.proof.hash, &CramMethod::hash);
    const std::string response = prove.proof.user + ' ' + prove.proof.digest;
    return is_field(prove.service)
               ? with_size(joined(prove.service, "\n", method->name, "\n", base64_encode(prove.proof.challenge), "\n",
                                  base64_encode(response), "\n"))
               : std::nullopt;
}

std::optional<Secret> text(const ChangePassword& change) {
    const auto& [service, user, old_password, new_password] = change;
    const bool sayable =
        is_field(service) && is_field(user) && is_field(old_password.text) && is_field(new_password.text);
    return sayable
               ? line_of(joined("PASSWD ", service, "\t", user, "\t", old_password.text, "\t", new_password.text, "\n"))
               : std::nullopt;
}

std::optional<Secret> text(const Enumerate&) {
    return Secret("ENUMERATE\n");
}

std::optional<Secret> text(const Hopeless&) {
    return std::nullopt;
}

}  // namespace

std::optional<Secret> text_of(const Request& request) {
    auto command = std::visit([](const auto& one) { return text(one); }, request.command);
    if (!command || request.peer.empty()) {
        return command;
    }
    return is_field(request.peer) ? std::optional(joined("TCPREMOTEIP=", request.peer, "\n", command->text))
                                  : std::nullopt;
}

}  // namespace postrider::auth::daemon
