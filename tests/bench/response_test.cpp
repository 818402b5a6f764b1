#include "client/response.hpp"

#include <string>
#include <vector>

#include "client/connection.hpp"
#include "client/pop3_reader.hpp"
#include "support/catch.hpp"

namespace postrider::bench {
namespace {

std::vector<Response> responses(ResponseReader& reader, std::string_view piece) {
    std::vector<Response> found;
    while (!piece.empty()) {
        piece.remove_prefix(reader.feed(piece));
        if (reader.is_complete()) {
            found.push_back(reader.take());
        }
    }
    return found;
}

const std::string stream =
    "* OK [CAPABILITY IMAP4rev1] ready {5}\r\n* 2 FETCH (BODY[] {7}\r\na\r\nb {3 FLAGS (\\Seen) X {0}\r\n)\r\n"
    "+ idling {3}\r\n* 23 EXISTS\r\nc1 OK done {9}\r\n";

void check(const std::vector<Response>& found) {
    REQUIRE(found.size() == 5);
    CHECK(found[0].text == "* OK [CAPABILITY IMAP4rev1] ready {5}");
    CHECK(found[1].text == "* 2 FETCH (BODY[] {7} FLAGS (\\Seen) X {0})");
    CHECK(found[1].literals == std::vector<std::string>{"a\r\nb {3", ""});
    CHECK(found[1].literal_bytes == 7);
    CHECK(found[1].number("FETCH") == 2u);
    CHECK(found[2].is_continuation());
    CHECK(found[3].number("exists") == 23u);
    CHECK_FALSE(found[3].number("EXIST"));
    CHECK(found[4].text == "c1 OK done {9}");
}

TEST_CASE("responses are the same whole and cut at every byte") {
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        ResponseReader reader;
        auto found = responses(reader, std::string_view(stream).substr(0, cut));
        for (Response& one : responses(reader, std::string_view(stream).substr(cut))) {
            found.push_back(std::move(one));
        }
        check(found);
    }
}

TEST_CASE("responses are the same byte by byte") {
    ResponseReader reader;
    std::vector<Response> found;
    for (const char& c : stream) {
        for (Response& one : responses(reader, {&c, 1})) {
            found.push_back(std::move(one));
        }
    }
    check(found);
}

TEST_CASE("discarded literals are counted") {
    ResponseReader reader;
    reader.set_literals(Literals::discard);
    const auto found = responses(reader, stream);
    REQUIRE(found.size() == 5);
    CHECK(found[1].literals.empty());
    CHECK(found[1].literal_bytes == 7);
}

TEST_CASE("a line must end in CR LF, and end") {
    ResponseReader reader;
    CHECK_THROWS_AS(reader.feed("* OK\n"), ConnectionError);
    ResponseReader longest;
    const std::string most(ResponseReader::max_line, 'x');
    CHECK_NOTHROW(longest.feed(most));
    CHECK_THROWS_AS(longest.feed("x"), ConnectionError);
}

TEST_CASE("POP3 answers are the same cut at every byte") {
    const std::string answer = "+OK 2 lines\r\n..dot\r\nplain\r\n\r\n.\r\n";
    for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
        Pop3Reader reader;
        reader.begin(Pop3Reader::Answer::lines);
        std::vector<std::string> lines;
        const OnLine take = [&lines](std::string_view line) { lines.emplace_back(line); };
        const std::string_view whole = answer;
        CHECK(reader.feed(whole.substr(0, cut), take) == cut);
        CHECK(reader.is_complete() == (cut == whole.size()));
        reader.feed(whole.substr(cut), take);
        CHECK(reader.is_complete());
        CHECK(reader.reply().text == "+OK 2 lines");
        CHECK(lines == std::vector<std::string>{".dot", "plain", ""});
    }
}

TEST_CASE("a refused POP3 command has one line, and what is no answer is an error") {
    Pop3Reader reader;
    reader.begin(Pop3Reader::Answer::lines);
    CHECK(reader.feed("-ERR no\r\nmore", {}) == 9);
    CHECK(reader.is_complete());
    CHECK_FALSE(reader.reply().ok);
    reader.begin(Pop3Reader::Answer::one_line);
    CHECK_THROWS_AS(reader.feed("* OK IMAP\r\n", {}), ConnectionError);
    Pop3Reader longest;
    longest.begin(Pop3Reader::Answer::one_line);
    const std::string most(Pop3Reader::max_line, 'x');
    CHECK_NOTHROW(longest.feed(most, {}));
    CHECK_THROWS_AS(longest.feed("x", {}), ConnectionError);
}

}  // namespace
}  // namespace postrider::bench
