// Messages on the wire: line ends, dots, TOP's lines; whole, byte by byte, and cut at every place.
#include "pop3/wire/message_text.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace postrider::pop3::wire {
namespace {

struct Given {
    std::string wire;
    std::uint64_t octets = 0;

    friend bool operator==(const Given&, const Given&) = default;
};

/// In pieces of `step` bytes, the first one of `first`.
Given given(std::string_view text, std::uint64_t body_lines, std::size_t first, std::size_t step) {
    MessageText printer(body_lines);
    Given out;
    printer.add(text.substr(0, first), out.wire);
    for (std::size_t at = first; at < text.size(); at += step) {
        printer.add(text.substr(at, step), out.wire);
    }
    printer.end_line(out.wire);
    out.octets = printer.octets();
    return out;
}

void check(std::string_view text, std::uint64_t body_lines, const Given& wanted) {
    INFO(text << "\nlines: " << body_lines);
    const Given whole = given(text, body_lines, text.size(), 1);
    CHECK(whole.wire == wanted.wire);
    CHECK(whole.octets == wanted.octets);
    CHECK(given(text, body_lines, 0, 1) == wanted);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        CHECK(given(text, body_lines, cut, text.size()) == wanted);
    }
}

TEST_CASE("a message is given with CR LF and doubled dots, and every other byte as it is") {
    check("a\nb\n", all_lines, {"a\r\nb\r\n", 4});
    check("no end", all_lines, {"no end\r\n", 6});
    check("", all_lines, {"\r\n", 0});
    check("\n", all_lines, {"\r\n", 1});
    check(".", all_lines, {"..\r\n", 1});
    check(".\n", all_lines, {"..\r\n", 2});
    check(".first\n\n.\n..\n.a.\nb.\n.", all_lines, {"..first\r\n\r\n..\r\n...\r\n..a.\r\nb.\r\n..\r\n", 21});
    check(std::string_view("n\0l\r\xff\n", 6), all_lines, {std::string("n\0l\r\xff\r\n", 7), 6});
}

TEST_CASE("a LF gets a CR also behind a CR: that is what the size says") {
    check("a\r\n\r\n.b\r\n", all_lines, {"a\r\r\n\r\r\n..b\r\r\n", 9});
}

TEST_CASE("TOP gives the header, the empty line, and as many lines of the body as asked for") {
    const std::string_view message = "H: 1\nI: .2\n\nb1\n.b2\nb3";
    check(message, 0, {"H: 1\r\nI: .2\r\n\r\n", 12});
    check(message, 1, {"H: 1\r\nI: .2\r\n\r\nb1\r\n", 15});
    check(message, 2, {"H: 1\r\nI: .2\r\n\r\nb1\r\n..b2\r\n", 19});
    check(message, 3, {"H: 1\r\nI: .2\r\n\r\nb1\r\n..b2\r\nb3\r\n", 21});
    check(message, 4, {"H: 1\r\nI: .2\r\n\r\nb1\r\n..b2\r\nb3\r\n", 21});
    check(message, all_lines, {"H: 1\r\nI: .2\r\n\r\nb1\r\n..b2\r\nb3\r\n", 21});
}

TEST_CASE("a header also ends at an empty line with CR, at the first line, or not at all") {
    check("H: 1\r\n\r\nb1\r\n", 0, {"H: 1\r\r\n\r\r\n", 8});
    check("H: 1\n\r\r\n\nb1\n", 0, {"H: 1\r\n\r\r\r\n\r\n", 9});
    check("\nb1\nb2\n", 1, {"\r\nb1\r\n", 4});
    check("H: 1\nI: 2\n", 0, {"H: 1\r\nI: 2\r\n", 10});
}

TEST_CASE("a line that is ended counts as a line of the body") {
    MessageText printer(2);
    std::string out;
    printer.add("\nfirst\nsecond", out);
    CHECK_FALSE(printer.is_full());
    printer.end_line(out);
    CHECK(printer.is_full());
    printer.add("third\n", out);
    CHECK(out == "\r\nfirst\r\nsecond\r\n");
}

}  // namespace
}  // namespace postrider::pop3::wire
