// Looking into vpopmail's files. The functions block: they read a file to its end.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/module.hpp"
#include "auth/secret.hpp"
#include "auth/vpopmail.hpp"

namespace postrider::auth {

/// What vpopmail knows of a user.
struct VpopmailAccount {
    Account account;
    Secret crypt;          ///< as crypt(3) has it; maybe none
    Secret clear;          ///< empty: not kept
    bool may_use = false;  ///< the service that asks: IMAP, POP3, webmail
};

/// Keeps nothing in memory. Errors are unavailable: a file cannot be read, is none or is too long; a domain is root's.
class VpopmailAccounts {
public:
    explicit VpopmailAccounts(VpopmailPaths paths) : paths_(std::move(paths)) {}

    /// Why there are no accounts at all; "": there may be some.
    std::string missing() const;

    /// user: as typed, in any case; without a domain it belongs to the default one.
    Result<std::optional<VpopmailAccount>> find(const std::string& user, const std::string& service) const;

    /// By domain, aliases left out. Root's domains are left out with a log line.
    Result<std::vector<Account>> all() const;

private:
    struct Name {
        std::string user;
        std::string domain;
    };
    /// None: nobody can have this name.
    Result<std::optional<Name>> name_of(const std::string& typed) const;
    Result<Secret> assign() const;

    VpopmailPaths paths_;
};

}  // namespace postrider::auth
