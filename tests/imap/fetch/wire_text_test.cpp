// LF becomes CR LF: whole, in pieces, and windows of it.
#include "imap/fetch/wire_text.hpp"

#include <limits>

#include "support/catch.hpp"

namespace postrider::imap {

namespace {

constexpr auto all = std::numeric_limits<std::uint64_t>::max();

std::string converted(std::string_view text, std::uint64_t skip, std::uint64_t left, std::size_t step) {
    WireText wire(skip, left);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += step) {
        wire.add(text.substr(at, step), out);
    }
    return out;
}

}  // namespace

TEST_CASE("line ends on the wire") {
    struct Case {
        std::string_view disk;
        std::string_view wire;
    };
    for (const Case& c : {Case{"", ""},
                          {"a", "a"},
                          {"\n", "\r\n"},
                          {"\n\n", "\r\n\r\n"},
                          {"a\nbc\n", "a\r\nbc\r\n"},
                          {"a\r\nbc\r\n", "a\r\nbc\r\n"},
                          {"a\nb\r\nc\rd\r\r\n\n", "a\r\nb\r\nc\rd\r\r\n\r\n"},
                          {"no end\r", "no end\r"}}) {
        INFO(c.disk);
        CHECK(to_wire(c.disk) == c.wire);
        for (std::size_t step = 1; step <= c.disk.size(); ++step) {
            CHECK(converted(c.disk, 0, all, step) == c.wire);
            for (std::size_t skip = 0; skip <= c.wire.size(); ++skip) {
                for (std::size_t left = 0; left <= c.wire.size(); ++left) {
                    CHECK(converted(c.disk, skip, left, step) == c.wire.substr(skip, left));
                }
            }
        }
    }
}

}  // namespace postrider::imap
