// Base subjects and message ids. RFC 5256 sections 2.1 and 3.
#include "mime/thread_keys.hpp"

#include <ctime>

#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::mime {
namespace {

TEST_CASE("base subjects") {
    struct Case {
        std::string_view subject;
        std::string_view base;
        bool is_reply;
    };
    constexpr Case cases[] = {
        {"", "", false},
        {"plain", "plain", false},
        {"  two \t blanks  ", "two blanks", false},
        {"Re: x", "x", true},
        {"RE :x", "x", true},
        {"fw: x", "x", true},
        {"Fwd:x", "x", true},
        {"re[2]: x", "x", true},
        {"Re [2] : x", "x", true},
        {"re: fwd: RE: x", "x", true},
        {"[list] Re: [list] x", "x", true},
        {"[a] [b] x", "x", false},
        {"[a][b]", "[b]", false},
        {"[a]", "[a]", false},
        {"Re: [a]", "[a]", true},
        {"x (fwd)", "x", true},
        {"x (FWD) (fwd) ", "x", true},
        {"(fwd)", "", true},
        {"[fwd: x]", "x", true},
        {"[Fwd: [fwd: Re: x (fwd)]]", "x", true},
        {"[fwd: x", "[fwd: x", false},
        {"regarding: x", "regarding: x", false},
        {"re", "re", false},
        {"re x: y", "re x: y", false},
        {"Re: ", "", true},
        {"[unfinished x", "[unfinished x", false},
        {"Re: \xC3\xA4", "\xC3\xA4", true},
    };
    for (const Case& c : cases) {
        INFO(c.subject);
        CHECK(base_subject(c.subject) == BaseSubject{std::string(c.base), c.is_reply});
        CHECK(base_subject(base_subject(c.subject).text).text == c.base);
    }
}

TEST_CASE("message ids") {
    using Ids = std::vector<std::string>;
    CHECK(message_ids("").empty());
    CHECK(message_ids("a@b").empty());
    CHECK(message_ids("<a@b>") == Ids{"a@b"});
    CHECK(message_ids(" text <a@b>(c)<c@d> ") == Ids{"a@b", "c@d"});
    CHECK(message_ids("<\"a\"@b>") == Ids{"a@b"});
    CHECK(message_ids("<\"a>\\\"\"@b>") == Ids{"a>\"@b"});
    CHECK(message_ids("< a@\r\n b >") == Ids{"a@b"});
    CHECK(message_ids("<>").empty());
    CHECK(message_ids("<a@b").empty());
    CHECK(message_ids("<a@b <c@d>") == Ids{"a@b<c@d"});
    CHECK(message_ids("<" + std::string(limits::message_id_bytes, 'x') + ">").size() == 1);
    CHECK(message_ids("<" + std::string(limits::message_id_bytes + 1, 'x') + ">").empty());
    std::string many;
    for (std::size_t i = 0; i <= limits::message_ids; ++i) {
        many += "<" + std::to_string(i) + "@x>";
    }
    const auto last = message_ids(many);
    CHECK(last.size() == limits::message_ids);
    CHECK(last.front() == "1@x");
}

TEST_CASE("hostile subjects and references cost no square of their length") {
    const std::clock_t begin = std::clock();
    const auto repeated = [](std::string_view text) {
        std::string all;
        while (all.size() < 2'000'000) {
            all += text;
        }
        return all;
    };
    for (const char* text : {"[", "[]", "[a]", "[a", "re:", "re[a", "re[", "[fwd:", "(fwd)", "x ", "]"}) {
        (void)base_subject(repeated(text));
        (void)base_subject(repeated(text) + repeated("]"));
    }
    for (const char* text : {"<", ">", "<>", "<a", "\"", "<\"", "<a@b>", "< "}) {
        (void)message_ids(repeated(text));
    }
    CHECK(std::clock() - begin < 20 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace postrider::mime
