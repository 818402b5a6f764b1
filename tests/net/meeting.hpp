// One TLS handshake between a Connection and OpenSSL's client, and what each side knows then.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/pair.hpp"
#include "net/tls_client.hpp"

namespace postrider::net::test {

struct Meeting {
    bool works = false;
    std::string trouble;
    std::string identity;
    std::vector<TlsBinding> bindings;
};

/// prepare: of the client's SSL before it connects.  talk: when it is connected; the server has closed by then or
/// does so soon.
inline Meeting meet(const std::shared_ptr<const TlsContext>& context, int most_version, Talk prepare = {},
                    Talk talk = {}) {
    Pair pair;
    TlsClient client(
        pair.peer.get(),
        [talk = std::move(talk)](SSL* ssl) {
            hear(ssl, 1);  // TLS 1.3: tickets, or the refusal
            if (talk) {
                talk(ssl);
            }
            SSL_shutdown(ssl);  // or its session is no good for another connection
        },
        most_version, {}, std::move(prepare));
    Meeting meeting;
    pair.run([](Connection& c, std::shared_ptr<const TlsContext> with, Meeting& seen) -> Task<void> {
        CHECK(c.tls_bindings().empty());
        CHECK(c.certificate_identity().empty());
        const auto done = co_await c.start_tls(std::move(with), late());
        seen.works = done.has_value();
        seen.trouble = c.tls_trouble();
        seen.identity = c.certificate_identity();
        seen.bindings = c.tls_bindings();
        c.close();
    }(*pair.connection, context, meeting));
    pair.connection.reset();
    client.connected();
    return meeting;
}

}  // namespace postrider::net::test
