// authenumerate: lists the accounts that the authdaemon knows. compat/auth.md section 8.2.
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "cli/auth_call.hpp"
#include "cli/json.hpp"
#include "cli/subcommand.hpp"
#include "cli/userdb_call.hpp"

namespace postrider::cli {

namespace {

struct Wanted {
    bool without_unshared = false;  ///< -s
    bool options = false;           ///< -o
};

/// False: not as the usage says.
bool parse(const std::vector<std::string>& arguments, Wanted& wanted) {
    for (const std::string& word : arguments) {
        if (word != "-s" && word != "-o") {
            return false;
        }
        (word == "-s" ? wanted.without_unshared : wanted.options) = true;
    }
    return true;
}

/// As Courier's does it here: a number alone counts, no word.
bool is_unshared(const auth::Account& account) {
    const auto value = account.option("disableshared");
    return value && std::atoi(std::string(*value).c_str()) != 0;
}

void print_line(const auth::Account& account, bool options) {
    std::cout << account.address << '\t' << account.uid << '\t' << account.gid << '\t' << account.home << '\t'
              << account.maildir.value_or("") << (options ? '\t' + account.options : "") << '\n';
}

/// One object a line within the array.
void print_json(const auth::Account& account, bool first) {
    std::cout << (first ? "\n" : ",\n") << "  {\"name\": " << json_string(account.address)
              << ", \"uid\": " << account.uid << ", \"gid\": " << account.gid
              << ", \"home\": " << json_string(account.home)
              << ", \"maildir\": " << (account.maildir ? json_string(*account.maildir) : "null")
              << ", \"options\": " << json_string(account.options) << '}';
}

int list(const AuthCall& call, Wanted wanted) {
    bool first = true;
    auto print = [&call, &first, wanted](const auth::Account& account) {
        if (wanted.without_unshared && is_unshared(account)) {
            return;
        }
        call.json ? print_json(account, first) : print_line(account, wanted.options);
        first = false;
    };
    const auto client = client_of(call);
    std::cout << (call.json ? "[" : "");
    const auto done = awaited(client.each(std::move(print)));
    std::cout << (call.json ? "\n]\n" : "");
    if (!done && done.error().code == Code::unavailable) {
        told(done.error());
    }
    return done ? 0 : 1;
}

void print_help(const std::string& program) {
    std::cout << "Usage: " << program << " [--config-dir DIR] [--socket PATH] [--json] [-s] [-o]\n\n"
              << "Lists the accounts that the authdaemon socket knows: name, uid, gid, home, Maildir.\n\n"
                 "  -s   without accounts whose option disableshared is on\n"
                 "  -o   with the accounts' options\n";
}

int run(const Invocation& invocation) {
    const auto call = auth_call(invocation);
    if (call.help) {
        print_help(invocation.program);
        return finished(invocation, 0);
    }
    Wanted wanted;
    if (!parse(call.arguments, wanted)) {
        std::cerr << "Usage: authenumerate [-s] [-o]\n";
        return 1;
    }
    return finished(invocation, list(call, wanted));
}

}  // namespace

const Subcommand sub_authenumerate = {
    .name = "authenumerate",
    .summary = "list the accounts that the authdaemon knows",
    .link = "authenumerate",
    .run = run,
};

}  // namespace postrider::cli
