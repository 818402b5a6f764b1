// The tree of a message: extents, counts, nesting, what is missing or hostile, and that pieces do not matter.
#include "mime/structure.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/limits.hpp"
#include "mime/tree_checks.hpp"
#include "support/catch.hpp"

namespace postrider::mime {

namespace {

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

std::string_view body_of(std::string_view message, const Part& part) {
    return message.substr(part.body.begin, part.body.end - part.body.begin);
}

std::string_view header_of(std::string_view message, const Part& part) {
    return message.substr(part.header.begin, part.header.end - part.header.begin);
}

/// "type/subtype" of each node, children in parentheses.
std::string outline(const Part& part) {
    std::string text = part.content_type.type + '/' + part.content_type.subtype;
    for (std::size_t i = 0; i < part.children.size(); ++i) {
        text += (i == 0 ? '(' : ' ') + outline(part.children[i]);
    }
    return part.children.empty() ? text : text + ')';
}

std::size_t depth_of(const Part& part) {
    std::size_t most = 0;
    for (const Part& child : part.children) {
        most = std::max(most, depth_of(child));
    }
    return most + 1;
}

const std::string nested =
    "Subject: top\r\n"
    "Content-Type: multipart/mixed; boundary=out\r\n"
    "\r\n"
    "preamble\r\n"
    "--out\r\n"
    "Content-Type: multipart/alternative; boundary=\"in\"\r\n"
    "\r\n"
    "--in\r\n"
    "\r\n"
    "plain\r\n"
    "--in \t\r\n"
    "Content-Type: text/html\r\n"
    "\r\n"
    "<b>\r\n"
    "\r\n"
    "--in--\r\n"
    "inner epilogue\r\n"
    "--out\r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Subject: inside\r\n"
    "\r\n"
    "text\r\n"
    "--out--\r\n"
    "--out\r\n"
    "epilogue\r\n";

}  // namespace

TEST_CASE("a message without MIME fields is one text part") {
    const std::string text = "From: a@x\nSubject: s\n\nline\r\ntwo\n";
    const Part part = parse_message(text);
    CHECK(outline(part) == "text/plain");
    CHECK((part.header == Extent{0, 22, 3}));
    CHECK((part.body == Extent{22, 32, 1}));
    CHECK(part.header_lines == 3);
    CHECK(part.body_lines == 2);
    CHECK(part.body.wire_size() == 11);
    CHECK((part.whole() == Extent{0, 32, 4}));
    CHECK(part.encoding == Encoding::seven_bit);
    CHECK(part.encoding_name.empty());
    CHECK(!part.envelope);
}

TEST_CASE("the content fields of a part") {
    const Part part = parse_message(
        "content-type: TEXT/HTML; charset=x\nContent-Transfer-Encoding: (c) Quoted-Printable ; x\nContent-ID: <i>\n"
        "Content-Description: a\n b\nContent-MD5: m\nContent-Disposition: INLINE; filename=f\n"
        "Content-Language: en, de(c)\nContent-Location: http://x\n /y\nContent-Type: a/b\n\n");
    CHECK((part.content_type == ContentType{"text", "html", {{"charset", "x"}}}));
    CHECK(part.encoding == Encoding::quoted_printable);
    CHECK(part.encoding_name == "quoted-printable");
    CHECK(part.id == "<i>");
    CHECK(part.description == "a b");
    CHECK(part.md5 == "m");
    CHECK((part.disposition == Disposition{"inline", {{"filename", "f"}}}));
    CHECK(part.languages == std::vector<std::string>{"en", "de"});
    CHECK(part.location == "http://x /y");
}

TEST_CASE("parts, the message inside, preamble and epilogue") {
    const Part part = parse_message(nested);
    CHECK(outline(part) == "multipart/mixed(multipart/alternative(text/plain text/html) message/rfc822(text/plain))");
    const Part& alternative = part.children[0];
    CHECK(body_of(nested, alternative.children[0]) == "plain");
    CHECK(alternative.children[0].body_lines == 0);
    CHECK(header_of(nested, alternative.children[0]) == "\r\n");
    CHECK(body_of(nested, alternative.children[1]) == "<b>\r\n");
    CHECK(alternative.children[1].body_lines == 1);
    CHECK(body_of(nested, alternative).ends_with("--in--\r\ninner epilogue"));
    CHECK(!alternative.envelope);
    const Part& message = part.children[1];
    CHECK(body_of(nested, message) == "Subject: inside\r\n\r\ntext");
    CHECK(message.is_message());
    CHECK(!message.envelope);
    CHECK(message.body_lines == 2);
    CHECK((message.children[0].whole() == message.body));
    CHECK(message.children[0].envelope->subject == "inside");
    CHECK(part.body.end == nested.size());
}

TEST_CASE("the shape of odd messages") {
    struct Case {
        std::string text;
        std::string expected;
    };
    const std::string mixed = "Content-Type: multipart/mixed; boundary=b\n\n";
    const std::vector<Case> cases{
        {"", "text/plain"},
        {"\n", "text/plain"},
        {"no header at all\n", "text/plain"},
        {"Content-Type: nonsense\n\n", "text/plain"},
        {"Content-Type: multipart/mixed\n\n--b\n\n--b--\n", "multipart/mixed"},
        {"Content-Type: multipart/mixed; boundary=\" \"\n\n-- \n", "multipart/mixed"},
        {"Content-Type: multipart/mixed; boundary=b", "multipart/mixed"},
        {mixed, "multipart/mixed"},
        {mixed + "no line\n--bb\n --b\n-b\n--b-\n--b---\n--b--x\n", "multipart/mixed"},
        {mixed + "--b--\n--b\n", "multipart/mixed"},
        {mixed + "--b", "multipart/mixed(text/plain)"},
        {mixed + "--b\n--b\n--b--", "multipart/mixed(text/plain text/plain)"},
        {mixed + "--b\nContent-Type: a/b\n--b--", "multipart/mixed(a/b)"},
        {mixed + "--b\nContent-Type: message/rfc822\n\n--b--", "multipart/mixed(message/rfc822(text/plain))"},
        {mixed + "--b\nContent-Type: message/rfc822\n--b--", "multipart/mixed(message/rfc822)"},
        {mixed + "--b\nContent-Type: multipart/x; boundary=b\n\n--b\n\n--b--\n--b--\n",
         "multipart/mixed(multipart/x(text/plain))"},
        {mixed + "--b\nContent-Type: multipart/x; boundary=bb\n\n--bb\n\n--b\n\n--bb\n",
         "multipart/mixed(multipart/x(text/plain) text/plain)"},
        {mixed + "--b\nContent-Type: multipart/x; boundary=i\n\n--i\n\nx\n--b--\n--i\n",
         "multipart/mixed(multipart/x(text/plain))"},
        {"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\n--b\nContent-Type: a/b\n\n--b--",
         "multipart/digest(message/rfc822(text/plain) a/b)"},
        {"Content-Type: message/rfc822\n\nContent-Type: a/b\n\n", "message/rfc822(a/b)"},
        {"Content-Type: message/global\nContent-Transfer-Encoding: binary\n\n", "message/global(text/plain)"},
        {"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==\n", "message/rfc822"},
        {"Content-Type: message/partial\n\nx", "message/partial"},
        {"Content-Type: multipart/mixed; boundary*=us-ascii''b\n\n--b\n\n", "multipart/mixed(text/plain)"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        const Part part = parse_message(c.text);
        CHECK(outline(part) == c.expected);
        CHECK(tree_fault(part, c.text) == "");
        CHECK(difference_in_pieces(part, c.text, 1) == "");
    }
}

TEST_CASE("long boundaries and long white space behind them") {
    for (const std::size_t length : {69U, 70U, 71U, 5000U}) {
        const std::string boundary(length, 'b');
        const std::string text = "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary +
                                 std::string(100'000, ' ') + "\t\r\n\nx\n--" + boundary + "--" +
                                 std::string(100'000, ' ') + "x\n--" + boundary + "--" + std::string(99, ' ');
        const Part part = parse_message(text);
        CHECK(outline(part) == "multipart/mixed(text/plain)");
        CHECK(part.children[0].body_lines == 1);
        CHECK(difference_in_pieces(part, text, 977) == "");
    }
}

TEST_CASE("line ends are counted across the edges of parts and pieces") {
    const std::string text = "Content-Type: multipart/mixed; boundary=b\r\n\n--b\r\n\r\na\rb\nc\r\n\r\n--b--\n";
    const Part part = parse_message(text);
    CHECK((part.header == Extent{0, 44, 1}));
    CHECK(part.body.bare_lf == 2);
    const Part& child = part.children[0];
    CHECK(body_of(text, child) == "a\rb\nc\r\n");
    CHECK(child.body.bare_lf == 1);
    CHECK(child.body.wire_size() == 8);
    CHECK(child.body_lines == 2);
    CHECK(difference_in_pieces(part, text, 1) == "");
}

TEST_CASE("real mail gives the same tree in pieces of any size") {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(POSTRIDER_TEST_DATA "/mime/data")) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        INFO(entry.path());
        const Part part = parse_message(text);
        CHECK(tree_fault(part, text) == "");
        for (const std::size_t step : {1U, 2U, 7U, 61U, 1021U}) {
            CHECK(difference_in_pieces(part, text, step) == "");
        }
        ++files;
    }
    CHECK(files > 10);
}

TEST_CASE("depth has a limit; what lies deeper is a body") {
    const auto levels = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string boundary = "b" + std::to_string(i);
            text += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
        }
        return text;
    };
    for (const std::size_t nodes : {limits::mime_depth - 1, limits::mime_depth, limits::mime_depth + 1}) {
        const std::string text = levels(nodes - 1);
        const Part part = parse_message(text);
        CHECK(depth_of(part) == std::min(nodes, limits::mime_depth));
        CHECK(tree_fault(part, text) == "");
    }
    const std::string deep = levels(50'000) + repeated("--b\n", 100'000);
    CHECK(depth_of(parse_message(deep)) == limits::mime_depth);
    const std::string messages = repeated("Content-Type: message/rfc822\n\n", 50'000);
    CHECK(depth_of(parse_message(messages)) == limits::mime_depth);
}

TEST_CASE("the number of parts has a limit; the rest belongs to the multipart alone") {
    const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";
    for (const std::size_t nodes : {limits::mime_parts - 1, limits::mime_parts, limits::mime_parts + 1}) {
        const std::string text = head + repeated("--b\n\nx\n", nodes - 1) + "--b--\n";
        const Part part = parse_message(text);
        CHECK(part.children.size() == std::min(nodes, limits::mime_parts) - 1);
        CHECK(body_of(text, part.children.back()) == "x");
        CHECK(part.body.end == text.size());
    }
    CHECK(parse_message(head + repeated("--b\n", 100'000)).children.size() == limits::mime_parts - 1);
    const std::string outer = "Content-Type: multipart/mixed; boundary=o\n\n--o\n" + head +
                              repeated("--b\n", limits::mime_parts) + "--o--\n--o\n";
    CHECK(parse_message(outer).children.size() == 1);
}

TEST_CASE("a header beyond the limit keeps its place, its text is cut") {
    const std::string line = "X: " + std::string(1020, 'x') + "\n";
    const auto message = [&](std::size_t before) {
        std::string header = repeated(line, before / line.size());
        header.resize(before, 'x');
        header.back() = '\n';
        return header + "Content-ID: s\n\nbody\n";
    };
    for (const std::size_t size : {limits::header_bytes - 13, limits::header_bytes - 12, limits::header_bytes}) {
        const std::string text = message(size);
        const Part part = parse_message(text);
        CHECK(body_of(text, part) == "body\n");
        CHECK(part.id.has_value() == (size < limits::header_bytes - 12));
    }
    Scanner scanner;
    const std::string mebibyte = repeated(line, 1024);
    for (int i = 0; i < 200; ++i) {
        scanner.feed(mebibyte);
    }
    scanner.feed("\nbody\n");
    const Part part = scanner.finish();
    CHECK((part.header == Extent{0, 200U * mebibyte.size() + 1, 200 * 1024 + 1}));
    CHECK(part.body_lines == 1);
}

TEST_CASE("part numbers") {
    const Part part = parse_message(nested);
    const Part& alternative = part.children[0];
    const Part& message = part.children[1];
    CHECK(find_part(part, {}) == &part);
    CHECK(find_part(part, {1}) == &alternative);
    CHECK(find_part(part, {1, 2}) == &alternative.children[1]);
    CHECK(find_part(part, {2}) == &message);
    CHECK(find_part(part, {2, 1}) == &message.children[0]);
    for (const std::vector<std::uint32_t>& wrong :
         std::vector<std::vector<std::uint32_t>>{{0},
                                                 {3},
                                                 {1, 0},
                                                 {1, 3},
                                                 {1, 1, 1},
                                                 {2, 2},
                                                 {2, 1, 1},
                                                 {0xFFFF'FFFF},
                                                 std::vector<std::uint32_t>(9999, 1)}) {
        CHECK(find_part(part, wrong) == nullptr);
    }
    const Part plain = parse_message("\nx");
    CHECK(find_part(plain, {1}) == &plain);
    CHECK(find_part(plain, {1, 1}) == nullptr);
    CHECK(find_part(plain, {2}) == nullptr);
    const Part outer =
        parse_message("Content-Type: message/rfc822\n\nContent-Type: multipart/x; boundary=b\n\n--b\n\nx");
    CHECK(find_part(outer, {1}) == &outer);
    CHECK(find_part(outer, {1, 1}) == &outer.children[0].children[0]);
    CHECK(find_part(outer, {1, 2}) == nullptr);
}

}  // namespace postrider::mime
