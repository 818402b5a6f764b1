#include "auth/pam/message.hpp"

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

PamRequest request_with(std::string PamRequest::*field, std::string text) {
    PamRequest request;
    request.service = "imap";
    request.user = "john";
    request.password = "secret";
    request.*field = std::move(text);
    return request;
}

TEST_CASE("a request to a PAM child comes as it went") {
    PamRequest request = request_with(&PamRequest::peer, "2001:db8::1");
    request.new_password = std::string(limits::credential_bytes, 'n');
    const auto packet = encoded(request);
    REQUIRE(packet);
    CHECK(packet->size() <= pam_request_bytes);
    const auto decoded = decoded_request(*packet);
    REQUIRE(decoded);
    CHECK(decoded->service == request.service);
    CHECK(decoded->user == request.user);
    CHECK(decoded->password == request.password);
    CHECK(decoded->new_password == request.new_password);
    CHECK(decoded->peer == request.peer);
    for (std::size_t cut = 0; cut < packet->size(); ++cut) {
        CHECK_FALSE(decoded_request(packet->substr(0, cut)));
    }
    CHECK_FALSE(decoded_request(*packet + "x"));
    CHECK_FALSE(decoded_request(*packet + std::string(1, '\0')));
}

TEST_CASE("texts that PAM would cut are not sent") {
    for (const auto field : {&PamRequest::user, &PamRequest::password, &PamRequest::new_password, &PamRequest::peer}) {
        CHECK(encoded(request_with(field, std::string(limits::credential_bytes - 1, 'x'))));
        CHECK(encoded(request_with(field, std::string(limits::credential_bytes, 'x'))));
        CHECK_FALSE(encoded(request_with(field, std::string(limits::credential_bytes + 1, 'x'))));
        CHECK_FALSE(encoded(request_with(field, std::string("a\0b", 3))));
    }
    std::string packet = "imap" + std::string(1, '\0') + std::string(limits::credential_bytes + 1, 'x');
    packet += std::string(4, '\0');
    CHECK_FALSE(decoded_request(packet));
}

TEST_CASE("a service is a word, not a path") {
    for (const auto* good : {"imap", "pop3", "esmtp", "Web-mail_2.x"}) {
        CHECK(is_pam_service(good));
    }
    for (const auto* bad : {"", ".", "..", "../imap", "/etc/passwd", "a/b", "a b", "a\n", ".hidden", "\xc3\xb6"}) {
        INFO(bad);
        CHECK_FALSE(is_pam_service(bad));
        CHECK_FALSE(decoded_request(encoded(request_with(&PamRequest::service, bad)).value()));
    }
    CHECK(is_pam_service(std::string(64, 'a')));
    CHECK_FALSE(is_pam_service(std::string(65, 'a')));
}

TEST_CASE("an answer of a PAM child is one of three, with one line of detail") {
    for (const auto verdict : {PamVerdict::accepted, PamVerdict::refused, PamVerdict::unavailable}) {
        const auto answer = decoded_answer(encoded(PamAnswer{verdict, "a\nb"}));
        REQUIRE(answer);
        CHECK(answer->verdict == verdict);
        CHECK(answer->detail == "a.b");
    }
    CHECK(encoded(PamAnswer{PamVerdict::refused, std::string(5000, 'x')}).size() == pam_answer_bytes);
    for (const auto* bad : {"", "3", "/", "x", "\xff"}) {
        CHECK_FALSE(decoded_answer(bad));
    }
    CHECK(decoded_answer("0" + std::string(limits::pam_text_bytes, 'x')));
    CHECK_FALSE(decoded_answer("0" + std::string(limits::pam_text_bytes + 1, 'x')));
}

}  // namespace
}  // namespace postrider::auth
