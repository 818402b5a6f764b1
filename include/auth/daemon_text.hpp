// The protocol of Courier's authdaemond as text: what is asked, what is answered. compat/auth.md section 3. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/account.hpp"
#include "auth/cram.hpp"
#include "auth/secret.hpp"

namespace postrider::auth::daemon {

/// PRE: the account, whoever asks.
struct Find {
    std::string service;
    std::string user;
    std::string module = ".";  ///< of authmodulelist, the only one to ask; ".": all

    friend bool operator==(const Find&, const Find&) = default;
};

/// AUTH with "login": the account, when this is its password.
struct LogIn {
    std::string service;
    std::string user;
    Secret password;

    friend bool operator==(const LogIn&, const LogIn&) = default;
};

/// AUTH with "cram-md5", "cram-sha1", "cram-sha256": the account, when the proof holds.
struct Prove {
    std::string service;
    CramProof proof;
};

/// PASSWD.
struct ChangePassword {
    std::string service;
    std::string user;
    Secret old_password;
    Secret new_password;

    friend bool operator==(const ChangePassword&, const ChangePassword&) = default;
};

/// ENUMERATE.
struct Enumerate {
    friend bool operator==(const Enumerate&, const Enumerate&) = default;
};

/// Of the right form, but nobody could say yes to it: an empty password, an unknown kind of AUTH.
struct Hopeless {
    friend bool operator==(const Hopeless&, const Hopeless&) = default;
};

struct Request {
    std::variant<Find, LogIn, Prove, ChangePassword, Enumerate, Hopeless> command;
    std::string peer;  ///< the numeric address of the client it is about; empty: not known
};

/// More bytes are needed.
struct Unfinished {};
/// Nothing of this protocol, or beyond limits::authdaemon_*; more bytes do not change that.
struct Malformed {};

/// Reads what a client has sent so far; bytes behind a whole request are ignored.
std::variant<Unfinished, Malformed, Request> read_request(std::string_view text);

/// None: it cannot be said in this protocol (control characters, an empty field, too long), so nobody has such an
/// account. Hopeless has no text either.
std::optional<Secret> text_of(const Request& request);

/// An account as it is answered: attributes that are not there are none.
struct AccountBlock {
    std::optional<std::string> system_user;  ///< USERNAME: stands for uid
    std::optional<uid_t> uid;
    gid_t gid = 0;
    std::string home;
    std::optional<std::string> address;
    std::optional<std::string> full_name;
    std::optional<std::string> maildir;
    std::optional<std::string> quota;
    std::optional<Secret> stored;    ///< PASSWD: a hash
    std::optional<Secret> password;  ///< PASSWD2: in clear
    std::optional<std::string> options;

    friend bool operator==(const AccountBlock&, const AccountBlock&) = default;
};

/// FAIL: none of the modules has it.
struct Refused {};

/// Reads an answer to PRE and AUTH. Attributes may come in any order, the last of a name counts, unknown ones do not;
/// without GID and HOME it is malformed.
std::variant<Unfinished, Malformed, Refused, AccountBlock> read_account(std::string_view text);

/// None: a value with a line end or a NUL, which would be read as something else.
std::optional<Secret> text_of(const AccountBlock& block);

inline constexpr std::string_view refusal = "FAIL\n";
inline constexpr std::string_view consent = "OK\n";

/// Reads an answer to PASSWD: whether it was changed.
std::variant<Unfinished, Malformed, bool> read_verdict(std::string_view text);

enum class ListEnd : std::uint8_t { not_yet, reached, malformed };

/// Takes whole lines of an answer to ENUMERATE off the front of `text`. Accounts without uid, gid or home, or whose uid
/// or gid is 0, are left out. malformed: a line longer than limits::authdaemon_line_bytes.
ListEnd read_list(std::string& text, const std::function<void(const Account& account)>& take);

/// One account's line; "": a value with a TAB or a line end, or an empty name.
std::string list_line(const Account& account);
/// What stands before the accounts of a module.
std::string list_title(std::string_view module);
inline constexpr std::string_view list_end = ".\n";

}  // namespace postrider::auth::daemon
