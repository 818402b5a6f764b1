#include "client/tls.hpp"

#include <new>
#include <utility>

namespace postrider::bench {

Tls::Tls(Resumption resumption) : context_(SSL_CTX_new(TLS_client_method())), resumption_(resumption) {
    if (context_ == nullptr) {
        throw std::bad_alloc();
    }
    SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (resumption_ == Resumption::on) {
        // TLS 1.3 gives its sessions after the handshake, so that they are met here and not at its end.
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(context_.get(), this);
        SSL_CTX_sess_set_new_cb(context_.get(), keep);
    }
}

int Tls::keep(SSL* ssl, SSL_SESSION* session) {
    Tls* self = static_cast<Tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const std::lock_guard lock(self->mutex_);
    self->session_.reset(session);
    return 1;  // it is ours now
}

std::unique_ptr<SSL, SslFree> Tls::connection(int socket, const std::string& host) {
    std::unique_ptr<SSL, SslFree> ssl(SSL_new(context_.get()));
    if (ssl == nullptr || SSL_set_fd(ssl.get(), socket) != 1) {
        throw std::bad_alloc();
    }
    SSL_set_connect_state(ssl.get());
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
    const std::lock_guard lock(mutex_);
    if (session_ != nullptr) {
        SSL_set_session(ssl.get(), session_.get());
    }
    return ssl;
}

}  // namespace postrider::bench
