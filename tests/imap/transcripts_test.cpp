// Every transcript below tests/transcripts: in this process, or against the program that POSTRIDER_BINARY names.
// POSTRIDER_TRANSCRIPTS plays only those whose path contains it.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <vector>

#include "auth/temp_folder.hpp"
#include "support/catch.hpp"
#include "support/transcript.hpp"
#include "support/transcript_server.hpp"

namespace postrider::test {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(POSTRIDER_TEST_DATA) / "transcripts";

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::vector<fs::path> transcripts() {
    const std::string wanted = environment("POSTRIDER_TRANSCRIPTS");
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".txt" && entry.path().string().find(wanted) != std::string::npos) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

std::optional<std::string> failure_of(const fs::path& file) {
    const Transcript transcript = read_transcript(file);
    const TempFolder home;
    const fs::path maildir = home / "Maildir";
    if (!transcript.mailbox.empty()) {
        make_maildir(folder / "mailboxes" / transcript.mailbox, maildir);
    }
    const std::string binary = environment("POSTRIDER_BINARY");
    const auto server =
        binary.empty() ? serve_in_process(transcript, home.path()) : serve_by_program(binary, transcript, home.path());
    return play(transcript, *server, maildir);
}

TEST_CASE("the server keeps to every transcript", "[transcript]") {
    ::setenv("TZ", "UTC", 1);  // INTERNALDATE and day comparisons are in the server's zone
    ::tzset();
    const auto files = transcripts();
    REQUIRE_FALSE(files.empty());
    for (const fs::path& file : files) {
        const auto failure = failure_of(file);
        if (failure) {
            std::cout << *failure << '\n';  // Catch would break its lines
        }
        CHECK_FALSE(failure.has_value());
    }
}

TEST_CASE("a pattern fits a line, binds names, and takes any rest") {
    Bindings bound;
    CHECK(matches("a OK done", "a OK done", bound));
    CHECK_FALSE(matches("a OK done", "a OK done.", bound));
    CHECK_FALSE(matches("a OK done.", "a OK done", bound));
    CHECK(matches("a OK *", "a OK ", bound));
    CHECK(matches("a OK *", "a OK done", bound));
    CHECK_FALSE(matches("a OK *", "a OK", bound));
    CHECK_FALSE(matches("a OK *", "a NO done", bound));
    CHECK(bound.empty());
    CHECK(matches("* $n FETCH (UID $uid)", "* 2 FETCH (UID 17)", bound));
    CHECK(bound == Bindings{{"n", "2"}, {"uid", "17"}});
    CHECK(matches("* $n FETCH (UID $uid)", "* 2 FETCH (UID 17)", bound));
    CHECK_FALSE(matches("* $n FETCH (UID $uid)", "* 2 FETCH (UID 18)", bound));
    CHECK_FALSE(matches("* $n FETCH (UID $uid)", "* 2 FETCH (UID 171)", bound));
    CHECK_FALSE(matches("[X $new]", "[X ]", bound));
    CHECK_FALSE(matches("$first $second", "1 (", bound));
    CHECK(bound.size() == 2);
    CHECK(matches("($$Forwarded)", "($Forwarded)", bound));
}

TEST_CASE("bytes are written with escapes") {
    CHECK(unescaped(R"(a\r\n\\b\x00\xff\t)") == std::string("a\r\n\\b\0\xff\t", 8));
}

}  // namespace
}  // namespace postrider::test
