#include "auth/userdb_text.hpp"

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using Views = std::vector<std::string_view>;
using Fields = std::vector<std::string>;

constexpr std::string_view text =
    "# accounts\n"
    "\n"
    "john\tuid=1|gid=2||home=/h|imappw=a=b\n"
    "#john\tuid=9\n"
    "bare\n"
    "1=\tjohn\n"
    "last\tuid=3";

TEST_CASE("records are listed and shown") {
    CHECK(record_names(text) == Views{"john", "bare", "1=", "last"});
    CHECK(record_names("").empty());
    CHECK(record_fields(text, "john") == Views{"uid=1", "gid=2", "home=/h", "imappw=a=b"});
    CHECK(record_fields(text, "bare") == Views{});
    CHECK(record_fields(text, "last") == Views{"uid=3"});
    for (const auto* name : {"joh", "johnn", "#john", "", "# accounts", "uid=1"}) {
        CHECK_FALSE(record_fields(text, name));
    }
}

TEST_CASE("set replaces in place, adds at the end, keeps all else") {
    const auto changed = with_fields(text, "john", Fields{"gid=7", "new=", "uid=8", "uid=9", "flag"});
    CHECK(changed ==
          "# accounts\n\njohn\tuid=9|gid=7|home=/h|imappw=a=b|new=|flag\n#john\tuid=9\nbare\n1=\tjohn\nlast\tuid=3");
    CHECK(with_fields("bare\nx\ty=1\n", "bare", Fields{"uid=1"}) == "bare\tuid=1\nx\ty=1\n");
    CHECK(with_fields("a\tflag|uid=1\n", "a", Fields{"flag=on"}) == "a\tflag=on|uid=1\n");
    CHECK(with_fields("a\tuid=1", "a", Fields{"uid=2"}) == "a\tuid=2");
    CHECK(with_fields("a\tuid=1\n", "a", Fields{}) == "a\tuid=1\n");
    // Of two lines with one name the first is the one that is edited.
    CHECK(with_fields("a\tx=1\na\tx=2\n", "a", Fields{"x=3"}) == "a\tx=3\na\tx=2\n");
}

TEST_CASE("set appends a record that is not there") {
    CHECK(with_fields("", "a", Fields{"uid=1", "gid=2", "uid=3"}) == "a\tuid=1|gid=2|uid=3\n");
    CHECK(with_fields("x\ty=1", "a", Fields{"uid=1"}) == "x\ty=1\na\tuid=1\n");
    CHECK(with_fields("x\ty=1\n", "a", Fields{}) == "x\ty=1\na\n");
}

TEST_CASE("unset and del") {
    CHECK(without_fields("a\tx=1|y=2|x=3|z\n", "a", Fields{"x", "nosuch"}) == "a\ty=2|z\n");
    CHECK(without_fields("a\tx=1\nb\tx=1\n", "a", Fields{"x"}) == "a\nb\tx=1\n");
    CHECK(without_fields("a\tx=1||y\n", "a", Fields{}) == "a\tx=1||y\n");
    CHECK(without_fields(text, "nosuch", Fields{"uid"}) == text);
    CHECK(without_record("a\tx=1\nb\n", "a") == "b\n");
    CHECK(without_record("b\na\tx=1", "a") == "b\n");
    CHECK(without_record("# c\n\na\n# d\n", "a") == "# c\n\n# d\n");
    CHECK(without_record(text, "nosuch") == text);
}

}  // namespace
}  // namespace postrider::auth
