// PROXY headers of both versions: whole, in pieces, at their limits, and what is none.
#include "net/proxy_header.hpp"

#include <string>

#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::net;

namespace {

using Answer = Parsed<std::optional<ProxyHeader>>;

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string addresses_v4("\x0A\0\0\x01\x0A\0\0\x02\x30\x39\0\x8F", 12);

std::string number(std::size_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 255)};
}

/// command: with the version, 0x21.
std::string v2(int command, int kind, const std::string& rest) {
    return signature + static_cast<char>(command) + static_cast<char>(kind) + number(rest.size()) + rest;
}

std::string v1(const std::string& line) {
    return "PROXY " + line + "\r\n";
}

ProxyHeader header(const std::string& bytes) {
    const Answer answer = parse_proxy_header(bytes);
    CAPTURE(bytes);
    REQUIRE(answer.has_value());
    REQUIRE(answer->has_value());
    return **answer;
}

std::string source(const std::string& bytes) {
    const auto found = header(bytes).source;
    return found ? found->address.to_string() + ' ' + std::to_string(found->port) : "none";
}

bool is_wrong(const std::string& bytes) {
    return parse_proxy_header(bytes).has_error();
}

bool needs_more(const std::string& bytes) {
    const Answer answer = parse_proxy_header(bytes);
    return answer && !*answer;
}

const std::string headers[] = {
    v1("TCP4 10.0.0.1 10.0.0.2 12345 143"),
    v1("TCP6 2001:db8::1 ::1 65535 993"),
    v1("UNKNOWN"),
    v1("UNKNOWN ffff:f... and what else there is"),
    v2(0x21, 0x11, addresses_v4),
    v2(0x21, 0x21, std::string(36, '\1')),
    v2(0x21, 0x11, addresses_v4 + std::string("\x04\0\x03xyz", 6)),
    v2(0x20, 0x00, ""),
    v2(0x21, 0x31, std::string(216, 's')),
};

}  // namespace

TEST_CASE("a header is found at its end and not before, whatever follows") {
    for (const std::string& bytes : headers) {
        CAPTURE(bytes);
        const ProxyHeader whole = header(bytes);
        CHECK(whole.size == bytes.size());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CAPTURE(size);
            CHECK(needs_more(bytes.substr(0, size)));
        }
        for (const std::string more : {"a", "\r\n", "1 LOGIN a b\r\n", "PROXY UNKNOWN\r\n"}) {
            CHECK(header(bytes + more) == whole);
        }
        CHECK(header(bytes + std::string(5000, 'x')) == whole);
    }
}

TEST_CASE("sources of version 1") {
    CHECK(source(v1("TCP4 10.0.0.1 10.0.0.2 12345 143")) == "10.0.0.1 12345");
    CHECK(source(v1("TCP4 255.255.255.255 255.255.255.255 65535 65535")) == "255.255.255.255 65535");
    CHECK(source(v1("TCP4 0.0.0.0 0.0.0.0 0 0")) == "0.0.0.0 0");
    CHECK(source(v1("TCP6 2001:DB8::1 ::1 1 2")) == "2001:db8::1 1");
    CHECK(source(v1("TCP6 ::ffff:10.0.0.1 ::ffff:a00:2 1 2")) == "10.0.0.1 1");
    CHECK(source(v1("UNKNOWN")) == "none");
    CHECK(source(v1("UNKNOWN TCP4 10.0.0.1 10.0.0.2 1 2")) == "none");
}

TEST_CASE("lines that are not of version 1") {
    for (const std::string line : {"",
                                   " ",
                                   "TCP",
                                   "TCP4",
                                   "tcp4 10.0.0.1 10.0.0.2 1 2",
                                   "TCP5 10.0.0.1 10.0.0.2 1 2",
                                   "UNKNOWNX",
                                   "UDP4 10.0.0.1 10.0.0.2 1 2",
                                   "TCP4 10.0.0.1 10.0.0.2 1",
                                   "TCP4 10.0.0.1 10.0.0.2 1 2 3",
                                   "TCP4 10.0.0.1 10.0.0.2 1 2 ",
                                   "TCP4  10.0.0.1 10.0.0.2 1 2",
                                   "TCP4 10.0.0.1 10.0.0.2  1",
                                   "TCP4 10.0.0.1 10.0.0.2 65536 2",
                                   "TCP4 10.0.0.1 10.0.0.2 1 65536",
                                   "TCP4 10.0.0.1 10.0.0.2 4294967297 2",
                                   "TCP4 10.0.0.1 10.0.0.2 -1 2",
                                   "TCP4 10.0.0.1 10.0.0.2 +1 2",
                                   "TCP4 10.0.0.1 10.0.0.2 01 2",
                                   "TCP4 10.0.0.1 10.0.0.2 1 0x2",
                                   "TCP4 10.0.0.1 10.0.0.2\t1 2",
                                   "TCP4 10.0.0.256 10.0.0.2 1 2",
                                   "TCP4 10.0.0.01 10.0.0.2 1 2",
                                   "TCP4 10.0.0 10.0.0.2 1 2",
                                   "TCP4 ::1 10.0.0.2 1 2",
                                   "TCP4 10.0.0.1 ::1 1 2",
                                   "TCP4 ::ffff:10.0.0.1 10.0.0.2 1 2",
                                   "TCP6 10.0.0.1 ::1 1 2",
                                   "TCP6 ::1 10.0.0.1 1 2",
                                   "TCP6 fe80::1%lo ::1 1 2",
                                   "TCP6 [::1] ::1 1 2",
                                   "TCP4 host 10.0.0.2 1 2"}) {
        CAPTURE(line);
        CHECK(is_wrong(v1(line)));
    }
    CHECK(is_wrong(v1(std::string("TCP4 10.0.0.1\0 10.0.0.2 1 2", 27))));
}

