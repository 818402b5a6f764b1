#include <chrono>
#include <string>

#include "auth/sasl.hpp"
#include "auth/scram_client.hpp"
#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::ScramClient;

const std::string exporter_data = "32 octets of the channel, we say";

/// A site with every SCRAM and a connection over TLS.
SaslContext over_tls() {
    SaslContext context;
    context.announced = mechanisms_in("SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "");
    context.bindings = {{"tls-exporter", exporter_data}, {"tls-server-end-point", "digest"}};
    return context;
}

SaslContext in_clear() {
    SaslContext context = over_tls();
    context.bindings.clear();
    return context;
}

bool fails(const SaslStep& step, std::string_view reason = {}) {
    const auto* failure = std::get_if<SaslFailure>(&step);
    return failure != nullptr && (reason.empty() || failure->reason == reason);
}

/// What the exchange says to a first message.
SaslStep first(const std::string& message, const SaslContext& context = in_clear(),
               std::string_view mechanism = "SCRAM-SHA-256") {
    return make_sasl_exchange(mechanism, context)->start(message);
}

/// The user whom the first message asks for; "" where it was refused.
std::string user_of(const std::string& message) {
    const auto step = first(message);
    const auto* question = std::get_if<ScramQuestion>(&step);
    return question == nullptr ? "" : question->user;
}

TEST_CASE("the example of RFC 7677 section 3, message by message") {
    const auto exchange = make_sasl_exchange("SCRAM-SHA-256", in_clear());
    const auto question = std::get<ScramQuestion>(exchange->start("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    CHECK(question.user == "user");
    CHECK(question.hash == ScramHash::sha256);
    const ScramOffer offer{"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096};
    CHECK(std::get<SaslChallenge>(exchange->offered(offer)).bytes ==
          "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const auto proof =
        std::get<ScramProof>(exchange->next("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    CHECK(proof.client_first == "n=user,r=rOprNGfwEbeRWgbNEkqO");
    CHECK(proof.client_final == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    CHECK(base64_encode(proof.proof) == "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    const auto signature = *base64_decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    CHECK(std::get<SaslChallenge>(exchange->verified(signature)).bytes ==
          "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    CHECK(std::holds_alternative<SaslDone>(exchange->next("")));
    CHECK(fails(exchange->next("")));
}

TEST_CASE("the whole way, by every SCRAM") {
    const auto* name = GENERATE("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "scram-sha-256-plus");
    const auto plus = std::string_view(name).size() > 13;
    const auto hash =
        std::string_view(name).find("256") == std::string_view::npos ? ScramHash::sha1 : ScramHash::sha256;
    const ProcessSecret secret;
    const ScramVerifier verifier(secret);
    const ScramVerifier::Clock::time_point now{1h};
    const auto stored = make_scram_secret(hash, "pencil");
    ScramClient client(hash, "user", "pencil", "nonce", plus ? "p=tls-exporter,," : "n,,", plus ? exporter_data : "");
    const auto exchange = make_sasl_exchange(name, over_tls());
    CHECK(std::get<SaslChallenge>(exchange->start(std::nullopt)).bytes.empty());
    const auto question = std::get<ScramQuestion>(exchange->next(client.first()));
    const auto offer = verifier.offer(question, stored, now);
    CHECK(std::holds_alternative<SaslChallenge>(exchange->offered(offer)));
    const auto proof = std::get<ScramProof>(exchange->next(client.final_for(offer)));
    const auto signature = verifier.verify(proof, stored, now);
    REQUIRE(signature);
    CHECK(*signature == client.expected_signature());
    CHECK(std::holds_alternative<SaslChallenge>(exchange->verified(*signature)));
    CHECK(std::holds_alternative<SaslDone>(exchange->next("")));
}

TEST_CASE("names are unquoted and prepared; nobody acts for another") {
    CHECK(user_of("n,,n=a=2Cb=3Dc,r=x") == "a,b=c");
    CHECK(user_of("n,,n=I\xC2\xADX,r=x") == "IX");
    CHECK(user_of("n,a=user,n=user,r=x") == "user");
    CHECK(user_of("n,a=a=2Cb,n=a=2Cb,r=x") == "a,b");
    CHECK(user_of("y,,n=user,r=x") == "user");
    CHECK(user_of("n,,n=user,r=x,e=1,x=y=z") == "user");
    CHECK(fails(first("n,a=other,n=user,r=x"), "authorization identity differs from the user name"));
}

TEST_CASE("malformed first messages. RFC 5802 section 7") {
    for (const auto& message : {""s,
                                "n"s,
                                "n,"s,
                                "n,,"s,
                                "n,,n="s,
                                "n,,n=user"s,
                                "n,,n=user,"s,
                                "n,,n=user,r="s,
                                "n,,n=,r=x"s,
                                "n,,r=x"s,
                                "n,,r=x,n=user"s,
                                "x,,n=user,r=x"s,
                                "N,,n=user,r=x"s,
                                ",,n=user,r=x"s,
                                "p,,n=user,r=x"s,
                                "p=,,n=user,r=x"s,
                                "n=,,n=user,r=x"s,
                                "n,user,n=user,r=x"s,
                                "n,a=,n=user,r=x"s,
                                "n,a==41,n=user,r=x"s,
                                "n,,n=us=er,r=x"s,
                                "n,,n=user=,r=x"s,
                                "n,,n=user=2,r=x"s,
                                "n,,n=user=2c,r=x"s,
                                "n,,m=1,n=user,r=x"s,
                                "n,,n=user,r=x,m=1"s,
                                "n,,n=user,r=x,"s,
                                "n,,n=user,r=x,,e=1"s,
                                "n,,n=user,r=x,1=2"s,
                                "n,,n=user,r=x,e="s,
                                "n,,n=user,r=a b"s,
                                "n,,n=user,r=\xC3\xA9"s,
                                "n,,n=us\0er,r=x"s,
                                "n,,n=us\ner,r=x"s,
                                "n,,n=us\xC3,r=x"s,
                                "n,,n=\xC2\xAD,r=x"s,
                                "n,,n=user,r=x\0"s,
                                "n,,n=user,r=x,e=\xC3"s,
                                "n,,n=user,r=x,e=\0y"s}) {
        INFO(message);
        CHECK(fails(first(message)));
    }
}

TEST_CASE("malformed last messages") {
    for (const auto& message : {""s,
                                "c=biws"s,
                                "c=biws,r=client-nonceS"s,
                                "c=biws,r=client-nonceS,"s,
                                "c=biws,r=client-nonceS,p="s,
                                "r=client-nonceS,c=biws,p=eA=="s,
                                "c=biws,p=eA==,r=client-nonceS"s,
                                "c=biws,r=client-nonceS,p=eA"s,
                                "c=biws,r=client-nonceS,p=eA==,"s,
                                "c=biws,r=client-nonceS,p=eA==,x=y"s,
                                "c=biws,r=client-nonceS,m=1,p=eA=="s,
                                "c=biws,r=client-nonceS,1=1,p=eA=="s,
                                "c=biw,r=client-nonceS,p=eA=="s,
                                "c=,r=client-nonceS,p=eA=="s,
                                "c=biws,r=client-nonceT,p=eA=="s,
                                "c=biws,r=client-nonce,p=eA=="s,
                                "c=biws,r=S,p=eA=="s,
                                "c=eSws,r=client-nonceS,p=eA=="s,
                                "c=biwsAA==,r=client-nonceS,p=eA=="s,
                                "c=biws,r=client-nonceS,p=eA==\0"s,
                                "c=biws,r=client-nonceS,e=\xC3,p=eA=="s,
                                "c=biws,r=client-nonceS,e=\0y,p=eA=="s}) {
        INFO(message);
        const auto exchange = make_sasl_exchange("SCRAM-SHA-256", in_clear());
        (void)exchange->start("n,,n=user,r=client-nonce");
        (void)exchange->offered({"S", "salt", 4096});
        CHECK(fails(exchange->next(message)));
        CHECK(fails(exchange->next("c=biws,r=client-nonceS,p=eA=="), "the exchange is over"));
    }
    const auto exchange = make_sasl_exchange("SCRAM-SHA-256", in_clear());
    (void)exchange->start("n,,n=user,r=client-nonce");
    (void)exchange->offered({"S", "salt", 4096});
    const auto proof = std::get<ScramProof>(exchange->next("c=biws,r=client-nonceS,e=1,f=p=2,p=eA=="));
    CHECK(proof.client_final == "c=biws,r=client-nonceS,e=1,f=p=2");
    CHECK(proof.proof == "x");
}

TEST_CASE("channel binding: which flag goes with which mechanism. RFC 5802 section 6") {
    const auto plus = "SCRAM-SHA-256-PLUS";
    const auto asks = [](const SaslStep& step) { return std::holds_alternative<ScramQuestion>(step); };
    CHECK(asks(first("p=tls-exporter,,n=user,r=x", over_tls(), plus)));
    CHECK(asks(first("p=tls-server-end-point,,n=user,r=x", over_tls(), plus)));
    CHECK(fails(first("p=tls-unique,,n=user,r=x", over_tls(), plus), "no such channel binding"));
    CHECK(fails(first("n,,n=user,r=x", over_tls(), plus), "channel binding expected"));
    CHECK(fails(first("y,,n=user,r=x", over_tls(), plus), "channel binding expected"));
    CHECK(asks(first("n,,n=user,r=x", over_tls())));
    CHECK(fails(first("p=tls-exporter,,n=user,r=x", over_tls()), "channel binding needs the -PLUS mechanism"));
    CHECK(asks(first("y,,n=user,r=x", in_clear())));
}

TEST_CASE("a client that was told of no channel binding where there is one was lied to. RFC 5802 section 6") {
    CHECK(fails(first("y,,n=user,r=x", over_tls()), "channel binding is offered here: somebody took it off the list"));
    auto without_plus = over_tls();
    without_plus.announced = {Mechanism::scram_sha256, Mechanism::scram_sha1_plus};
    CHECK(std::holds_alternative<ScramQuestion>(first("y,,n=user,r=x", without_plus)));
}

TEST_CASE("another channel's binding is refused") {
    const auto outcome = [](const std::string& data) {
        ScramClient client(ScramHash::sha256, "user", "pencil", "nonce", "p=tls-exporter,,", data);
        const auto exchange = make_sasl_exchange("SCRAM-SHA-256-PLUS", over_tls());
        (void)exchange->start(client.first());
        const ScramOffer offer{"S", "salt", 4096};
        (void)exchange->offered(offer);
        return exchange->next(client.final_for(offer));
    };
    CHECK(std::holds_alternative<ScramProof>(outcome(exporter_data)));
    for (const auto& data : {""s, "digest"s, exporter_data + "x", exporter_data.substr(1)}) {
        CHECK(fails(outcome(data), "the channel binding is another one"));
    }
}

TEST_CASE("what comes out of turn fails, and ends the exchange") {
    const ScramOffer offer{"S", "salt", 4096};
    const auto made = [] { return make_sasl_exchange("SCRAM-SHA-256", in_clear()); };
    const auto begun = [&] {
        auto exchange = made();
        (void)exchange->start("n,,n=user,r=c");
        return exchange;
    };
    CHECK(fails(made()->offered(offer)));
    CHECK(fails(made()->verified("signature")));
    auto exchange = begun();
    CHECK(fails(exchange->next("c=biws,r=cS,p=eA==")));
    CHECK(fails(exchange->offered(offer)));
    exchange = begun();
    CHECK(fails(exchange->verified("signature")));
    exchange = begun();
    (void)exchange->offered(offer);
    CHECK(fails(exchange->offered(offer)));
    CHECK(fails(exchange->next("c=biws,r=cS,p=eA==")));
    exchange = begun();
    (void)exchange->offered(offer);
    (void)exchange->next("c=biws,r=cS,p=eA==");
    CHECK(fails(exchange->next("")));
    CHECK(fails(exchange->verified("signature")));
    exchange = begun();
    (void)exchange->offered(offer);
    (void)exchange->next("c=biws,r=cS,p=eA==");
    (void)exchange->verified("signature");
    CHECK(fails(exchange->next("more")));
}

/// Each of 3 bytes, which become 33 when they are prepared.
std::string ligatures(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += "\xEF\xB7\xBA";
    }
    return text;
}

TEST_CASE("a name has 1024 bytes at most, also when it is prepared, an exchange 8192") {
    const auto named = [](std::size_t size) { return first("n,,n=" + std::string(size, 'u') + ",r=x"); };
    CHECK(std::holds_alternative<ScramQuestion>(named(limits::credential_bytes - 1)));
    CHECK(std::holds_alternative<ScramQuestion>(named(limits::credential_bytes)));
    CHECK(fails(named(limits::credential_bytes + 1)));
    CHECK(fails(first("n,,n=" + ligatures(limits::credential_bytes / 33 + 1) + ",r=x"),
                "user name or password too long"));
    CHECK(std::holds_alternative<ScramQuestion>(first("n,,n=" + ligatures(limits::credential_bytes / 33) + ",r=x")));
    const std::string begin = "n,,n=u,r=";
    const auto sized = [&](std::size_t size) { return first(begin + std::string(size - begin.size(), 'x')); };
    CHECK(std::holds_alternative<ScramQuestion>(sized(limits::sasl_bytes)));
    CHECK(fails(sized(limits::sasl_bytes + 1), "exchange too long"));
}

}  // namespace
}  // namespace postrider::auth
