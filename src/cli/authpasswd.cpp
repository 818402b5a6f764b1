// authpasswd: reads a password and prints a stored form of it. compat/auth.md section 8.3.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "auth/password.hpp"
#include "cli/json.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"
#include "cli/userdb_input.hpp"
#include "core/text.hpp"

namespace postrider::cli {

namespace {

using auth::DigestScheme;

constexpr std::size_t courier_salt = 5;

struct Method {
    std::string_view name;
    DigestScheme scheme;
};
constexpr std::array methods{
    Method{"md5", DigestScheme::md5},   Method{"md5raw", DigestScheme::md5raw}, Method{"sha", DigestScheme::sha},
    Method{"ssha", DigestScheme::ssha}, Method{"sha256", DigestScheme::sha256}, Method{"sha512", DigestScheme::sha512},
};

/// What is no method is taken for "ssha", as Courier's does.
std::string made(const std::vector<std::string>& arguments, const std::string& password) {
    if (arguments.empty()) {
        return auth::make_md5_crypt(password, courier_salt);
    }
    const auto* const method =
        std::ranges::find_if(methods, [&](const Method& known) { return iequals(known.name, arguments.front()); });
    return auth::make_digest(method != methods.end() ? method->scheme : DigestScheme::ssha, password);
}

void print_help(const std::string& program) {
    std::cout << "Usage: " << program
              << " [--json] [md5 | md5raw | sha | ssha | sha256 | sha512]\n\n"
                 "Reads one password from standard input, from a terminal without echo, and prints a stored form of\n"
                 "it: MD5 crypt, or the digest named. These are for old clients; userdbpw makes better ones.\n";
}

int run(const Invocation& invocation) {
    const auto call = userdb_call(invocation);
    if (call.help) {
        print_help(invocation.program);
        return finished(invocation, 0);
    }
    auto password = read_password(STDIN_FILENO, std::cerr);
    if (!password) {
        return 1;
    }
    int code = 0;
    try {
        const std::string stored = made(call.arguments, *password);
        std::cout << (call.json ? "{\"password\": " + json_string(stored) + "}" : stored) << '\n';
    } catch (const std::exception& error) {
        std::cerr << invocation.program << ": " << error.what() << '\n';
        code = 1;
    }
    auth::wipe(*password);
    return finished(invocation, code);
}

}  // namespace

const Subcommand sub_authpasswd = {
    .name = "authpasswd",
    .summary = "print the stored form of a password, as Courier's authpasswd",
    .link = "authpasswd",
    .run = run,
};

}  // namespace postrider::cli
