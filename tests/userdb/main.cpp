// postrider_userdb records DATABASE: each record as "NAME<TAB>FIELDS<TAB>SHADOW".
// postrider_userdb accounts DATABASE: each account as Courier's authenumerate prints it.
// postrider_userdb passwd SOURCE SERVICE USER OLD NEW: prints "changed" or "refused"; exit 1 when it could not be said.
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "auth/user_database.hpp"
#include "auth/userdb_password.hpp"

using namespace postrider;

namespace {

int failed(const Error& error) {
    std::cerr << error.detail << '\n';
    return 1;
}

int print_records(const std::string& path) {
    const auto done = auth::UserDatabase(path).each([](std::string_view name, const auth::UserRecord& record) {
        std::cout << name << '\t' << record.fields() << '\t' << record.shadow() << '\n';
    });
    return done ? 0 : failed(done.error());
}

int print_accounts(const std::string& path) {
    const auto done = auth::UserDatabase(path).each([](std::string_view name, const auth::UserRecord& record) {
        if (const auto account = auth::account_of(name, record)) {
            std::cout << name << '\t' << account->uid << '\t' << account->gid << '\t' << account->home << '\t'
                      << account->maildir.value_or("") << '\t' << account->options << '\n';
        }
    });
    return done ? 0 : failed(done.error());
}

int change_password(const std::vector<std::string>& texts) {
    const auto changed = auth::change_userdb_password(texts[0], texts[1], texts[2], texts[3], texts[4]);
    if (!changed) {
        return failed(changed.error());
    }
    std::cout << (*changed ? "changed\n" : "refused\n");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::string_view verb = arguments.empty() ? "" : std::string_view(arguments.front());
    if (verb == "records" && arguments.size() == 2) {
        return print_records(arguments[1]);
    }
    if (verb == "accounts" && arguments.size() == 2) {
        return print_accounts(arguments[1]);
    }
    if (verb == "passwd" && arguments.size() == 6) {
        return change_password({arguments.begin() + 1, arguments.end()});
    }
    return 2;
}
