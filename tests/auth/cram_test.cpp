#include "auth/cram.hpp"

#include <set>

#include "auth/sasl.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::string_literals;

constexpr std::string_view challenge = "<1896.697170952@postoffice.reston.mci.net>";
constexpr std::string_view of_tim = "tim b913a602c7eda7a495b4e6e7334d3890";

bool lets_in(HmacHash hash, std::string_view response, std::string_view stored) {
    const auto proof = parse_cram_response(hash, challenge, response);
    return proof && cram_matches(*proof, stored);
}

TEST_CASE("CRAM-MD5's own example, against the password and against its HMAC states. RFC 2195 section 2") {
    const auto states = make_hmac_secret(HmacHash::md5, "tanstaaftanstaaf");
    CHECK(lets_in(HmacHash::md5, of_tim, "{PLAIN}tanstaaftanstaaf"));
    CHECK(lets_in(HmacHash::md5, of_tim, states));
    CHECK_FALSE(lets_in(HmacHash::md5, of_tim, "{PLAIN}tanstaaftanstaag"));
    CHECK_FALSE(lets_in(HmacHash::md5, of_tim, make_hmac_secret(HmacHash::md5, "tanstaaftanstaag")));
    CHECK_FALSE(lets_in(HmacHash::md5, "tim b913a602c7eda7a495b4e6e7334d3891", states));
}

TEST_CASE("the three hashes, with keys of up to a block and longer ones") {
    struct Case {
        HmacHash hash;
        std::string password;
        std::string digest;
    };
    // Computed with Python's hmac module.
    const auto& known =
        GENERATE(Case{HmacHash::md5, "secret", "733ba87e64ed7e441f062c4ac6db0103"},
                 Case{HmacHash::sha1, "secret", "59c559e2b9f0fceb0a530bf565bd9649d7b11868"},
                 Case{HmacHash::sha256, "secret", "e9465015364e038855aeb309cb81bd0db3b269e7a113443095035b787ec93863"},
                 Case{HmacHash::md5, std::string(65, 'k'), "c26f650abcb485a907fa679a2807bdac"},
                 Case{HmacHash::sha1, std::string(65, 'k'), "146773a625e784c6b3c20dd8c7a500951261559a"},
                 Case{HmacHash::sha256, std::string(65, 'k'),
                      "de9d2c805f73cf367397a83365af6ebe7df46db9ce40e12089905655ca0f99ee"});
    const auto response = "user " + known.digest;
    const auto states = make_hmac_secret(known.hash, known.password);
    CHECK(lets_in(known.hash, response, states));
    CHECK(lets_in(known.hash, response, "{PLAIN}" + known.password));
    CHECK_FALSE(lets_in(known.hash, response, make_hmac_secret(known.hash, known.password + "x")));
    for (const auto other : {HmacHash::md5, HmacHash::sha1, HmacHash::sha256}) {
        CHECK(lets_in(other, response, states) == (other == known.hash));
    }
}

TEST_CASE("digest and stored states are hex digits in any case") {
    const auto states = make_hmac_secret(HmacHash::md5, "tanstaaftanstaaf");
    CHECK(lets_in(HmacHash::md5, "tim B913A602C7EDA7A495B4E6E7334D3890", states));
    CHECK(lets_in(HmacHash::md5, of_tim, upper(states)));
}

TEST_CASE("nothing else that is stored lets anybody in") {
    for (const auto* stored :
         {"", "*", "{PLAIN}", "tanstaaftanstaaf", "{CRYPT}x", "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"}) {
        CHECK_FALSE(lets_in(HmacHash::md5, of_tim, stored));
    }
    const auto states = make_hmac_secret(HmacHash::md5, "tanstaaftanstaaf");
    CHECK_FALSE(lets_in(HmacHash::md5, of_tim, states + "00"));
    CHECK_FALSE(lets_in(HmacHash::md5, of_tim, states.substr(2)));
    CHECK_FALSE(lets_in(HmacHash::md5, of_tim, "x" + states.substr(1)));
}

