// authtest: asks the authdaemon for one account, with or without its password, or changes the password.
// compat/auth.md section 8.1.
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "auth/service.hpp"
#include "cli/auth_call.hpp"
#include "cli/json.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"

namespace postrider::cli {

namespace {

using auth::daemon::AccountBlock;

/// What is asked for.
struct Question {
    std::string service = "login";
    std::string user;
    std::optional<std::string> password;
    std::optional<std::string> new_password;
};

/// None: not as the usage says. Further arguments are ignored, as Courier's does.
std::optional<Question> parse(const std::vector<std::string>& arguments) {
    Question question;
    auto next = arguments.begin();
    const auto end = arguments.end();
    for (; next != end && next->starts_with('-'); ++next) {
        if (!next->starts_with("-s")) {
            return std::nullopt;
        }
        if (next->size() > 2) {
            question.service = next->substr(2);
        } else if (++next != end) {
            question.service = *next;
        } else {
            return std::nullopt;
        }
    }
    if (next == end) {
        return std::nullopt;
    }
    question.user = *next++;
    if (next != end) {
        question.password = *next++;
    }
    if (next != end) {
        question.new_password = *next;
    }
    return question;
}

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

auth::daemon::Request request_of(const Question& question) {
    auth::daemon::Request request;
    request.peer = variable("TCPREMOTEIP").empty() ? "::1" : variable("TCPREMOTEIP");
    if (question.password) {
        const auth::DefaultDomain domain{variable("DEFDOMAIN"), variable("DOMAINSEP")};
        request.command = auth::daemon::LogIn{question.service, auth::with_default_domain(domain, question.user),
                                              auth::Secret(*question.password)};
    } else {
        request.command = auth::daemon::Find{question.service, question.user};
    }
    return request;
}

int failed(const AuthCall& call, std::string_view what, const std::string& why) {
    if (call.json) {
        std::cout << "{\"" << what << "\": false, \"error\": " << json_string(why) << "}\n";
    } else {
        std::cerr << "Authentication FAILED: " << why << '\n';
    }
    return 1;
}

std::string who_it_is(const AccountBlock& block) {
    if (block.system_user) {
        return "system username: " + *block.system_user;
    }
    return block.uid ? "uid " + std::to_string(*block.uid) + ", gid " + std::to_string(block.gid)
                     : "*** UID/GID initialization error***";
}

std::optional<std::string> text_of(const std::optional<auth::Secret>& secret) {
    return secret ? std::optional(secret->text) : std::nullopt;
}

void print_text(const AccountBlock& block) {
    const auto line = [](std::string_view label, const std::optional<std::string>& value) {
        std::cout << label << value.value_or("(none)") << '\n';
    };
    std::cout << "Authentication succeeded.\n\n     Authenticated: " << block.address.value_or("(none)") << "  ("
              << who_it_is(block) << ")\n";
    line("    Home Directory: ", block.home);
    line("           Maildir: ", block.maildir);
    line("             Quota: ", block.quota);
    line("Encrypted Password: ", text_of(block.stored));
    line("Cleartext Password: ", text_of(block.password));
    line("           Options: ", block.options);
}

void print_json(const AccountBlock& block) {
    const auto field = [](std::string_view name, const std::optional<std::string>& value) {
        std::cout << ", \"" << name << "\": " << (value ? json_string(*value) : "null");
    };
    std::cout << "{\"authenticated\": true";
    field("address", block.address);
    field("system_user", block.system_user);
    std::cout << ", \"uid\": " << (block.uid ? std::to_string(*block.uid) : "null") << ", \"gid\": " << block.gid;
    field("home", block.home);
    field("maildir", block.maildir);
    field("quota", block.quota);
    field("full_name", block.full_name);
    field("encrypted_password", text_of(block.stored));
    field("cleartext_password", text_of(block.password));
    field("options", block.options);
    std::cout << "}\n";
}

int change(const AuthCall& call, const Question& question) {
    auth::daemon::ChangePassword change{question.service, question.user, auth::Secret(*question.password),
                                        auth::Secret(*question.new_password)};
    const auto client = client_of(call);
    const auto changed = awaited(client.change_password(std::move(change)));
    if (!changed || !*changed) {
        return failed(call, "changed", changed ? told_refusal() : told(changed.error()));
    }
    if (call.json) {
        std::cout << "{\"changed\": true}\n";
    } else {
        std::cerr << "Password change succeeded.\n";
    }
    return 0;
}

int ask(const AuthCall& call, const Question& question) {
    const auto client = client_of(call);
    const auto found = awaited(client.account(request_of(question)));
    if (!found || !*found) {
        return failed(call, "authenticated", found ? told_refusal() : told(found.error()));
    }
    call.json ? print_json(**found) : print_text(**found);
    return 0;
}

void print_help(const std::string& program) {
    std::cout << "Usage: " << program
              << " [--config-dir DIR] [--socket PATH] [--json] [-s service] userid [ password [ newpassword ] ]\n\n"
                 "Asks the authdaemon socket for an account: whoever asks, or with a password, or to change it.\n";
}

int run(const Invocation& invocation) {
    const auto call = auth_call(invocation);
    if (call.help) {
        print_help(invocation.program);
        return finished(invocation, 0);
    }
    const auto question = parse(call.arguments);
    if (!question) {
        std::cerr << "Usage: authtest [-s service] userid [ password [ newpassword ] ]\n";
        return 1;
    }
    return finished(invocation, question->new_password ? change(call, *question) : ask(call, *question));
}

}  // namespace

const Subcommand sub_authtest = {
    .name = "authtest",
    .summary = "ask the authdaemon for an account",
    .link = "authtest",
    .run = run,
};

}  // namespace postrider::cli
