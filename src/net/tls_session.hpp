// OpenSSL calls on one connection, with their results as Io. All take null for "no TLS" where that makes sense.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <string_view>

#include "net/connection.hpp"

namespace postrider::net::tls {

/// A server-side SSL on a non-blocking socket; null when memory is short.
SSL* make(SSL_CTX* context, int socket);
void free(SSL* ssl);

/// Whether decrypted bytes wait inside the SSL.
bool has_pending(const SSL* ssl);

/// 0: would block.
Io<std::size_t> read(SSL* ssl, char* out, std::size_t most, bool& wants_write);
Io<std::size_t> write(SSL* ssl, std::string_view bytes, bool& wants_read);
/// true: the handshake is done; false: would block. trouble: OpenSSL's reason when it failed, for the program's life.
Io<bool> accept(SSL* ssl, bool& wants_write, const char*& trouble);
/// close_notify, once, without waiting.
void say_goodbye(SSL* ssl);

}  // namespace postrider::net::tls
