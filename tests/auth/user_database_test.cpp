#include "auth/user_database.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "auth/temp_folder.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using test::read_file;
using test::TempFolder;

UserRecord record_in(UserDatabase& database, std::string_view name) {
    const auto found = database.find(name);
    INFO((found ? "" : found.error().detail));
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    return **found;
}

Code trouble_of(const std::string& path, std::string_view name = "a") {
    const auto found = UserDatabase(path).find(name);
    return found ? Code::internal : found.error().code;
}

TEST_CASE("what is compiled is found") {
    const TempFolder folder;
    const auto source = folder.write("userdb", "b\tuid=1|gid=2|home=/h|imappw=x\na\tuid=3\n1=\tb\nonly\n");
    const auto failure = compile_userdb(source);
    INFO((failure ? failure->message : ""));
    REQUIRE_FALSE(failure);
    UserDatabase database(source + ".lmdb");
    CHECK(record_in(database, "b").fields() == "uid=1|gid=2|home=/h|_=");
    CHECK(record_in(database, "b").shadow() == "imappw=x");
    CHECK(record_in(database, "1=").field("b") == "");
    CHECK(record_in(database, "only").fields() == "1");
    for (const auto& name : {std::string("c"), std::string(), std::string("B"), std::string(511, 'x'),
                             std::string(512, 'x'), std::string(5000, 'x'), std::string("b\0", 2)}) {
        const auto found = database.find(name);
        REQUIRE(found.has_value());
        CHECK_FALSE(found->has_value());
    }
    std::vector<std::string> names;
    REQUIRE(database.each([&](std::string_view name, const UserRecord&) { names.emplace_back(name); }).has_value());
    CHECK(names == std::vector<std::string>{"1=", "a", "b", "only"});
    struct stat status {};
    REQUIRE(::stat((source + ".lmdb").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK_FALSE(std::filesystem::exists(source + ".lmdb.tmp"));
}

TEST_CASE("many records, long values and the longest name fit") {
    const TempFolder folder;
    std::string text;
    for (int i = 0; i < 5000; ++i) {
        text += "user" + std::to_string(i) + "\tuid=" + std::to_string(i) + "|gid=1|home=/home/vmail|imappw=$1$abc\n";
    }
    for (int i = 0; i < 50; ++i) {
        text += "long" + std::to_string(i) + "\tx=" + std::string(static_cast<std::size_t>(i * 997), 'x') + "\n";
    }
    text += std::string(511, 'n') + "\tlast=1\n";
    const auto source = folder.write("userdb", text);
    REQUIRE_FALSE(compile_userdb(source));
    UserDatabase database(source + ".lmdb");
    CHECK(record_in(database, "user4999").field("uid") == "4999");
    CHECK(record_in(database, "long49").field("x")->size() == 49 * 997);
    CHECK(record_in(database, std::string(511, 'n')).field("last") == "1");
    std::size_t count = 0;
    REQUIRE(database.each([&](std::string_view, const UserRecord&) { ++count; }).has_value());
    CHECK(count == 5051);
}

TEST_CASE("an empty source makes an empty database") {
    const TempFolder folder;
    const auto source = folder.write("userdb", "");
    REQUIRE_FALSE(compile_userdb(source));
    UserDatabase database(source + ".lmdb");
    CHECK_FALSE(database.find("a").value().has_value());
    CHECK(database.each([](std::string_view, const UserRecord&) { FAIL(); }).has_value());
}

TEST_CASE("a folder of sources is one database with locations") {
    const TempFolder folder;
    folder.write("userdb/default", "vmail\tuid=1012|gid=1012|home=/home/vmail|systempw=*\n1012=\tvmail\n");
    folder.write("userdb/example-com", "john@example.com\tuid=1012|imappw=x");
    folder.write("userdb/sub/xy", "jane@x.y\tuid=5|pw=zz", 0644);
    folder.write("userdb/.hidden", "hidden\tuid=5");
    folder.write("userdb/.dir/x", "hidden\tuid=5");
    folder.write("userdb/default~", "backup\tuid=5");
    folder.write("userdb/default~1~", "backup\tuid=5");
    std::filesystem::create_directory_symlink("..", folder / "userdb/sub/loop");
    std::filesystem::create_symlink("/dev/null", folder / "userdb/redundant");
    REQUIRE_FALSE(compile_userdb(folder / "userdb"));
    UserDatabase database(folder / "userdb.lmdb");
    std::map<std::string, std::string> all;
    REQUIRE(database
                .each([&](std::string_view name, const UserRecord& record) {
                    all[std::string(name)] = record.fields() + " : " + record.shadow();
                })
                .has_value());
    CHECK(all ==
          std::map<std::string, std::string>{{"vmail", "uid=1012|gid=1012|home=/home/vmail|_=default/ : systempw=*"},
                                             {"1012=", "vmail|_=default/ : "},
                                             {"john@example.com", "uid=1012|_=example-com/ : imappw=x"},
                                             {"jane@x.y", "uid=5|_=sub/xy/ : pw=zz"}});
}

TEST_CASE("leftovers of a package manager are errors, a superseded .dist is not read") {
    const TempFolder folder;
    folder.write("userdb/a", "a\tuid=1");
    for (const auto* name : {"a.rpmsave", "a.rpmnew", "a.dpkg-old", "a.dpkg-dist", "b.dist"}) {
        const auto path = folder.write(std::string("userdb/") + name, "");
        const auto failure = compile_userdb(folder / "userdb");
        REQUIRE(failure);
        CHECK(failure->exit_code == 1);
        CHECK(failure->message.starts_with(path + ": "));
        std::filesystem::remove(path);
    }
    const auto dist = folder.write("userdb/a.dist", "a\tuid=1");
    std::filesystem::last_write_time(dist,
                                     std::filesystem::last_write_time(folder / "userdb/a") + std::chrono::hours(1));
    CHECK(compile_userdb(folder / "userdb"));
    std::filesystem::last_write_time(dist,
                                     std::filesystem::last_write_time(folder / "userdb/a") - std::chrono::hours(1));
    CHECK_FALSE(compile_userdb(folder / "userdb"));
}

TEST_CASE("what makeuserdb refuses, and how. compat/userdb.md section 3") {
    const TempFolder folder;
    const auto path = folder / "userdb";
    const auto refusal = [](const std::string& source) {
        const auto failure = compile_userdb(source);
        REQUIRE(failure);
        return std::pair(failure->exit_code, failure->message);
    };
    CHECK(refusal(path) == std::pair(2, path + ": not found."));

    for (const mode_t mode : {0640u, 0602u, 0610u, 0601u}) {
        folder.write("userdb", "a\tuid=1\n", mode);
        CHECK(refusal(path) == std::pair(255, path + ": MAY NOT HAVE GROUP OR WORLD PERMISSIONS!!"));
    }
    folder.write("userdb", "a\tuid=1\nb\t\na\tuid=2\n");
    CHECK(refusal(path) ==
          std::pair(1, path + ":3: a stands at " + path +
                           ":1 already\nCannot store record for a - duplicate or out of disk space.\n"));
    CHECK_FALSE(std::filesystem::exists(path + ".lmdb"));

    folder.write("userdb", "a\tuid=1\n\n" + std::string(512, 'n') + "\tuid=2\n");
    CHECK(refusal(path) == std::pair(1, path + ":3: name longer than 511 bytes"));

    const auto link = folder / "link";
    std::filesystem::create_symlink("userdb", link);
    CHECK(refusal(link) ==
          std::pair(255, "ERROR: Wrong makeuserdb command.\n       (" + link + " is a symbolic link)"));

    folder.write("userdb", "a\tuid=1\n", 0700);
    std::filesystem::create_symlink("elsewhere", path + ".lmdb");
    CHECK(refusal(path) ==
          std::pair(255, "ERROR: Wrong makeuserdb command.\n       (" + path + ".lmdb is a symbolic link)"));
    std::filesystem::remove(path + ".lmdb");
    CHECK_FALSE(compile_userdb(path));
}

TEST_CASE("every bad record is told with its file and line, and nothing changes") {
    const TempFolder folder;
    const auto path = folder / "userdb";
    const auto a = folder.write("userdb/a", "john\tuid=1\n");
    REQUIRE_FALSE(compile_userdb(path));
    const auto before = read_file(path + ".lmdb");
    folder.write("userdb/a", "john\tuid=1\nx\tuid=x\nb\t\njane\t\n");
    const auto b = folder.write("userdb/b", "# c\njane\tuid=2\ny\tgid=\njohn\t\njohn\t\n");
    const auto failure = compile_userdb(path);
    REQUIRE(failure);
    CHECK(failure->exit_code == 1);
    CHECK(failure->message == a + ":2: uid is no user id\n" +                       //
                                  b + ":2: jane stands at " + a + ":4 already\n" +  //
                                  b + ":3: gid is no group id\n" +                  //
                                  b + ":4: john stands at " + a + ":1 already\n" +  //
                                  b + ":5: john stands at " + b + ":4 already\n" +  //
                                  "Cannot store record for jane - duplicate or out of disk space.\n");
    CHECK(read_file(path + ".lmdb") == before);
    CHECK_FALSE(std::filesystem::exists(path + ".lmdb.tmp"));
}

TEST_CASE("what cannot be read stops a compilation, and the old database stays") {
    const TempFolder folder;
    folder.write("userdb/a", "a\tuid=1\n");
    const auto path = folder / "userdb";
    REQUIRE_FALSE(compile_userdb(path));
    const auto before = read_file(path + ".lmdb");

    REQUIRE(::mkfifo((folder / "userdb/fifo").c_str(), 0600) == 0);
    auto failure = compile_userdb(path);
    REQUIRE(failure);
    CHECK(failure->message == path + "/fifo: not a file.");
    CHECK_FALSE(failure->to_stdout);
    std::filesystem::remove(path + "/fifo");

    std::filesystem::create_symlink("nowhere", path + "/broken");
    failure = compile_userdb(path);
    REQUIRE(failure);
    CHECK(failure->message == path + "/broken: No such file or directory");
    CHECK(failure->exit_code == 1);
    CHECK(failure->to_stdout);
    std::filesystem::remove(path + "/broken");

    std::filesystem::create_directory(path + ".lmdb.tmp");  // stands where the new file would be written
    CHECK(compile_userdb(path));
    CHECK(read_file(path + ".lmdb") == before);
    CHECK(UserDatabase(path + ".lmdb").find("a").value().has_value());
}

TEST_CASE("a running reader sees a new compilation, and a database that went away") {
    const TempFolder folder;
    const auto path = folder.write("userdb", "a\tuid=1\n");
    UserDatabase database(path + ".lmdb");
    CHECK(trouble_of(path + ".lmdb") == Code::unavailable);
    CHECK(database.find("a").error().code == Code::unavailable);
    REQUIRE_FALSE(compile_userdb(path));
    CHECK(record_in(database, "a").field("uid") == "1");
    folder.write("userdb", "a\tuid=2\n");
    REQUIRE_FALSE(compile_userdb(path));
    CHECK(record_in(database, "a").field("uid") == "2");
    std::filesystem::remove(path + ".lmdb");
    CHECK(database.find("a").error().code == Code::unavailable);
    REQUIRE_FALSE(compile_userdb(path));
    CHECK(record_in(database, "a").field("uid") == "2");
}

TEST_CASE("a reader finds every record at every moment while the database is replaced 50 times") {
    const TempFolder folder;
    const auto path = folder / "userdb";
    const auto compile = [&](int generation) {
        std::string text;
        for (int i = 0; i < 100; ++i) {
            text += "user" + std::to_string(i) + "\tgeneration=" + std::to_string(generation) + "\n";
        }
        folder.write("userdb", text);
        const auto failure = compile_userdb(path);
        return failure ? failure->message : "";
    };
    REQUIRE(compile(0).empty());
    std::atomic<bool> finished = false;
    std::string trouble;
    int seen = 0;
    std::thread reader([&] {
        UserDatabase database(path + ".lmdb");
        for (int i = 0; seen < 50 && trouble.empty(); ++i) {
            const bool last = finished;
            const auto found = database.find("user" + std::to_string(i % 100));
            const auto field = found && *found ? (*found)->field("generation") : std::nullopt;
            const auto generation = parse_decimal<unsigned>(field.value_or(""));
            if (!generation || static_cast<int>(*generation) < seen || (last && *generation != 50)) {
                trouble = found ? "a record is missing or old" : found.error().detail;
            } else {
                seen = static_cast<int>(*generation);
            }
        }
    });
    std::string failure;
    for (int generation = 1; generation <= 50 && failure.empty(); ++generation) {
        failure = compile(generation);
    }
    finished = true;
    reader.join();
    CHECK(failure.empty());
    CHECK(trouble.empty());
    CHECK(seen == 50);
}

TEST_CASE("compilations at once wait for each other") {
    const TempFolder folder;
    const auto path = folder.write("userdb", "a\tuid=1\n");
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int times = 0; times < 10; ++times) {
                failures += compile_userdb(path) ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(failures == 0);
    CHECK(UserDatabase(path + ".lmdb").find("a").value().has_value());
}

TEST_CASE("the file that is read is the one whose seal was seen, also when it is replaced meanwhile") {
    const TempFolder folder;
    for (const auto* name : {"good", "bad"}) {
        REQUIRE_FALSE(compile_userdb(folder.write(name, std::string("a\tis=") + name + "\n")));
    }
    const auto bad = read_file(folder / "bad.lmdb");
    folder.write("bad.lmdb", bad.substr(0, bad.size() - 1) + static_cast<char>(bad.back() ^ 1));
    const auto path = folder / "userdb.lmdb";
    const auto put = [&](const std::string& name) {
        std::filesystem::create_hard_link(folder / (name + ".lmdb"), path + ".new");
        std::filesystem::rename(path + ".new", path);
    };
    put("good");
    std::atomic<bool> finished = false;
    std::thread replacer([&] {
        for (int i = 0; i < 5000; ++i) {
            put(i % 2 == 0 ? "bad" : "good");
        }
        finished = true;
    });
    UserDatabase database(path);
    std::string trouble;
    while (!finished && trouble.empty()) {
        const auto found = database.find("a");
        if (!found && found.error().code != Code::invalid_data) {
            trouble = found.error().detail;
        } else if (found && (!*found || (*found)->field("is") != "good")) {
            trouble = "read without a seal";
        }
    }
    replacer.join();
    CHECK(trouble.empty());
    CHECK(record_in(database, "a").field("is") == "good");
}

TEST_CASE("a database that is cut or changed is refused, at every length and byte tried") {
    const TempFolder folder;
    const auto path = folder.write("userdb", "a\tuid=1|gid=1|home=/h\nb\tuid=2\n");
    REQUIRE_FALSE(compile_userdb(path));
    const auto good = read_file(path + ".lmdb");
    const auto damaged = folder / "damaged.lmdb";
    const auto refused = [&](std::string_view bytes) {
        folder.write("damaged.lmdb", bytes);
        return trouble_of(damaged) == Code::invalid_data;
    };
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{39}, std::size_t{40}, std::size_t{41}, std::size_t{4096},
          good.size() - 4096, good.size() - 41, good.size() - 40, good.size() - 1}) {
        INFO(size);
        CHECK(refused(std::string_view(good).substr(0, size)));
    }
    for (std::size_t at = 0; at < good.size(); at += 101) {
        auto bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x41);
        INFO(at);
        CHECK(refused(bytes));
    }
    CHECK(refused(good + "x"));
    folder.write("damaged.lmdb", good);
    CHECK(UserDatabase(damaged).find("a").value().has_value());
}

TEST_CASE("a folder, a FIFO or nothing in place of the database does not block") {
    const TempFolder folder;
    CHECK(trouble_of(folder / "missing.lmdb") == Code::unavailable);
    std::filesystem::create_directory(folder / "folder.lmdb");
    CHECK(trouble_of(folder / "folder.lmdb") == Code::invalid_data);
    REQUIRE(::mkfifo((folder / "fifo.lmdb").c_str(), 0600) == 0);
    CHECK(trouble_of(folder / "fifo.lmdb") == Code::invalid_data);
}

}  // namespace
}  // namespace postrider::auth
