#include "net/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace postrider::net::tls {

namespace {

/// What a failed call means: would block (0), or the end.
Io<std::size_t> outcome(SSL* ssl, int result, int blocks_on, bool& wants_other, int blocks_on_other) {
    const int error = SSL_get_error(ssl, result);
    ERR_clear_error();
    if (error == blocks_on) {
        return std::size_t{0};
    }
    if (error == blocks_on_other) {
        wants_other = true;
        return std::size_t{0};
    }
    return error == SSL_ERROR_SSL ? Closed::tls : Closed::by_peer;
}

}  // namespace

SSL* make(SSL_CTX* context, int socket) {
    SSL* ssl = SSL_new(context);
    if (ssl != nullptr) {
        SSL_set_fd(ssl, socket);
        SSL_set_accept_state(ssl);
    }
    return ssl;
}

void free(SSL* ssl) {
    SSL_free(ssl);
}

bool has_pending(const SSL* ssl) {
    return ssl != nullptr && SSL_pending(ssl) > 0;
}

Io<std::size_t> read(SSL* ssl, char* out, std::size_t most, bool& wants_write) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl, out, most, &got);
    if (result == 1) {
        return got;
    }
    return outcome(ssl, result, SSL_ERROR_WANT_READ, wants_write, SSL_ERROR_WANT_WRITE);
}

Io<std::size_t> write(SSL* ssl, std::string_view bytes, bool& wants_read) {
    ERR_clear_error();
    std::size_t put = 0;
    const int result = SSL_write_ex(ssl, bytes.data(), bytes.size(), &put);
    if (result == 1) {
        return put;
    }
    return outcome(ssl, result, SSL_ERROR_WANT_WRITE, wants_read, SSL_ERROR_WANT_READ);
}

Io<bool> accept(SSL* ssl, bool& wants_write, const char*& trouble) {
    ERR_clear_error();
    const int result = SSL_accept(ssl);
    if (result == 1) {
        return true;
    }
    const unsigned long reason = ERR_peek_error();
    const auto blocked = outcome(ssl, result, SSL_ERROR_WANT_READ, wants_write, SSL_ERROR_WANT_WRITE);
    if (!blocked) {
        trouble = reason != 0 ? ERR_reason_error_string(reason) : nullptr;
        return blocked.error();
    }
    return false;
}

void say_goodbye(SSL* ssl) {
    if (ssl != nullptr && SSL_is_init_finished(ssl) == 1) {
        ERR_clear_error();
        SSL_shutdown(ssl);
        ERR_clear_error();
    }
}

}  // namespace postrider::net::tls
