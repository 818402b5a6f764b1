// A user changes a password that userdb keeps. compat/userdb.md section 9.
#pragma once

#include <string>

#include "core/result.hpp"

namespace postrider::auth {

/// Puts the new password in the place of the old one and compiles: in SERVICEpw, or systempw where that is missing, and
/// in every secret for CRAM and SCRAM of the service or of all services, as far as it was made from the old password.
/// A SCRAM secret goes where SASLprep refuses the new password, so that the old one opens nothing.
/// source: a file or a folder, without a trailing "/".  service: such as "imap".
/// False: no such record in the source, the old password is not its, or a text is not fit: control characters and
/// | = ' " in any of the four, "/" in the user, an empty one but for the old password, a new one over 511 bytes.
/// Errors: unavailable, when the source could not be read, written or compiled; it is as it was then.
/// Holds the lock of the source file, as `userdb` does, from the check of the old password to the end of the
/// compilation. Does file work and hashes: pool only.
Result<bool> change_userdb_password(const std::string& source, const std::string& service, const std::string& user,
                                    const std::string& old_password, const std::string& new_password);

}  // namespace postrider::auth
