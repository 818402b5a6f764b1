// Texts found in text that comes in pieces.
#include "imap/search/needle.hpp"

#include "support/catch.hpp"

namespace postrider::imap {

namespace {

bool finds(const std::string& needle, std::string_view text, std::size_t step) {
    NeedleFinder finder({&needle});
    for (std::size_t at = 0; at < text.size(); at += step) {
        finder.add(text.substr(at, step));
    }
    return finder.found(0) && finder.all_found();
}

}  // namespace

TEST_CASE("a needle is found wherever the text is cut") {
    const std::string text = "aab aaab aaaab abc";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        INFO(step);
        for (const auto* there : {"", "a", "aaaab", "b a", "abc", "c", "aab aaab aaaab abc"}) {
            CHECK(finds(there, text, step));
        }
        for (const auto* missing : {"aaaaab", "bb", "abcd", "d", "aab aaab aaaab abc "}) {
            CHECK(!finds(missing, text, step));
        }
    }
}

TEST_CASE("an empty needle is found where there is no text, no other is") {
    CHECK(finds("", "", 1));
    CHECK(!finds("a", "", 1));
}

TEST_CASE("separate texts do not join to a needle") {
    const std::string needle = "ab";
    NeedleFinder finder({&needle});
    finder.add("a");
    finder.separate();
    finder.add("b");
    CHECK(!finder.found(0));
    finder.add("ab");
    CHECK(finder.found(0));
}

}  // namespace postrider::imap
