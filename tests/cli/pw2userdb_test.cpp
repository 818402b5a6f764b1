#include "auth/temp_folder.hpp"
#include "cli/run_tool.hpp"
#include "support/catch.hpp"

namespace postrider::cli {
namespace {

using test::Outcome;
using test::run_link;
using test::TempFolder;

constexpr std::string_view passwd =
    "vmail:x:1012:1012:V | Mail,,,:/home/vmail:/usr/sbin/nologin\n"
    "b:pw:3:4::/hb:\n"
    "c:x:5:6::/hc:/bin/false\n"
    "#d:x:1:1::/:\n"
    "+::::::\n"
    "short:x\n"
    "\n";

TEST_CASE("accounts become userdb lines. compat/userdb.md section 7") {
    const TempFolder folder;
    const auto from = "--passwd=" + folder.write("passwd", passwd);
    const auto shadow = "--shadow=" + folder.write("shadow", "vmail:$6$abc$def:1:\nb::2\nother:x\n");
    CHECK(run_link(sub_pw2userdb, {from, shadow}) ==
          Outcome{0,
                  "vmail\tuid=1012|gid=1012|home=/home/vmail|shell=/usr/sbin/nologin|systempw=$6$abc$def|"
                  "gecos=V . Mail,,,\n1012=\tvmail\n"
                  "b\tuid=3|gid=4|home=/hb\n3=\tb\n"
                  "c\tuid=5|gid=6|home=/hc|shell=/bin/false\n5=\tc\n",
                  ""});
    CHECK(run_link(sub_pw2userdb, {from, "--nosh", "-NOU", "--domain", "x.y"}).out ==
          "vmail@x.y\tuid=1012|gid=1012|home=/home/vmail|shell=/usr/sbin/nologin|gecos=V . Mail,,,\n"
          "b@x.y\tuid=3|gid=4|home=/hb|systempw=pw\n"
          "c@x.y\tuid=5|gid=6|home=/hc|shell=/bin/false\n");
    CHECK(run_link(sub_pw2userdb, {from, "--shadow=" + (folder / "missing")}).out.starts_with("vmail\tuid=1012"));
}

TEST_CASE("an account whose fields hold a bar is left out") {
    const TempFolder folder;
    const auto from = "--passwd=" + folder.write("passwd", "a:x:1:1::/h|uid=0:/s\n");
    const auto outcome = run_link(sub_pw2userdb, {from, "--noshadow"});
    CHECK(outcome.out.empty());
    CHECK_FALSE(outcome.err.empty());
}

TEST_CASE("wrong options") {
    CHECK(run_link(sub_pw2userdb, {"--zork=1"}) == Outcome{255, "", "Unknown option: zork\nInvalid options.\n"});
    CHECK(run_link(sub_pw2userdb, {"--no"}) ==
          Outcome{255, "", "Option no is ambiguous (noshadow, nouid)\nInvalid options.\n"});
    CHECK(run_link(sub_pw2userdb, {"--passwd"}).code == 255);
    CHECK(run_link(sub_pw2userdb, {"--nouid=1"}).code == 255);
    CHECK(run_link(sub_pw2userdb, {"--passwd=/nonexistent"}).code == 2);
}

}  // namespace
}  // namespace postrider::cli