TEST_CASE("no secret is not the same as a secret of zeros") {
    const auto zeros = std::string(64, '0');
    const auto proof = parse_cram_response(HmacHash::md5, challenge, "tim 4b60e72d16576c0877b066b90a0b52d3");
    REQUIRE(proof);
    CHECK(cram_matches(*proof, zeros));
    CHECK_FALSE(cram_matches(*proof, ""));
}

TEST_CASE("a name may hold blanks; the last one ends it") {
    const auto proof = parse_cram_response(HmacHash::md5, challenge, "tim the  user b913a602c7eda7a495b4e6e7334d3890");
    REQUIRE(proof);
    CHECK(proof->user == "tim the  user");
    CHECK(proof->digest == "b913a602c7eda7a495b4e6e7334d3890");
    CHECK(proof->challenge == challenge);
}

TEST_CASE("malformed responses") {
    const auto digest = " b913a602c7eda7a495b4e6e7334d3890"s;
    const auto is_taken = [](const std::string& response) {
        return parse_cram_response(HmacHash::md5, challenge, response).has_value();
    };
    CHECK(is_taken("tim" + digest));
    for (const auto& response :
         {""s, " "s, "tim"s, "tim "s, digest, "tim" + digest + "0", "tim" + digest + "00", "tim" + digest.substr(0, 32),
          "tim" + digest + " ", "t\nim" + digest, "t\0im"s + digest, "tim b913a602c7eda7a495b4e6e7334d389g"s,
          "tim -913a602c7eda7a495b4e6e7334d3890"s, "tim 0x13a602c7eda7a495b4e6e7334d3890"s}) {
        INFO(response);
        CHECK_FALSE(is_taken(response));
    }
    CHECK(is_taken(std::string(limits::credential_bytes, 'u') + digest));
    CHECK_FALSE(is_taken(std::string(limits::credential_bytes + 1, 'u') + digest));
}

TEST_CASE("a challenge is 32 upper-case hex digits at the host, and never the same") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto made = make_cram_challenge("mail.example.com");
        REQUIRE(made.size() == 1 + 32 + 18);
        CHECK(made.starts_with('<'));
        CHECK(made.ends_with("@mail.example.com>"));
        CHECK(made.substr(1, 32).find_first_not_of("0123456789ABCDEF") == std::string::npos);
        seen.insert(made);
    }
    CHECK(seen.size() == 100);
}

TEST_CASE("the exchange: the server speaks first. RFC 2195") {
    SaslContext context;
    context.host = "mail.example.com";
    context.announced = mechanisms_in("CRAM-MD5 CRAM-SHA1 CRAM-SHA256", "");
    for (const auto* name : {"CRAM-MD5", "cram-sha1", "CRAM-SHA256"}) {
        CHECK(std::holds_alternative<SaslFailure>(make_sasl_exchange(name, context)->start("")));
        const auto exchange = make_sasl_exchange(name, context);
        const auto asked = std::get<SaslChallenge>(exchange->start(std::nullopt)).bytes;
        const auto hash = mechanism_of(name) == Mechanism::cram_md5    ? HmacHash::md5
                          : mechanism_of(name) == Mechanism::cram_sha1 ? HmacHash::sha1
                                                                       : HmacHash::sha256;
        const auto size = make_hmac_secret(hash, "").size() / 2;
        const auto proof = std::get<CramProof>(exchange->next("tim " + std::string(size, 'a')));
        CHECK(proof.hash == hash);
        CHECK(proof.user == "tim");
        CHECK(proof.challenge == asked);
        CHECK(std::holds_alternative<SaslFailure>(exchange->next("tim " + std::string(size, 'a'))));
    }
    const auto refused = make_sasl_exchange("CRAM-MD5", context);
    CHECK(std::holds_alternative<SaslFailure>(refused->start(of_tim)));
    CHECK(std::holds_alternative<SaslFailure>(refused->next(of_tim)));
}

}  // namespace
}  // namespace postrider::auth
