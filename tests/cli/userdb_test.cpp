#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "auth/temp_folder.hpp"
#include "cli/run_tool.hpp"
#include "support/catch.hpp"

namespace postrider::cli {
namespace {

using test::Outcome;
using test::read_file;
using test::run_link;
using test::run_tool;
using test::TempFolder;

/// The tool with Courier's name, on a userdb of its own.
struct Site {
    Site() { ::setenv("POSTRIDER_CONFIG_DIR", folder.path().c_str(), 1); }
    ~Site() { ::unsetenv("POSTRIDER_CONFIG_DIR"); }

    Outcome run(std::vector<std::string> arguments, std::string_view input = {}) const {
        return run_link(sub_userdb, std::move(arguments), input);
    }
    std::string text(std::string_view name = "userdb") const { return read_file(folder / name); }

    TempFolder folder;
};

const Outcome done{};

mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_CASE("set makes the file, the record and its fields") {
    const Site site;
    CHECK(site.run({"john@example.com", "set", "home=/home/vmail", "uid=1012", "gid=1012"}) == done);
    CHECK(site.text() == "john@example.com\thome=/home/vmail|uid=1012|gid=1012\n");
    CHECK(mode_of(site.folder / "userdb") == 0600);
    CHECK(mode_of(site.folder / ".lock.userdb") == 0600);
    CHECK_FALSE(std::filesystem::exists(site.folder / ".tmp.userdb"));
    CHECK(site.run({"john@example.com", "set", "uid=1", "x=a=b", "home="}) == done);
    CHECK(site.text() == "john@example.com\thome=|uid=1|gid=1012|x=a=b\n");
    CHECK(site.run({"bare", "set"}) == done);
    CHECK(site.text() == "john@example.com\thome=|uid=1|gid=1012|x=a=b\nbare\n");
}

TEST_CASE("set reads values from standard input, one line a field") {
    const Site site;
    CHECK(site.run({"a", "set", "imappw", "uid=1", "pop3pw"}, "$1$x=\nsecond") == done);
    CHECK(site.text() == "a\timappw=$1$x=|uid=1|pop3pw=second\n");
    CHECK(site.run({"a", "set", "imappw", "pop3pw"}, "only one\n") == Outcome{1, "", ""});
    CHECK(site.run({"a", "set", "imappw"}, "with|bar\n") == Outcome{25, "", "Invalid value.\n"});
    CHECK(site.text() == "a\timappw=$1$x=|uid=1|pop3pw=second\n");
}

TEST_CASE("what would damage the file is refused") {
    const Site site;
    site.folder.write("userdb", "a\tuid=1\n");
    for (const auto& field : {"x=a|b", "x|", "x=a\nb"}) {
        for (const auto* verb : {"set", "unset"}) {
            CHECK(site.run({"a", verb, "uid=2", field}) == Outcome{22, "", "Invalid field or value.\n"});
        }
    }
    for (const auto& name : {"#a", "a\tb", "a\nb"}) {
        CHECK(site.run({name, "set", "uid=2"}).code == 22);
    }
    CHECK(site.text() == "a\tuid=1\n");
}

TEST_CASE("unset and del, also of what is not there") {
    const Site site;
    CHECK(site.run({"a", "del"}) == done);
    CHECK(site.run({"a", "unset", "x"}) == done);
    CHECK_FALSE(std::filesystem::exists(site.folder / "userdb"));
    site.folder.write("userdb", "# c\na\tuid=1|gid=2\nb\tuid=3\n");
    CHECK(site.run({"a", "unset", "uid", "nosuch"}) == done);
    CHECK(site.text() == "# c\na\tgid=2\nb\tuid=3\n");
    CHECK(site.run({"a", "unset", "gid"}) == done);
    CHECK(site.text() == "# c\na\nb\tuid=3\n");
    CHECK(site.run({"a", "unset"}) == done);
    CHECK(site.run({"a", "del"}) == done);
    CHECK(site.text() == "# c\nb\tuid=3\n");
}

TEST_CASE("-show") {
    const Site site;
    CHECK(site.run({"-show"}) == done);
    site.folder.write("userdb", "# c\na\tuid=1|imappw=x\n1=\ta\n");
    CHECK(site.run({"-show"}) == Outcome{0, "a\n1=\n", ""});
    CHECK(site.run({"-show", "a"}) == Outcome{0, "uid=1\nimappw=x\n", ""});
    CHECK(site.run({"-show", "1="}) == Outcome{0, "a\n", ""});
    CHECK(site.run({"-show", "nobody"}) == done);
    CHECK(site.run({"bare", "set"}) == done);
    CHECK(site.run({"-show", "bare"}) == Outcome{0, "\n", ""});
    const auto other = site.folder.write("other/file", "z\tuid=9\n");
    CHECK(site.run({"-show", "-f", other}) == Outcome{0, "z\n", ""});
    CHECK(site.run({"-show", "-f", other, "z"}) == Outcome{0, "uid=9\n", ""});
}

TEST_CASE("a name with a path is a record of a file below userdb") {
    const Site site;
    std::filesystem::create_directories(site.folder / "userdb/sub");
    CHECK(site.run({"missing/file/john", "set", "uid=1"}).code == 2);
    CHECK(site.run({"sub/john", "set", "uid=1"}).code == 25);
    CHECK(site.run({"example-com/john", "set", "uid=1"}) == done);
    CHECK(site.run({"sub/y/john", "set", "uid=1"}) == done);
    CHECK(site.text("userdb/sub/y") == "john\tuid=1\n");
    CHECK(site.run({"x/john", "set", "uid=1"}) == done);
    CHECK(site.text("userdb/x") == "john\tuid=1\n");
    CHECK(site.run({"-show", "x/john"}) == Outcome{0, "uid=1\n", ""});
    CHECK(site.run({"-show", "x/"}) == done);
    CHECK(site.run({"-show"}) == Outcome{25, "", site.folder / "userdb: not a file.\n"});
    CHECK(site.run({"john", "set", "uid=1"}) == Outcome{25, "", site.folder / "userdb: not a file.\n"});
    CHECK(site.run({"-f", site.folder / "userdb/x", "a/b", "set", "uid=2"}) == done);
    CHECK(site.text("userdb/x") == "john\tuid=1\na/b\tuid=2\n");
}

TEST_CASE("a path form on a single file is an error") {
    const Site site;
    site.folder.write("userdb", "a\tuid=1\n");
    const auto outcome = site.run({"x/a", "set", "uid=1"});
    CHECK(outcome.code == 20);
    CHECK(outcome.err == "Can't open " + (site.folder / "userdb/.lock.x") + ": Not a directory\n");
}

TEST_CASE("the file's mode is kept, and a link to it stays a link") {
    const Site site;
    site.folder.write("real", "a\tuid=1\n", 0640);
    std::filesystem::create_symlink("real", site.folder / "link");
    CHECK(site.run({"-f", site.folder / "link", "a", "set", "uid=2"}) == done);
    CHECK(std::filesystem::is_symlink(site.folder / "link"));
    CHECK(site.text("real") == "a\tuid=2\n");
    CHECK(mode_of(site.folder / "real") == 0640);
}

TEST_CASE("a symbolic link in place of userdb is refused before all else") {
    const Site site;
    std::filesystem::create_symlink("elsewhere", site.folder / "userdb");
    const std::string said =
        "ERROR: Wrong userdb command.\n       (" + (site.folder / "userdb") + " is a symbolic link)\n";
    CHECK(site.run({}) == Outcome{255, "", said});
    CHECK(site.run({"-show", "-f", "/dev/null"}) == Outcome{255, "", said});
}

TEST_CASE("usage goes to standard output with exit code 1") {
    const Site site;
    const auto usage = site.run({});
    CHECK(usage.code == 1);
    CHECK(usage.err.empty());
    CHECK(usage.out ==
          "Usage: userdb [path/.../ | -f file ]name set field=value field=value...\n"
          "       userdb [path/.../ | -f file ]name unset field field...\n"
          "       userdb [path/.../ | -f file ]name del\n"
          "       userdb -show [path/... | -f file ] [name]\n");
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"a"},
                                                                                           {"a", "zork"},
                                                                                           {"", "set"},
                                                                                           {"a", "del", "b"},
                                                                                           {"-f"},
                                                                                           {"-f", "x"},
                                                                                           {"-f", "x", "y"},
                                                                                           {"-show", "a", "b"},
                                                                                           {"x/", "set", "a=b"},
                                                                                           {"--json", "-show"},
                                                                                           {"--help"}}) {
        CHECK(site.run(arguments) == usage);
    }
}

