#include "auth/saslprep.hpp"

#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

std::optional<std::string> kept(std::string_view text) {
    return saslprep(text, Unassigned::prohibited);
}

TEST_CASE("SASLprep's own examples. RFC 4013 section 3") {
    CHECK(kept("I\xC2\xADX") == "IX");
    CHECK(kept("user") == "user");
    CHECK(kept("USER") == "USER");
    CHECK(kept("\xC2\xAA") == "a");
    CHECK(kept("\xE2\x85\xA8") == "IX");
    CHECK_FALSE(kept("\x07"));
    CHECK_FALSE(kept("\xD8\xA7\x31"));
}

TEST_CASE("where normal forms C and KC differ. RFC 5802 section 2.2") {
    CHECK(kept("\xC2\xBD") ==
          "1\xE2\x81\x84"
          "2");
    CHECK(kept("\xC2\xB4") == " \xCC\x81");
    CHECK(kept("e\xCC\x81") == "\xC3\xA9");
    CHECK(kept("a\xC2\xA0z") == "a z");
}

TEST_CASE("what cannot be a name or a password") {
    for (const auto* text :
         {"", "\xC2\xAD", "\x7F", "a\nb", "\xC3", "\xED\xA0\x80", "\xEE\x80\x80", "\xEF\xBF\xBE", "\xF4\x8F\xBF\xBF",
          "\xE2\x80\x8E"
          "a"}) {
        INFO(text);
        CHECK_FALSE(kept(text));
        CHECK_FALSE(saslprep(text, Unassigned::allowed));
    }
    CHECK_FALSE(kept(std::string_view("a\0b", 3)));
}

TEST_CASE("an unassigned character may be asked for and is not kept") {
    CHECK_FALSE(kept("\xC8\xA1"));  // U+0221, unassigned in Unicode 3.2
    CHECK(saslprep("\xC8\xA1", Unassigned::allowed) == "\xC8\xA1");
}

TEST_CASE("1024 bytes are taken, also where each becomes more") {
    CHECK(kept(std::string(limits::credential_bytes, 'x'))->size() == limits::credential_bytes);
    CHECK_FALSE(kept(std::string(limits::credential_bytes + 1, 'x')));
    std::string ligatures;
    while (ligatures.size() + 3 <= limits::credential_bytes) {
        ligatures += "\xEF\xB7\xBA";  // U+FDFA becomes 18 characters
    }
    CHECK(kept(ligatures)->size() == ligatures.size() / 3 * 33);
}

}  // namespace
}  // namespace postrider::auth
