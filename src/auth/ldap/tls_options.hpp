// LDAPTLS_* of authdaemonrc, for one connection. ldap.conf(5), "TLS OPTIONS".
#pragma once

#include <ldap.h>

#include <map>
#include <string>

namespace postrider::auth {

using TlsOptions = std::map<std::string, std::string>;

/// Throws std::runtime_error: a name or a word that is not known.
void check_tls_options(const TlsOptions& options);

/// Before the connection is made. Gives an LDAP result code.
int set_tls_options(LDAP* ldap, const TlsOptions& options);

}  // namespace postrider::auth
