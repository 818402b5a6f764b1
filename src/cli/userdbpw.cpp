// userdbpw: reads a password and prints what userdb stores for it. compat/userdb.md section 6.
#include <unistd.h>

#include <array>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "auth/password.hpp"
#include "auth/scram.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"
#include "cli/userdb_input.hpp"

namespace postrider::cli {

namespace {

std::string make_md5_crypt(std::string_view password) {
    return auth::make_md5_crypt(password);
}

template <auth::HmacHash hash>
std::string make_hmac(std::string_view password) {
    return auth::make_hmac_secret(hash, password);
}

template <auth::ScramHash hash>
std::string make_scram(std::string_view password) {
    return auth::make_scram_secret(hash, password);
}

struct Form {
    std::string_view option;
    std::string (*make)(std::string_view password);
    bool is_challenge;  ///< of a mechanism that never sees the password
};

constexpr std::array forms{
    Form{"-yescrypt", auth::make_yescrypt, false},
    Form{"-sha512", auth::make_sha512_crypt, false},
    Form{"-md5", make_md5_crypt, false},
    Form{"-hmac-md5", make_hmac<auth::HmacHash::md5>, true},
    Form{"-hmac-sha1", make_hmac<auth::HmacHash::sha1>, true},
    Form{"-hmac-sha256", make_hmac<auth::HmacHash::sha256>, true},
    Form{"-scram-sha-1", make_scram<auth::ScramHash::sha1>, true},
    Form{"-scram-sha-256", make_scram<auth::ScramHash::sha256>, true},
};

void print_help(const std::string& program) {
    std::cout << "Usage: " << program
              << " [-yescrypt | -sha512 | -md5 | -hmac-HASH | -scram-HASH]\n\n"
                 "Reads one password from standard input, from a terminal without echo, and prints its stored form.\n\n"
                 "  -yescrypt       yescrypt ($y$), as without an option\n"
                 "  -sha512         SHA-512 crypt ($6$)\n"
                 "  -md5            MD5 crypt ($1$)\n"
                 "  -hmac-md5, -hmac-sha1, -hmac-sha256\n"
                 "                  the secret for CRAM-MD5, CRAM-SHA1, CRAM-SHA256\n"
                 "  -scram-sha-1, -scram-sha-256\n"
                 "                  the secret for SCRAM-SHA-1, SCRAM-SHA-256\n";
}

/// The last -hmac-* or -scram-* wins, else the last of the others. None: an option that does not exist.
std::optional<Form> choose(const std::vector<std::string>& arguments) {
    Form chosen = forms.front();
    for (const auto& argument : arguments) {
        const Form* found = nullptr;
        for (const auto& form : forms) {
            found = form.option == argument ? &form : found;
        }
        if (found == nullptr) {
            return std::nullopt;
        }
        if (found->is_challenge || !chosen.is_challenge) {
            chosen = *found;
        }
    }
    return chosen;
}

int run(const Invocation& invocation) {
    const auto call = userdb_call(invocation);
    if (call.help) {
        print_help(invocation.program);
        return finished(invocation, 0);
    }
    const auto form = call.json ? std::nullopt : choose(call.arguments);
    if (!form) {
        std::cerr << invocation.program << ": invalid argument.\n";
        return 1;
    }
    auto password = read_password(STDIN_FILENO, std::cerr);
    if (!password) {
        return 1;
    }
    int code = 0;
    try {
        std::cout << form->make(*password) << '\n';
    } catch (const std::exception& error) {
        std::cerr << invocation.program << ": " << error.what() << '\n';
        code = 1;
    }
    auth::wipe(*password);
    return finished(invocation, code);
}

}  // namespace

const Subcommand sub_userdbpw = {
    .name = "userdbpw",
    .summary = "print the stored form of a password",
    .link = "userdbpw",
    .run = run,
};

}  // namespace postrider::cli