TEST_CASE("a line of version 1 ends in CR LF within 107 bytes") {
    const auto line_of = [](std::size_t size) { return v1("UNKNOWN " + std::string(size - 16, 'x')); };
    CHECK(line_of(107).size() == 107);
    CHECK(header(line_of(106)).size == 106);
    CHECK(header(line_of(107)).size == 107);
    CHECK(is_wrong(line_of(108)));
    CHECK(needs_more(line_of(108).substr(0, 106)));
    CHECK(is_wrong(line_of(108).substr(0, 107)));
    CHECK(is_wrong("PROXY UNKNOWN " + std::string(5000, 'x')));
    CHECK(is_wrong("PROXY UNKNOWN\n"));
    CHECK(is_wrong("PROXY UNKNOWN\rx\r\n"));
    CHECK(needs_more("PROXY UNKNOWN\r"));
    CHECK(is_wrong("PROXY \n"));
}

TEST_CASE("sources of version 2") {
    CHECK(source(v2(0x21, 0x11, addresses_v4)) == "10.0.0.1 12345");
    CHECK(source(v2(0x21, 0x11, addresses_v4 + "additions of any form")) == "10.0.0.1 12345");
    const std::string v6("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    CHECK(source(v2(0x21, 0x21, v6 + std::string(16, '\2') + std::string("\xff\xff\0\x8f", 4))) == "2001:db8::1 65535");
    const std::string mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
    CHECK(source(v2(0x21, 0x21, mapped + mapped + std::string("\0\x01\0\x02", 4))) == "10.0.0.1 1");
    // The proxy's own connection, whatever it says; and kinds of connection that are none of ours.
    CHECK(source(v2(0x20, 0x11, addresses_v4)) == "none");
    CHECK(source(v2(0x20, 0xFF, "x")) == "none");
    CHECK(source(v2(0x21, 0x00, "")) == "none");
    CHECK(source(v2(0x21, 0x00, "additions")) == "none");
    CHECK(source(v2(0x21, 0x12, addresses_v4)) == "none");
    CHECK(source(v2(0x21, 0x22, std::string(36, 'x'))) == "none");
    CHECK(source(v2(0x21, 0x31, std::string(216, 'x'))) == "none");
}

TEST_CASE("what is not of version 2") {
    for (const int command : {0x00, 0x01, 0x10, 0x11, 0x1F, 0x22, 0x2F, 0x30, 0x31, 0xFF}) {
        CAPTURE(command);
        CHECK(is_wrong(v2(command, 0x11, addresses_v4)));
    }
    for (const int kind : {0x03, 0x13, 0x1F, 0x23, 0x33, 0x40, 0x41, 0xFF}) {
        CAPTURE(kind);
        CHECK(is_wrong(v2(0x21, kind, std::string(216, 'x'))));
    }
    for (std::size_t at = 0; at < signature.size(); ++at) {
        std::string bytes = headers[4];
        bytes[at] = '?';
        CAPTURE(at);
        CHECK(is_wrong(bytes));
        CHECK(is_wrong(bytes.substr(0, at + 1)));
    }
}

TEST_CASE("lengths of version 2 at their limits") {
    for (const auto& [kind, least] :
         {std::pair(0x11, 12), {0x12, 12}, {0x21, 36}, {0x22, 36}, {0x31, 216}, {0x32, 216}}) {
        CAPTURE(kind);
        CHECK(is_wrong(v2(0x21, kind, std::string(static_cast<std::size_t>(least) - 1, 'x'))));
        CHECK(header(v2(0x21, kind, std::string(static_cast<std::size_t>(least), 'x'))).size == 16u + least);
        CHECK(header(v2(0x21, kind, std::string(static_cast<std::size_t>(least) + 1, 'x'))).size == 17u + least);
    }
    for (const int command : {0x20, 0x21}) {
        CHECK(header(v2(command, 0x11, std::string(535, 'x'))).size == 551);
        CHECK(header(v2(command, 0x11, std::string(536, 'x'))).size == proxy_header_bytes);
        CHECK(is_wrong(v2(command, 0x11, std::string(537, 'x'))));
        // The announced length alone decides: nothing more is waited for.
        CHECK(is_wrong(v2(command, 0x11, std::string(537, 'x')).substr(0, 16)));
        CHECK(is_wrong(v2(command, 0x11, std::string(65535, 'x')).substr(0, 16)));
        CHECK(needs_more(v2(command, 0x11, std::string(536, 'x')).substr(0, 551)));
    }
}

TEST_CASE("what begins otherwise is no header") {
    for (const std::string bytes :
         {"a", "1 LOGIN a b\r\n", "proxy TCP4", "PROXYTCP4", "PROXY\r\n", " PROXY ", "\n", "\r\r", "\x16\x03\x01"}) {
        CAPTURE(bytes);
        CHECK(is_wrong(bytes));
    }
    CHECK(needs_more(""));
    CHECK(needs_more("P"));
    CHECK(needs_more("\r"));
}
