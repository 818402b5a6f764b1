// The last 40 bytes of a database file, behind LMDB's pages: 8 letters and the SHA-256 of all that stands before them.
// LMDB trusts what it maps: a cut or damaged file can end the process with SIGBUS or worse. So a file is mapped only
// when its seal is right, that is, when it is byte for byte what makeuserdb wrote. (Checking LMDB's own pages
// instead would mean to know its inner format, and would find less.) LMDB ignores bytes behind its last page.
#pragma once

namespace postrider::auth {

/// Writes the seal at the end of the file. False: errno says why.
bool write_seal(int fd);

/// Whether the file ends in its seal. Reads the whole file, in pieces.
bool has_seal(int fd);

}  // namespace postrider::auth
