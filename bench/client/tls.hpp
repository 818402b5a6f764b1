// The TLS of clients: one context for all connections to a server, and the session that the next one takes up.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

namespace postrider::bench {

struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

/// Certificates are not checked: servers under test have ones that nobody signed.
class Tls {
public:
    enum class Resumption : bool { off, on };

    explicit Tls(Resumption resumption);
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;

    /// A client's SSL on a non-blocking socket, with the newest session where resumption is on. Any thread.
    std::unique_ptr<SSL, SslFree> connection(int socket, const std::string& host);

private:
    static int keep(SSL* ssl, SSL_SESSION* session);

    std::unique_ptr<SSL_CTX, SslFree> context_;
    std::mutex mutex_;  ///< of session_: connections of several threads share it
    std::unique_ptr<SSL_SESSION, SslFree> session_;
    Resumption resumption_;
};

}  // namespace postrider::bench
