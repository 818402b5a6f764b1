#include "auth/source_file.hpp"

#include "auth/temp_folder.hpp"
#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

SourceFile file_of(const std::string& text) {
    return {"##NAME: MARKER:0\n" + text, "rc"};
}

std::string refusal_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST_CASE("a name, blanks and a value; the first of a name counts") {
    const SourceFile file = file_of("# A comment\n  A \t one  two \nB\n\nA other\n#C no\nD\tx#y\r\nE 'q'");
    CHECK(file.text("A") == "one  two");
    CHECK(file.text("B").empty());
    CHECK(file.text("C").empty());
    CHECK(file.text("D") == "x#y");
    CHECK(file.text("E") == "'q'");
    CHECK(file.text("a").empty());
}

TEST_CASE("a backslash at the end of a line joins it to the next") {
    const SourceFile file = file_of("A one,\\\n   two \\\nB three\nC four\\\n\n# not joined \\\nD five\nE six\\");
    CHECK(file.text("A") == "one, two B three");
    CHECK(file.text("B").empty());
    CHECK(file.text("C") == "four");
    CHECK(file.text("D") == "five");
    CHECK(file.text("E") == "six\\");
}

TEST_CASE("a file without its MARKER line is refused") {
    const auto without = [](std::string text) { return refusal_of([&] { SourceFile(text, "rc"); }); };
    CHECK(without("") == "rc: no line that begins with \"##NAME: MARKER:\": the file is not whole");
    CHECK_FALSE(without("A b\n").empty());
    CHECK_FALSE(without("x ##NAME: MARKER:0\n").empty());
    CHECK(without("##NAME: MARKER:0") == "");
    CHECK(without("A b\n##NAME: MARKER:0\n") == "");
    CHECK(without(std::string("##NAME: MARKER:0\nA\0", 19)) == "rc: NUL character");
}

TEST_CASE("what is wrong is told with file and line") {
    const SourceFile file = file_of("A 12\nB x\\\ny\nC 61\nD 0\nE 4294967296\n");
    CHECK(file.number("A", 5, 1, 60) == 12);
    CHECK(file.number("Z", 5, 1, 60) == 5);
    CHECK(refusal_of([&] { file.number("B", 5, 1, 60); }) == "rc:3: B: expected a number from 1 to 60");
    CHECK(refusal_of([&] { file.number("C", 5, 1, 60); }) == "rc:5: C: expected a number from 1 to 60");
    CHECK(refusal_of([&] { file.number("D", 5, 1, 60); }) == "rc:6: D: expected a number from 1 to 60");
    CHECK(refusal_of([&] { static_cast<void>(file.is_on("E")); }).starts_with("rc:7: E: "));
    CHECK(file.is_on("A"));
    CHECK_FALSE(file.is_on("D"));
    CHECK_FALSE(file.is_on("Z"));
    CHECK(file.required("A") == "12");
    CHECK(refusal_of([&] { static_cast<void>(file.required("Z")); }) == "rc: Z: is required");
}

TEST_CASE("a file is read to its end, up to 1 MiB") {
    const test::TempFolder folder;
    const auto filled = [](std::size_t size) {
        std::string text = "##NAME: MARKER:0\nA b\n#";
        return text + std::string(size - text.size(), 'x');
    };
    for (const std::size_t size : {limits::source_file_bytes - 1, limits::source_file_bytes}) {
        CHECK(read_source_file(folder.write("rc", filled(size))).text("A") == "b");
    }
    const std::string longer = folder.write("rc", filled(limits::source_file_bytes + 1));
    CHECK(refusal_of([&] { read_source_file(longer); }) == longer + ": longer than 1 MiB");
    CHECK(refusal_of([&] { read_source_file(folder / "none"); }) == folder / "none" + ": cannot be read");
    CHECK(refusal_of([&] { read_source_file(folder.path()); }) == folder.path() + ": cannot be read");
}

}  // namespace
}  // namespace postrider::auth
