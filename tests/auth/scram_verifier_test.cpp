#include <chrono>

#include "auth/password.hpp"
#include "auth/scram.hpp"
#include "auth/scram_client.hpp"
#include "auth/scram_secret.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;

/// What the RFCs' examples were made with, in the form that is stored.
std::string example_secret(ScramHash hash) {
    const auto salt = base64_decode(hash == ScramHash::sha256 ? "W22ZaJ0SNY7soEsUEjb6gQ==" : "QSXCR+Q6sek8bf92");
    return print_scram_secret(hash, *scram_secret_of(hash, "pencil", *salt, 4096));
}

struct Fixture {
    ProcessSecret secret;
    ScramVerifier verifier{secret};
    ScramVerifier::Clock::time_point start{1h};

    ScramOffer offer(ScramHash hash, const std::string& user, std::string_view stored) const {
        return verifier.offer({hash, user}, stored, start);
    }
    /// Whether a client with the password is let in to what is stored, and the server proves itself to it.
    bool lets_in(ScramHash hash, const std::string& user, std::string_view stored, std::string_view password) const {
        test::ScramClient client(hash, user, std::string(password));
        const auto proof = client.proof_for(offer(hash, user, stored));
        const auto signature = verifier.verify(proof, stored, start);
        return signature && *signature == client.expected_signature();
    }
};

