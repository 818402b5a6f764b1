// Accounts in the form of /etc/passwd, printed as userdb lines: what pw2userdb and vchkpw2userdb share.
// compat/userdb.md sections 7 and 8.
#pragma once

#include <iosfwd>
#include <map>
#include <optional>
#include <string>

namespace postrider::cli {

struct Ids {
    std::string uid;
    std::string gid;
};

struct PasswdOptions {
    std::map<std::string, std::string> hidden_passwords;  ///< name -> password that counts before the file's own
    std::string domain;                                   ///< with "@"; each name gets it
    std::optional<Ids> ids;                               ///< of all accounts, whatever the file says
    bool reverse_lines = true;                            ///< "UID=<TAB>NAME" behind each account
};

/// Prints a line for each account: NAME<TAB>uid=U|gid=G|home=H[|shell=S][|systempw=P][|gecos=X]. Left out: comments,
/// lines that are no accounts, the password "x"; with a line on `errors`, accounts whose fields hold a "|" or a TAB in
/// the name. In gecos "|" becomes ".".
void print_passwd(std::istream& in, const PasswdOptions& options, std::ostream& out, std::ostream& errors);

/// Name -> password of a file in the form of /etc/shadow; empty when it cannot be read.
std::map<std::string, std::string> shadow_passwords(const std::string& path);

/// The ids and the home of the system's account `vpopmail`. None: there is no such account.
struct Vpopmail {
    Ids ids;
    std::string home;
};
std::optional<Vpopmail> vpopmail_account();

}  // namespace postrider::cli
