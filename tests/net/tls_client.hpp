// The other side of TLS: OpenSSL's own client, in a thread; and a certificate for ours.
#pragma once

#include <openssl/ssl.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "auth/temp_folder.hpp"
#include "net/certificate.hpp"
#include "net/tls.hpp"
#include "support/catch.hpp"

namespace postrider::net::test {

inline Result<std::shared_ptr<const TlsContext>> make_context(const TlsSettings& settings) {
    const auto material = read_tls_files(settings);
    if (!material) {
        return material.error();
    }
    return TlsContext::make(*material);
}

/// A server with its certificate.
struct Site {
    Site() { std::signal(SIGPIPE, SIG_IGN); }

    std::shared_ptr<const TlsContext> context(const std::string& protocol = "", const std::string& alpn = "") const {
        TlsSettings settings;
        settings.certificate_file = certificate;
        settings.protocol = protocol;
        settings.alpn = alpn;
        auto made = make_context(settings);
        REQUIRE(made.has_value());
        return *made;
    }

    postrider::test::TempFolder folder;
    std::string certificate = postrider::test::make_certificate(folder, "server.pem");
};

/// What the client has to do with its SSL, connected or not yet, in a thread of its own. Blocking.
using Talk = std::function<void(SSL*)>;

class TlsClient {
public:
    TlsClient(int socket, Talk talk, int most_version = 0, std::string alpn = {}, Talk prepare = {})
        : thread_([this, socket, talk = std::move(talk), most_version, alpn = std::move(alpn),
                   prepare = std::move(prepare)] {
              SSL_CTX* context = SSL_CTX_new(TLS_client_method());
              SSL_CTX_set_max_proto_version(context, most_version);
              SSL* ssl = SSL_new(context);
              if (!alpn.empty()) {
                  const std::string list = std::string(1, static_cast<char>(alpn.size())) + alpn;
                  SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                                      static_cast<unsigned>(list.size()));
              }
              SSL_set_fd(ssl, socket);
              if (prepare) {
                  prepare(ssl);
              }
              connected_ = SSL_connect(ssl) == 1;
              if (connected_) {
                  talk(ssl);
              }
              SSL_free(ssl);
              SSL_CTX_free(context);
          }) {}

    bool connected() {
        thread_.join();
        return connected_;
    }

private:
    bool connected_ = false;
    std::jthread thread_;
};

inline void say(SSL* ssl, std::string_view text) {
    SSL_write(ssl, text.data(), static_cast<int>(text.size()));
}

inline std::string hear(SSL* ssl, std::size_t size) {
    std::string out;
    char bytes[4096];
    while (out.size() < size) {
        const int n = SSL_read(ssl, bytes, sizeof bytes);
        if (n <= 0) {
            break;
        }
        out.append(bytes, static_cast<std::size_t>(n));
    }
    return out;
}

}  // namespace postrider::net::test