TEST_CASE("under our own name: --config-dir, --json, --help") {
    const TempFolder folder;
    folder.write("userdb", "a\tuid=1|flag|x=\"q\"\nb\t\n");
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--config-dir", folder.path()});
        return run_tool(sub_userdb, std::move(arguments));
    };
    CHECK(run({"-show"}) == Outcome{0, "a\nb\n", ""});
    CHECK(run({"--json", "-show"}) == Outcome{0, "[\"a\",\"b\"]\n", ""});
    CHECK(run({"--json", "-show", "a"}).out ==
          R"({"name":"a","fields":[{"name":"uid","value":"1"},{"name":"flag","value":null},)"
          R"({"name":"x","value":"\"q\""}]})"
          "\n");
    CHECK(run({"--json", "-show", "b"}).out == "{\"name\":\"b\",\"fields\":[]}\n");
    CHECK(run({"--json", "-show", "nobody"}) == Outcome{0, "null\n", ""});
    CHECK(run({"--json", "a", "set", "x=1"}).code == 1);
    CHECK(run({"--help"}).code == 0);
    CHECK(run_tool(sub_userdb, {"--config-dir=" + folder.path(), "-show", "a"}).out == "uid=1\nflag\nx=\"q\"\n");
    CHECK(run_tool(sub_userdb, {"--config-dir"}).code == 1);
}

TEST_CASE("a writer waits for the lock, and no change is lost") {
    const Site site;
    const auto path = site.folder.write("userdb", "a\tuid=1\n");
    const Descriptor lock(::open((site.folder / ".lock.userdb").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
    std::atomic<bool> finished = false;
    std::thread writer([&] {
        CHECK(site.run({"a", "set", "gid=2"}) == done);
        finished = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK_FALSE(finished);
    site.folder.write("userdb", "a\tuid=7\n");
    REQUIRE(::flock(lock.get(), LOCK_UN) == 0);
    writer.join();
    CHECK(read_file(path) == "a\tuid=7|gid=2\n");
}

TEST_CASE("when the new text cannot be written the old one stays") {
    const Site site;
    site.folder.write("userdb", "a\tuid=1\n");
    std::filesystem::create_directory(site.folder / ".tmp.userdb");
    CHECK(site.run({"a", "set", "uid=2"}).code != 0);
    CHECK(site.text() == "a\tuid=1\n");
}

}  // namespace
}  // namespace postrider::cli
