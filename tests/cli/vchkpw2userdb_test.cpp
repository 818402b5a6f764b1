#include <sstream>

#include "cli/passwd_lines.hpp"
#include "cli/run_tool.hpp"
#include "support/catch.hpp"

namespace postrider::cli {
namespace {

using test::Outcome;
using test::run_link;
using test::run_tool;

// The tool as a whole needs an account vpopmail: tests/system/userdb_tools_test.py.

TEST_CASE("vchkpw2userdb's options") {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"--zork"}, {"--todir"}, {"--todirs=x"}, {"more"}, {"--todir=x", "more"}, {"--vpopmailhome"}}) {
        CHECK(run_link(sub_vchkpw2userdb, arguments) == Outcome{255, "", "Invalid options.\n"});
    }
    CHECK(run_tool(sub_vchkpw2userdb, {"--help"}).out.find("--vpopmailhome=DIR") != std::string::npos);
}

TEST_CASE("a vpasswd becomes userdb lines. compat/userdb.md section 8") {
    std::istringstream in(
        "one:$1$a:1:0:One | X:/var/vpopmail/domains/x.y/one:NOQUOTA\n"
        "tab\there:$1$b:1:0::/h:\n"
        "bar:$1$b:1:0::/h|x=1:\n"
        "x:x:1:0::/h:\n");
    std::ostringstream out;
    std::ostringstream errors;
    print_passwd(in, {.hidden_passwords = {}, .domain = "@x.y", .ids = Ids{"89", "88"}, .reverse_lines = false}, out,
                 errors);
    CHECK(out.str() ==
          "one@x.y\tuid=89|gid=88|home=/var/vpopmail/domains/x.y/one|shell=NOQUOTA|systempw=$1$a|gecos=One . X\n"
          "x@x.y\tuid=89|gid=88|home=/h\n");
    CHECK(errors.str() ==
          "tab.here: left out, it holds what userdb divides its records by\n"
          "bar: left out, it holds what userdb divides its records by\n");
}

}  // namespace
}  // namespace postrider::cli
