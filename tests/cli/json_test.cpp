#include "cli/json.hpp"

#include "support/catch.hpp"

namespace postrider::cli {
namespace {

TEST_CASE("JSON strings. RFC 8259 section 7") {
    CHECK(json_string("") == R"("")");
    CHECK(json_string("plain /text") == R"("plain /text")");
    CHECK(json_string("a\"b\\c") == R"("a\"b\\c")");
    CHECK(json_string("\n\t\x01\x7F") == R"("\u000a\u0009\u0001\u007f")");
    CHECK(json_string(std::string_view("\0", 1)) == R"("\u0000")");
    CHECK(json_string("\xC3\xA9") == "\"\xC3\xA9\"");
    CHECK(json_string("\xE9t\xE9") == R"("\u00e9t\u00e9")");
}

}  // namespace
}  // namespace postrider::cli
