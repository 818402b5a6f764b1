#include "cli/table.hpp"

#include <limits>

#include "support/catch.hpp"

namespace postrider::cli {
namespace {

TEST_CASE("what a terminal would obey is made harmless") {
    CHECK(harmless("plain, \xC3\xA9\xE2\x82\xAC") == "plain, \xC3\xA9\xE2\x82\xAC");
    CHECK(harmless("a\x1B[31m\r\n\t\x7F") == "a.[31m....");
    CHECK(harmless(std::string_view("a\0b", 3)) == "a.b");
    CHECK(harmless("a\xC2\x9B"
                   "1mb") == "a.1mb");  // U+009B, the one-character form of ESC [
    CHECK(harmless("a\xE2\x80\xAE"
                   "b") == "a.b");  // U+202E: from right to left
    CHECK(harmless("a\xE2\x80\x8B"
                   "b") == "a.b");  // U+200B: no width
    CHECK(harmless("a\xE2\x80\xA8"
                   "b") == "a.b");                         // U+2028: a line separator
    CHECK(harmless("\xFF\xC3 \xE2\x82") == ".. ..");       // no UTF-8
    CHECK(harmless("\xC0\xAF \xED\xA0\x80") == ".. ...");  // overlong, a surrogate
    CHECK(harmless("").empty());
}

TEST_CASE("the width of text on a terminal") {
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("\xC3\xA9t\xC3\xA9") == 3);
    CHECK(display_width("e\xCC\x81") == 1);                 // combining
    CHECK(display_width("\xE5\x8F\x97\xE4\xBF\xA1") == 4);  // wide
}

TEST_CASE("columns are aligned") {
    constexpr Column columns[] = {{"NAME"}, {"COUNT", Align::right}, {"REMARK"}};
    const std::vector<std::vector<std::string>> rows = {
        {"a", "12345678", "x\ny"}, {"\xE5\x8F\x97\xE4\xBF\xA1\xE5\x8F\x97", "9", ""}, {"", "", "last"}};
    CHECK(table_text(columns, rows, 0) ==
          "NAME       COUNT  REMARK\n"
          "a       12345678  x.y\n"
          "\xE5\x8F\x97\xE4\xBF\xA1\xE5\x8F\x97         9  -\n"
          "-              -  last\n");
    CHECK(table_text(columns, {}, 0) == "NAME  COUNT  REMARK\n");
}

TEST_CASE("only the last column is cut, and only for a terminal") {
    constexpr Column columns[] = {{"A"}, {"B"}};
    const std::vector<std::vector<std::string>> rows = {{"first", "\xE5\x8F\x97\xE4\xBF\xA1 and more"}};
    CHECK(table_text(columns, rows, 0) == "A      B\nfirst  \xE5\x8F\x97\xE4\xBF\xA1 and more\n");
    CHECK(table_text(columns, rows, 19) == "A      B\nfirst  \xE5\x8F\x97\xE4\xBF\xA1 and mor\n");
    CHECK(table_text(columns, rows, 10) == "A      B\nfirst  \xE5\x8F\x97\n");  // half a character is none
    CHECK(table_text(columns, rows, 3) == "A\nfirst\n");
}

TEST_CASE("a cell of a stranger moves its own line only") {
    constexpr Column columns[] = {{"A"}, {"B"}};
    const std::string wide(5000, 'x');
    const std::vector<std::vector<std::string>> rows = {{wide, "1"}, {"a", "2"}};
    CHECK(table_text(columns, rows, 0) ==
          "A" + std::string(51, ' ') + "B\n" + wide + "  1\na" + std::string(51, ' ') + "2\n");
}

TEST_CASE("durations") {
    CHECK(duration_text(-5) == "0s");
    CHECK(duration_text(0) == "0s");
    CHECK(duration_text(59) == "59s");
    CHECK(duration_text(60) == "1m00s");
    CHECK(duration_text(307) == "5m07s");
    CHECK(duration_text(3599) == "59m59s");
    CHECK(duration_text(3600) == "1h00m");
    CHECK(duration_text(86399) == "23h59m");
    CHECK(duration_text(86400) == "1d00h");
    CHECK(duration_text(1051200) == "12d04h");
    CHECK(duration_text(std::numeric_limits<std::int64_t>::max()) == "106751991167300d15h");
}

}  // namespace
}  // namespace postrider::cli
