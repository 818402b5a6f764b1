// Our mechanisms as another program sees them: GNU SASL's client.
#include <gsasl.h>

#include <chrono>
#include <memory>
#include <string>

#include "auth/sasl.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;

const std::string channel_data = "32 octets of the channel, we say";

class GsaslClient {
public:
    explicit GsaslClient(const char* mechanism) {
        Gsasl* library = nullptr;
        REQUIRE(::gsasl_init(&library) == GSASL_OK);
        library_.reset(library);
        Gsasl_session* session = nullptr;
        REQUIRE(::gsasl_client_start(library, mechanism, &session) == GSASL_OK);
        session_.reset(session);
    }

    void set(Gsasl_property property, const std::string& value) {
        ::gsasl_property_set(session_.get(), property, value.c_str());
    }

    /// The answer to a message of the server; fails the test when the client does not like it.
    std::string answer(const std::string& message) {
        char* out = nullptr;
        std::size_t size = 0;
        result_ = ::gsasl_step(session_.get(), message.data(), message.size(), &out, &size);
        INFO(::gsasl_strerror(result_));
        REQUIRE((result_ == GSASL_OK || result_ == GSASL_NEEDS_MORE));
        const std::string text(out, size);
        ::gsasl_free(out);
        return text;
    }

    bool is_content() const { return result_ == GSASL_OK; }

private:
    std::unique_ptr<Gsasl, decltype(&gsasl_done)> library_{nullptr, gsasl_done};
    std::unique_ptr<Gsasl_session, decltype(&gsasl_finish)> session_{nullptr, gsasl_finish};
    int result_ = GSASL_NEEDS_MORE;
};

SaslContext context_of(std::string_view mechanism) {
    SaslContext context;
    context.announced = mechanisms_in(mechanism, "");
    context.host = "mail.example.com";
    context.identity = "tim";
    if (mechanism.ends_with("-PLUS")) {
        context.bindings = {{"tls-exporter", channel_data}, {"tls-unique", "other"}};
    }
    return context;
}

/// What an exchange with the client comes to: the user who was let in; "" for nobody.
std::string outcome(GsaslClient& client, const char* mechanism, const std::string& stored) {
    const ProcessSecret secret;
    const ScramVerifier verifier(secret);
    const ScramVerifier::Clock::time_point now{1h};
    const auto exchange = make_sasl_exchange(mechanism, context_of(mechanism));
    std::string proved;
    SaslStep step = exchange->start(std::nullopt);
    for (;;) {
        if (const auto* challenge = std::get_if<SaslChallenge>(&step)) {
            step = exchange->next(client.answer(challenge->bytes));
        } else if (const auto* question = std::get_if<ScramQuestion>(&step)) {
            step = exchange->offered(verifier.offer(*question, stored, now));
        } else if (const auto* scram = std::get_if<ScramProof>(&step)) {
            const auto signature = verifier.verify(*scram, stored, now);
            proved = scram->user;
            step = signature ? exchange->verified(*signature) : SaslFailure{"wrong password"};
        } else if (std::holds_alternative<SaslDone>(step)) {
            return client.is_content() ? proved : "";
        } else if (const auto* cram = std::get_if<CramProof>(&step)) {
            return cram_matches(*cram, stored) ? cram->user : "";
        } else if (const auto* credentials = std::get_if<Credentials>(&step)) {
            return password_matches(credentials->password, stored) ? credentials->user : "";
        } else if (const auto* external = std::get_if<ExternalIdentity>(&step)) {
            return external->user;
        } else {
            return "";
        }
    }
}

std::string outcome(const char* mechanism, const std::string& user, const std::string& password,
                    const std::string& stored) {
    GsaslClient client(mechanism);
    client.set(GSASL_AUTHID, user);
    client.set(GSASL_PASSWORD, password);
    if (std::string_view(mechanism).ends_with("-PLUS")) {
        client.set(GSASL_CB_TLS_EXPORTER, base64_encode(channel_data));
    }
    return outcome(client, mechanism, stored);
}

TEST_CASE("GNU SASL's client logs in") {
    const auto* mechanism = GENERATE("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
                                     "SCRAM-SHA-256-PLUS");
    INFO(mechanism);
    CHECK(outcome(mechanism, "tim", "secret", "{PLAIN}secret") == "tim");
    CHECK(outcome(mechanism, "tim", "secret", "{PLAIN}other").empty());
    CHECK(outcome(mechanism, "a=b@example.com", "p\xC3\xA4ss, word", "{PLAIN}p\xC3\xA4ss, word") == "a=b@example.com");
}

TEST_CASE("GNU SASL's client logs in to what userdb stores for SCRAM") {
    for (const auto* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}) {
        CHECK(outcome(mechanism, "tim", "secret", make_scram_secret(ScramHash::sha256, "secret")) == "tim");
        CHECK(outcome(mechanism, "tim", "secret", make_scram_secret(ScramHash::sha256, "other")).empty());
        CHECK(outcome(mechanism, "tim", "\xC2\xBD",
                      make_scram_secret(ScramHash::sha256,
                                        "1\xE2\x81\x84"
                                        "2")) == "tim");
    }
}

TEST_CASE("GNU SASL's client over another channel is not let in") {
    GsaslClient client("SCRAM-SHA-256-PLUS");
    client.set(GSASL_AUTHID, "tim");
    client.set(GSASL_PASSWORD, "secret");
    client.set(GSASL_CB_TLS_EXPORTER, base64_encode("what somebody in the middle sees"));
    CHECK(outcome(client, "SCRAM-SHA-256-PLUS", "{PLAIN}secret").empty());
}

TEST_CASE("GNU SASL's client shows its certificate") {
    GsaslClient client("EXTERNAL");
    client.set(GSASL_AUTHZID, "tim");
    CHECK(outcome(client, "EXTERNAL", "") == "tim");
    GsaslClient other("EXTERNAL");
    other.set(GSASL_AUTHZID, "tom");
    CHECK(outcome(other, "EXTERNAL", "").empty());
}

}  // namespace
}  // namespace postrider::auth
