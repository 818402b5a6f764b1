// authldap as a module of the chain: the directory is asked in threads of its own.
#include <ldap.h>

#include "auth/ldap.hpp"
#include "auth/ldap/accounts.hpp"
#include "auth/ldap/library.hpp"
#include "auth/secret.hpp"
#include "auth/source_threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

class LdapModule : public Module {
public:
    LdapModule(LdapSettings settings, PasswordChecker& checker)
        : directory_{std::move(settings)}, threads_("authldap", limits::ldap_connections, [this, &checker] {
              return std::make_unique<LdapAccounts>(directory_, checker);
          }) {
        int unused = 0;
        libldap().get_option(nullptr, LDAP_OPT_PROTOCOL_VERSION, &unused);  // libldap begins here, in one thread
    }

    std::string_view name() const override { return "authldap"; }

    Task<Result<std::optional<Record>>> find(Query query) override {
        auto work = [query = std::move(query)](LdapAccounts& accounts) { return accounts.find(query); };
        co_return co_await threads_.run(std::move(work));
    }

    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override {
        Secret given(std::move(password));
        auto work = [query = std::move(query), given = std::move(given)](LdapAccounts& accounts) {
            return accounts.log_in(query, given.text);
        };
        co_return co_await threads_.run(std::move(work));
    }

    Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) override {
        Secret before(std::move(old_password));
        Secret after(std::move(new_password));
        auto work = [query = std::move(query), before = std::move(before), after = std::move(after)](
                        LdapAccounts& accounts) { return accounts.change_password(query, before.text, after.text); };
        co_return co_await threads_.run(std::move(work));
    }

    Task<Result<bool>> each(std::function<void(const Account& account)> take) override {
        auto work = [](LdapAccounts& accounts) { return accounts.all(); };
        const auto accounts = co_await threads_.run(std::move(work));
        if (!accounts) {
            co_return accounts.error();
        }
        for (const Account& account : *accounts) {
            take(account);
        }
        co_return true;
    }

private:
    Directory directory_;
    SourceThreads<LdapAccounts> threads_;
};

}  // namespace

std::unique_ptr<Module> make_ldap_module(LdapSettings settings, PasswordChecker& checker) {
    return std::make_unique<LdapModule>(std::move(settings), checker);
}

}  // namespace postrider::auth
