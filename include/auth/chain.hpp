// The modules of authmodulelist, asked in their order. compat/auth.md section 2.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/module.hpp"
#include "auth/password_checker.hpp"

namespace postrider::auth {

/// A module that is all of them: the first that knows the account, and finds the password right, answers; one that
/// cannot say now ends the search. A later module may have an account of the same name with another password. Accounts
/// get the default options here. Any strand.
class Chain : public Module {
public:
    using Modules = std::vector<std::unique_ptr<Module>>;

    /// checker: outlives this. default_options: DEFAULTOPTIONS.
    Chain(Modules modules, PasswordChecker& checker, std::string default_options);

    std::string_view name() const override { return "all"; }
    Task<Result<std::optional<Record>>> find(Query query) override;
    /// None costs as much time whether there is such an account or not.
    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override;
    Task<Result<std::optional<Record>>> prove(Query query, CramProof proof) override;
    Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) override;
    Task<Result<bool>> each(std::function<void(const Account& account)> take) override;

    /// The account of the first module whose record passes the check. check: microseconds.
    using Check = std::function<bool(const Record& record)>;
    Task<Result<std::optional<Record>>> find_that(Query query, Check check);

    /// All accounts by module, with begin(module) before those of each that can name them.
    Task<Result<void>> each(std::function<void(std::string_view module)> begin,
                            std::function<void(const Account& account)> take);

private:
    using Ask = std::function<Task<Result<std::optional<Record>>>(Module& module)>;
    Task<Result<std::optional<Record>>> first(std::string only, Ask ask);
    void complete(Account& account) const;

    Modules modules_;
    PasswordChecker& checker_;
    std::string default_options_;
};

}  // namespace postrider::auth
