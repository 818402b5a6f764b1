// Channel bindings of a server's end. RFC 5929, RFC 9266.
#pragma once

#include <openssl/types.h>

#include <vector>

#include "net/tls.hpp"

namespace postrider::net {

/// Connection::tls_bindings() of an SSL.
std::vector<TlsBinding> bindings_of(SSL* ssl);

}  // namespace postrider::net