TEST_CASE("what is stored: the example of RFC 5802 section 5 and RFC 7677 section 3") {
    const auto sha1 = *read_scram_secret(ScramHash::sha1, example_secret(ScramHash::sha1));
    CHECK(sha1.iterations == 4096);
    CHECK(test::scram_signature(ScramHash::sha1, sha1.server_key,
                                "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
                                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
                                "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j") ==
          "rmF9pqV8S7suAoZWja4dJRkFsKQ=");
    const auto sha256 = *read_scram_secret(ScramHash::sha256, example_secret(ScramHash::sha256));
    CHECK(
        test::scram_signature(ScramHash::sha256, sha256.server_key,
                              "n=user,r=rOprNGfwEbeRWgbNEkqO,"
                              "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
                              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0") ==
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST_CASE_METHOD(Fixture, "the password is let in, whatever it is stored as, and no other") {
    const auto hash = GENERATE(ScramHash::sha1, ScramHash::sha256);
    for (const auto& stored : {example_secret(hash), make_scram_secret(hash, "pencil"), std::string("{PLAIN}pencil")}) {
        INFO(stored);
        CHECK(lets_in(hash, "user", stored, "pencil"));
        CHECK_FALSE(lets_in(hash, "user", stored, "Pencil"));
        CHECK_FALSE(lets_in(hash, "user", stored, "pencil "));
    }
}

TEST_CASE_METHOD(Fixture, "passwords are prepared. RFC 5802 section 2.2") {
    const std::string prepared =
        "1\xE2\x81\x84"
        "2";  // what a client makes of U+00BD
    CHECK(lets_in(ScramHash::sha256, "u", make_scram_secret(ScramHash::sha256, "\xC2\xBD"), prepared));
    CHECK(lets_in(ScramHash::sha256, "u", "{PLAIN}\xC2\xBD", prepared));
    CHECK_THROWS_AS(make_scram_secret(ScramHash::sha256, ""), std::invalid_argument);
    CHECK_THROWS_AS(make_scram_secret(ScramHash::sha256, "a\nb"), std::invalid_argument);
    CHECK_THROWS_AS(make_scram_secret(ScramHash::sha256, "\xE4"), std::invalid_argument);
}

TEST_CASE_METHOD(Fixture, "a secret of the other hash, or no secret, lets nobody in") {
    for (const auto* stored : {"", "*", "{PLAIN}", "pencil", "{PLAIN}\xE4", "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"}) {
        CHECK_FALSE(lets_in(ScramHash::sha256, "user", stored, "pencil"));
        CHECK_FALSE(lets_in(ScramHash::sha256, "user", stored, ""));
    }
    CHECK_FALSE(lets_in(ScramHash::sha1, "user", example_secret(ScramHash::sha256), "pencil"));
    CHECK_FALSE(lets_in(ScramHash::sha256, "user", example_secret(ScramHash::sha1), "pencil"));
}

TEST_CASE_METHOD(Fixture, "a proof of another size is wrong") {
    const auto stored = make_scram_secret(ScramHash::sha256, "pencil");
    test::ScramClient client(ScramHash::sha256, "user", "pencil");
    auto proof = client.proof_for(offer(ScramHash::sha256, "user", stored));
    CHECK(verifier.verify(proof, stored, start));
    for (const auto& wrong : {proof.proof.substr(1), proof.proof + "x", std::string()}) {
        auto changed = proof;
        changed.proof = wrong;
        CHECK_FALSE(verifier.verify(changed, stored, start));
    }
    proof.proof.back() = static_cast<char>(proof.proof.back() ^ 1);
    CHECK_FALSE(verifier.verify(proof, stored, start));
}

TEST_CASE_METHOD(Fixture, "nobody can tell an unknown user from a known one by the offer") {
    const auto known = offer(ScramHash::sha256, "known", make_scram_secret(ScramHash::sha256, "pencil"));
    const auto unknown = offer(ScramHash::sha256, "unknown", "");
    const auto clear = offer(ScramHash::sha256, "clear", "{PLAIN}pencil");
    for (const auto& one : {unknown, clear}) {
        CHECK(one.salt.size() == known.salt.size());
        CHECK(one.iterations == known.iterations);
        CHECK(one.nonce.size() == known.nonce.size());
    }
    CHECK(known.iterations == limits::scram_iterations);
}

TEST_CASE_METHOD(Fixture, "a made-up salt stays for a name, and differs for another, another hash, another process") {
    const auto salt = offer(ScramHash::sha256, "unknown", "").salt;
    CHECK(offer(ScramHash::sha256, "unknown", "").salt == salt);
    CHECK(offer(ScramHash::sha256, "unknown2", "").salt != salt);
    CHECK(offer(ScramHash::sha1, "unknown", "").salt != salt);
    const ProcessSecret other;
    CHECK(ScramVerifier(other).offer({ScramHash::sha256, "unknown"}, "", start).salt != salt);
}

TEST_CASE_METHOD(Fixture, "a nonce is printable, has no comma, and is never the same") {
    const auto one = offer(ScramHash::sha256, "user", "").nonce;
    CHECK(one.size() == 44);
    CHECK(base64_decode(one)->size() == 33);
    CHECK(offer(ScramHash::sha256, "user", "").nonce != one);
}

TEST_CASE_METHOD(Fixture, "a proof is of use for one to two minutes") {
    const auto stored = make_scram_secret(ScramHash::sha256, "pencil");
    test::ScramClient client(ScramHash::sha256, "user", "pencil");
    const ScramVerifier::Clock::time_point step_begins{600 * limits::scram_time};
    for (const auto made : {step_begins, step_begins + limits::scram_time - 1s}) {
        const auto proof = client.proof_for(verifier.offer({ScramHash::sha256, "user"}, stored, made));
        CHECK(verifier.verify(proof, stored, made));
        CHECK(verifier.verify(proof, stored, made + limits::scram_time));
        CHECK(verifier.verify(proof, stored, step_begins + 2 * limits::scram_time - 1s));
        CHECK_FALSE(verifier.verify(proof, stored, step_begins + 2 * limits::scram_time));
        CHECK_FALSE(verifier.verify(proof, stored, step_begins - 1s));
    }
}

TEST_CASE_METHOD(Fixture, "a right proof for a nonce that we did not give for that user is wrong") {
    const auto stored = make_scram_secret(ScramHash::sha256, "pencil");
    test::ScramClient client(ScramHash::sha256, "user", "pencil");
    const auto honest = offer(ScramHash::sha256, "user", stored);
    const auto with_nonce = [&](const std::string& nonce) {
        auto changed = honest;
        changed.nonce = nonce;
        return verifier.verify(client.proof_for(changed), stored, start).has_value();
    };
    CHECK(with_nonce(honest.nonce));
    CHECK_FALSE(with_nonce(""));
    CHECK_FALSE(with_nonce("x"));
    CHECK_FALSE(with_nonce(std::string(44, 'A')));
    CHECK_FALSE(with_nonce(std::string(44, ':')));
    CHECK_FALSE(with_nonce(offer(ScramHash::sha256, "other", stored).nonce));
    CHECK_FALSE(with_nonce(offer(ScramHash::sha1, "user", stored).nonce));
    const ProcessSecret other;
    CHECK_FALSE(with_nonce(ScramVerifier(other).offer({ScramHash::sha256, "user"}, stored, start).nonce));
    auto turned = honest.nonce;
    turned.front() = turned.front() == 'A' ? 'B' : 'A';
    CHECK_FALSE(with_nonce(turned));
    CHECK(with_nonce("clients-own-" + honest.nonce));
}

TEST_CASE_METHOD(Fixture, "a nonce without the client's part is wrong") {
    const auto stored = make_scram_secret(ScramHash::sha256, "pencil");
    test::ScramClient client(ScramHash::sha256, "user", "pencil", "");
    CHECK_FALSE(verifier.verify(client.proof_for(offer(ScramHash::sha256, "user", stored)), stored, start));
}

TEST_CASE_METHOD(Fixture, "an account that changes between the two questions does not let the old password in") {
    test::ScramClient client(ScramHash::sha256, "user", "pencil");
    const auto before = make_scram_secret(ScramHash::sha256, "pencil");
    const auto proof = client.proof_for(offer(ScramHash::sha256, "user", before));
    CHECK(verifier.verify(proof, before, start));
    CHECK_FALSE(verifier.verify(proof, make_scram_secret(ScramHash::sha256, "pencil"), start));
    CHECK_FALSE(verifier.verify(proof, "", start));
}

TEST_CASE("the stored form. RFC 5803 section 2") {
    const auto made = make_scram_secret(ScramHash::sha256, "pencil");
    CHECK(made.starts_with("SCRAM-SHA-256$15000:"));
    CHECK(made.find('|') == std::string::npos);
    CHECK(make_scram_secret(ScramHash::sha256, "pencil") != made);
    CHECK(make_scram_secret(ScramHash::sha1, "pencil").starts_with("SCRAM-SHA-1$15000:"));
    const auto read = read_scram_secret(ScramHash::sha256, made);
    REQUIRE(read);
    CHECK(read->salt.size() == 16);
    CHECK(print_scram_secret(ScramHash::sha256, *read) == made);
    CHECK(read_scram_secret(ScramHash::sha256, "scram-sha-256$" + made.substr(14)));
}

TEST_CASE("what is not the stored form") {
    const std::string key = base64_encode(std::string(32, 'k'));
    const auto is_read = [](const std::string& text) {
        return read_scram_secret(ScramHash::sha256, "SCRAM-SHA-256$" + text).has_value();
    };
    CHECK(is_read("1:c2FsdA==$" + key + ":" + key));
    CHECK(is_read("4294967295:c2FsdA==$" + key + ":" + key));
    for (const auto& text :
         {std::string(), "0:c2FsdA==$" + key + ":" + key, "4294967296:c2FsdA==$" + key + ":" + key,
          "-1:c2FsdA==$" + key + ":" + key, "+1:c2FsdA==$" + key + ":" + key, ":c2FsdA==$" + key + ":" + key,
          "1:$" + key + ":" + key, "1:c2FsdA$" + key + ":" + key, "1:c2FsdA==$" + key, "1:c2FsdA==$" + key + ":",
          "1:c2FsdA==$" + key + ":" + key + "x", "1:c2FsdA==$" + key + ":" + key + ":" + key,
          "1:c2FsdA==$" + key + ":" + base64_encode(std::string(31, 'k')),
          "1:c2FsdA==$" + base64_encode(std::string(20, 'k')) + ":" + key}) {
        INFO(text);
        CHECK_FALSE(is_read(text));
    }
    for (const std::size_t size : {64, 65}) {
        CHECK(is_read("1:" + base64_encode(std::string(size, 's')) + "$" + key + ":" + key) == (size == 64));
    }
}

}  // namespace
}  // namespace postrider::auth
