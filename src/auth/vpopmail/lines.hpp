// The lines of vpopmail's two files: its domains, which stand in qmail's users/assign, and a domain's vpasswd. All
// pure.
//
//   +DOMAIN-:REAL-DOMAIN:UID:GID:FOLDER:-::            of an alias, DOMAIN is not REAL-DOMAIN; "." ends the file
//   NAME:CRYPT:UIDFLAGS:GIDFLAGS:GECOS:HOME:QUOTA[:CLEAR]
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/secret.hpp"

namespace postrider::auth {

struct VpopmailDomain {
    std::string name;
    std::string real_name;  ///< another one for an alias
    uid_t uid = 0;          ///< 0: root's, or no number
    gid_t gid = 0;
    std::string folder;  ///< absolute; holds vpasswd
};

struct VpopmailUser {
    std::string name;
    Secret crypt;
    std::uint32_t flags = 0;  ///< the gid field: what the user may not do
    std::string full_name;
    std::string home;  ///< absolute
    std::optional<std::string> quota;
    Secret clear;  ///< empty: not kept
};

/// A user's or a domain's: in lower case, no path, and nothing that these files divide their fields by.
bool is_vpopmail_name(std::string_view name);

/// The first line of that name decides. None: no such line, or it describes none. name: is_vpopmail_name().
std::optional<VpopmailDomain> find_domain(std::string_view assign, std::string_view name);
std::optional<VpopmailUser> find_user(std::string_view vpasswd, std::string_view name);

/// Those that find_domain() and find_user() can give, in the order of their lines.
void each_domain(std::string_view assign, const std::function<void(const VpopmailDomain& domain)>& take);
void each_user(std::string_view vpasswd, const std::function<void(const VpopmailUser& user)>& take);

}  // namespace postrider::auth
