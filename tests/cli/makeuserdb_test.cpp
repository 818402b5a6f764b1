#include <sys/stat.h>

#include "auth/temp_folder.hpp"
#include "auth/user_database.hpp"
#include "cli/run_tool.hpp"
#include "support/catch.hpp"

namespace postrider::cli {
namespace {

using test::Outcome;
using test::run_link;
using test::run_tool;
using test::TempFolder;

TEST_CASE("makeuserdb is silent when it has compiled") {
    const TempFolder folder;
    const auto path = folder.write("userdb", "a\tuid=1\n");
    CHECK(run_link(sub_makeuserdb, {"-f", path}) == Outcome{});
    CHECK(run_link(sub_makeuserdb, {"-f" + path}) == Outcome{});
    CHECK(run_tool(sub_makeuserdb, {"--config-dir", folder.path()}) == Outcome{});
    CHECK(auth::UserDatabase(path + ".lmdb").find("a").value().has_value());
    std::filesystem::remove(path);
    folder.write("userdb/x", "b\tuid=1\n");
    CHECK(run_link(sub_makeuserdb, {"-f", path + "/"}) == Outcome{});
    CHECK(auth::UserDatabase(path + ".lmdb").find("b").value().has_value());
}

TEST_CASE("makeuserdb's refusals have Courier's words, streams and exit codes") {
    const TempFolder folder;
    const auto path = folder / "userdb";
    CHECK(run_link(sub_makeuserdb, {"-f", path}) == Outcome{2, "", path + ": not found.\n"});
    folder.write("userdb", "a\tuid=1\na\t\n");
    CHECK(run_link(sub_makeuserdb, {"-f", path}) ==
          Outcome{1, "",
                  path + ":2: a stands at " + path +
                      ":1 already\nCannot store record for a - duplicate or out of disk space.\n\n"});
    ::chmod(path.c_str(), 0644);
    CHECK(run_link(sub_makeuserdb, {"-f", path}) ==
          Outcome{255, "", path + ": MAY NOT HAVE GROUP OR WORLD PERMISSIONS!!\n"});
    std::filesystem::remove(path);
    folder.write("userdb/x", "");
    std::filesystem::create_symlink("nowhere", folder / "userdb/broken");
    const std::string said = path + "/broken: No such file or directory\n";
    CHECK(run_link(sub_makeuserdb, {"-f", path}) == Outcome{1, said, ""});
    CHECK(run_tool(sub_makeuserdb, {"-f", path}) == Outcome{1, "", said});
}

TEST_CASE("makeuserdb's usage") {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"-f"}, {"-x"}, {"a"}, {"-f", "a", "b"}}) {
        CHECK(run_link(sub_makeuserdb, arguments) == Outcome{1, "", "Usage: makeuserdb [-f FILE_OR_DIRECTORY]\n"});
    }
    CHECK(run_tool(sub_makeuserdb, {"--help"}).code == 0);
}

}  // namespace
}  // namespace postrider::cli
