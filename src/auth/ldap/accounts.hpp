// Looking up, checking and changing accounts of a directory, over two connections: one that is bound for searches, one
// that users are bound on. Blocks; one thread at a time. compat/auth.md section 2.5.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth/ldap/connection.hpp"
#include "auth/password_checker.hpp"

namespace postrider::auth {

/// One call ends within limits::ldap_time, each() within the settings' timeout for each entry. Errors: unavailable.
class LdapAccounts {
public:
    LdapAccounts(Directory& directory, PasswordChecker& checker)
        : directory_(directory), checker_(checker), searches_(directory), users_(directory) {}

    /// As Module's.
    Result<std::optional<Record>> find(const Query& query);
    Result<std::optional<Record>> log_in(const Query& query, const std::string& password);
    Result<bool> change_password(const Query& query, const std::string& old_password, const std::string& new_password);
    Result<std::vector<Account>> all();

private:
    /// Does it over a connection that was used before; once more over a new one when that is lost.
    template <class Work>
    auto over(Connection& connection, Work work);
    Result<void> bind_for_searches(Deadline deadline);
    Result<std::vector<Entry>> search(const Connection::Search& what, Deadline deadline);
    /// None: none, or more than one.
    Result<std::optional<Entry>> only_entry(const Connection::Search& what, Deadline deadline);
    Result<std::optional<Entry>> entry_of(const std::string& user, Deadline deadline);
    Result<std::optional<Entry>> mapped_entry_of(const std::string& user, Deadline deadline);
    Result<std::optional<Record>> record_of(const Query& query, const Entry& entry) const;
    Result<bool> is_password(const Query& query, const Entry& entry, const std::string& password, Deadline deadline);

    Directory& directory_;
    PasswordChecker& checker_;
    Connection searches_;
    Connection users_;
};

}  // namespace postrider::auth
