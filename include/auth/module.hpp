// A source of accounts: what the chain of authmodulelist asks in turn. compat/auth.md section 2.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/account.hpp"
#include "auth/cram.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// Who is asked for.
struct Query {
    std::string service;  ///< "imap", "pop3", or the word of another program
    std::string user;     ///< as the client typed it, with the default domain
    std::string peer;     ///< the client's numeric address; empty: not known
    std::string module;   ///< for the chain: the only one to ask; empty: all in turn
    /// Set by a module that spent the time of a password's check, so that the chain spends it for nobody else; null:
    /// nobody wants to know.
    std::shared_ptr<std::atomic<bool>> effort;
};

/// Says that a password was checked.
inline void note_effort(const Query& query) {
    if (query.effort) {
        *query.effort = true;
    }
}

/// An account as a module has it, with what it keeps of its passwords for the service.
struct Record {
    Account account;
    std::optional<std::string> stored;           ///< a form of password.hpp; {PLAIN} for one in clear
    std::map<std::string, std::string> secrets;  ///< of challenges, by userdb's names without the service: "hmac-md5pw"
};

/// Made by the chain at start and at a reload; the sessions under way keep the old one. Its members are awaited on any
/// strand, many at once, and never block it: file work and waiting for others happen elsewhere, in bounded time.
///
/// None as a result: not mine (unknown user, wrong password, nothing to check it against); the next module is asked. An
/// error (unavailable, with a detail for the log): it cannot be said now, and nobody else is asked.
class Module {
public:
    virtual ~Module() = default;

    /// As authmodulelist has it: "authuserdb".
    virtual std::string_view name() const = 0;

    /// The account, whoever asks.
    virtual Task<Result<std::optional<Record>>> find(Query query) = 0;

    /// The account, when this is its password.
    virtual Task<Result<std::optional<Record>>> log_in(Query query, std::string password) = 0;

    /// The account, when this proof of its password holds. For modules whose find() gives the secrets; those that
    /// cannot tell them ask who can. proof.user does not count: query.user is the name, with the default domain.
    virtual Task<Result<std::optional<Record>>> prove(Query query, CramProof proof);

    /// False: not mine, or it cannot change passwords; the next module is asked. The old password is always checked.
    virtual Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) = 0;

    /// All accounts, in the database's order; false: it cannot name them. take: on the caller's strand.
    virtual Task<Result<bool>> each(std::function<void(const Account& account)> take) = 0;
};

}  // namespace postrider::auth
