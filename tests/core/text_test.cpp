#include "core/text.hpp"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.hpp"

namespace postrider {
namespace {

TEST_CASE("case is ASCII's alone") {
    CHECK(lower("ABCxyz[]@`09\xC4\xD6") == "abcxyz[]@`09\xC4\xD6");
    CHECK(upper("abcXYZ{}@`09\xE4") == "ABCXYZ{}@`09\xE4");
    CHECK(iequals("InBox", "INBOX"));
    CHECK_FALSE(iequals("INBOX", "INBOXX"));
    CHECK_FALSE(iequals("\xE4", "\xC4"));
    CHECK(iequals("", ""));
    CHECK(istarts_with("Content-Type", "CONTENT-"));
    CHECK_FALSE(istarts_with("Con", "Content"));
    CHECK(istarts_with("anything", ""));
}

TEST_CASE("a decimal number has its type's exact range and nothing around it") {
    CHECK(parse_decimal<std::uint32_t>("0") == 0u);
    CHECK(parse_decimal<std::uint32_t>("4294967295") == 4294967295u);
    CHECK(parse_decimal<std::uint32_t>("0000000000007") == 7u);
    CHECK(parse_decimal<std::uint64_t>("18446744073709551615") == UINT64_MAX);
    CHECK(parse_decimal<std::uint8_t>("255") == std::uint8_t{255});
    CHECK_FALSE(parse_decimal<std::uint8_t>("256"));
    for (const auto* wrong : {"", "4294967296", "4294967297", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x1",
                              "1e1", "1.", "a", "1\n"}) {
        INFO(wrong);
        CHECK_FALSE(parse_decimal<std::uint32_t>(wrong));
    }
    CHECK_FALSE(parse_decimal<std::uint64_t>("18446744073709551616"));
    CHECK_FALSE(parse_decimal<std::uint32_t>(std::string_view("1\0", 2)));
}

TEST_CASE("blanks at both ends go") {
    CHECK(trimmed(" \t\r\na b\n ") == "a b");
    CHECK(trimmed("a") == "a");
    CHECK(trimmed(" \r\n").empty());
    CHECK(trimmed("").empty());
}

TEST_CASE("client text in the log is one line of limited length") {
    CHECK(log_safe(std::string_view("a\r\n\0b\x7F\t", 7)) == "a...b..");
    CHECK(log_safe(std::string(2000, 'x')).size() == 1024);
    CHECK(log_safe("abcdef", 3) == "abc");
    CHECK(log_safe("Gr\xC3\xBC\xC3\x9F"
                   "e") ==
          "Gr\xC3\xBC\xC3\x9F"
          "e");
}

TEST_CASE("UTF-8 is well-formed or it is not") {
    for (const auto* good : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        CHECK(is_utf8(good));
    }
    for (const auto* bad :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2x", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
          "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
          "a\xE2\x82"
          "b",
          "\xF0\x9F\x98"}) {
        INFO(base64_encode(bad));
        CHECK_FALSE(is_utf8(bad));
    }
}

TEST_CASE("base64: the RFC's own examples both ways. RFC 4648 section 10") {
    const std::vector<std::pair<std::string, std::string>> pairs = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : pairs) {
        CHECK(base64_encode(bytes) == text);
        CHECK(base64_decode(text) == bytes);
    }
}

TEST_CASE("base64: what was encoded comes back, for every byte and length") {
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
        CHECK(base64_decode(base64_encode(bytes)) == bytes);
        bytes += static_cast<char>(i * 7 + i / 256);
    }
}

TEST_CASE("base64 is strict about padding and characters") {
    for (const auto* wrong : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm=v", "Zg==Zg==", "Zm9v\n", " Zm9v",
                              "Zm9-", "Zm9_", "Zm 9", "Zm8=Zm8="}) {
        INFO(wrong);
        CHECK_FALSE(base64_decode(wrong));
    }
    CHECK_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
    CHECK_FALSE(base64_decode("Zm9\xC3"));
}

}  // namespace
}  // namespace postrider
