// IMAPACCESSFILE: file or folder -> who may connect. compat/config.md section 10.2.
#include "config/access_list.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"
#include "core/limits.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

namespace {

bool allowed(const net::AccessList& list, const std::string& address) {
    return list.of(asio::ip::make_address(address)).allowed;
}

net::AccessList list_of(const std::string& text) {
    const Folder folder;
    folder.write("imapaccess", text);
    return load(folder.path()).settings.imap_doors.access;
}

/// The message, behind the folder's name.
std::string error_of(const Folder& folder) {
    try {
        static_cast<void>(load(folder.path()));
    } catch (const ConfigError& error) {
        const std::string message = error.what();
        const std::string prefix = folder.path().string() + '/';
        return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
    }
    return "no error";
}

std::string error_of(const std::string& text) {
    const Folder folder;
    folder.write("imapaccess", text);
    return error_of(folder);
}

}  // namespace

TEST_CASE("without an access list everybody may connect") {
    const Folder folder;
    CHECK(load(folder.path()).settings.imap_doors.access.entries().empty());
    std::filesystem::create_directory(folder.path() / "imapaccess");
    CHECK(load(folder.path()).settings.imap_doors.access.entries().empty());
}

TEST_CASE("an access list in one file") {
    const auto list = list_of(
        "# who may\n\n127.0.0.7\tdeny\n127.0.0.8\tallow,MAXCPERIP=1,FOO=\"a,b\",BAR\n  # indented\n"
        "127.0.0\t\tallow \n:3ffe\tdeny\r\n10.0.0.0/9\tdeny\n10.128.0.1-10.128.0.2\tdeny\n*\tallow");
    CHECK_FALSE(allowed(list, "127.0.0.7"));
    CHECK(list.of(asio::ip::make_address("127.0.0.8")).per_address == 1u);
    CHECK_FALSE(allowed(list, "3ffe::1"));
    CHECK_FALSE(allowed(list, "10.127.0.1"));
    CHECK_FALSE(allowed(list, "10.128.0.2"));
    CHECK(allowed(list, "10.128.0.3"));
    CHECK(list.entries().size() == 9);
}

TEST_CASE("an access list in a folder") {
    const Folder folder;
    std::filesystem::create_directory(folder.path() / "imapaccess");
    folder.write("imapaccess/a", "10.0.0.1\tdeny\n");
    folder.write("imapaccess/b", "10.0.0.2\tdeny\n");
    for (const char* name : {"a~", "b.dpkg-old", "b.dpkg-dist", "b.rpmsave", "b.rpmnew", "b.dist", ".a.swp"}) {
        folder.write("imapaccess/" + std::string(name), "10.0.0.3\tdeny\n");
    }
    const auto list = load(folder.path()).settings.imap_doors.access;
    CHECK_FALSE(allowed(list, "10.0.0.1"));
    CHECK_FALSE(allowed(list, "10.0.0.2"));
    CHECK(allowed(list, "10.0.0.3"));
    folder.write("imapaccess/c", "\n10.0.0.2/32\tallow\n");
    CHECK(error_of(folder) == "imapaccess/c:2: 10.0.0.2 is named already at " + folder.at("imapaccess/b") + ":1");
    std::filesystem::remove(folder.path() / "imapaccess/c");
    std::filesystem::create_directory(folder.path() / "imapaccess/c");
    CHECK(error_of(folder) == "imapaccess/c: not a file");
}

TEST_CASE("where the access list is") {
    const Folder folder;
    folder.write("list", "10\tdeny\n");
    folder.write("imapaccess", "11\tdeny\n");
    folder.write("imapd", "IMAPACCESSFILE=list\n");
    CHECK_FALSE(allowed(load(folder.path()).settings.imap_doors.access, "10.0.0.1"));
    CHECK(allowed(load(folder.path()).settings.imap_doors.access, "11.0.0.1"));
    folder.write("imapd", "IMAPACCESSFILE=" + folder.at("list") + '\n');
    CHECK_FALSE(allowed(load(folder.path()).settings.imap_doors.access, "10.0.0.1"));
    folder.write("imapd", "IMAPACCESSFILE=\n");
    CHECK(load(folder.path()).settings.imap_doors.access.entries().empty());
    const Assignment given{"IMAPACCESSFILE", "list", "command line", 0};
    CHECK_FALSE(allowed(load(folder.path(), {given}).settings.imap_doors.access, "10.0.0.1"));
}

TEST_CASE("a mistake in the access list stops the start, with its place") {
    CHECK(error_of("10.0.0.1 deny\n") ==
          "imapaccess:1: \"10.0.0.1 deny\": an address, a tab, and allow or deny expected");
    CHECK(error_of("\n#\n10.0.0.1\tDENY\n").starts_with("imapaccess:3: \"10.0.0.1.DENY\": deny, allow or"));
    CHECK(error_of("10.0.0.0/33\tdeny").starts_with("imapaccess:1: \"10.0.0.0/33.deny\": a number of bits"));
    for (const std::string bad :
         {"10.0.0.1", "10.0.0.1\t", "10.0.0.1\t1", "host\tdeny", "\tdeny", "10\tdeny\n10\tdeny",
          "10\tdeny\n10.0.0.0/8\tallow", "*\tdeny\n0.0.0.0/0\tdeny", "10.0.0.0-10.0.0.255\tdeny\n10.0.0\tdeny",
          "10\tallow,MAXCPERIP=0", "10\tallow,MAXCPERIP=1000001", "10\t# deny"}) {
        CAPTURE(bad);
        CHECK(error_of(bad).starts_with("imapaccess:"));
    }
    CHECK(error_of(std::string("10\tdeny\0\n", 9)).starts_with("imapaccess:1: "));
    CHECK(error_of("10\tallow,MAXCPERIP=1") == "no error");
    CHECK(error_of("10\tallow,MAXCPERIP=1000000") == "no error");
}

TEST_CASE("an access list that cannot be read does not let everybody in") {
    const Folder folder;
    REQUIRE(symlink("imapaccess", folder.at("imapaccess").c_str()) == 0);
    CHECK(error_of(folder) != "no error");
    std::filesystem::remove(folder.path() / "imapaccess");
    REQUIRE(mkfifo(folder.at("imapaccess").c_str(), 0600) == 0);
    CHECK(error_of(folder) == "imapaccess: not a file");
    std::filesystem::remove(folder.path() / "imapaccess");
    folder.write("imapaccess.dat", "");
    CHECK(error_of(folder).find("is not there") != std::string::npos);
    folder.write("imapaccess", "");
    CHECK(error_of(folder) == "no error");
    if (geteuid() != 0) {
        REQUIRE(chmod(folder.at("imapaccess").c_str(), 0) == 0);
        CHECK(error_of(folder) == "imapaccess: Permission denied");
    }
}

TEST_CASE("the size of an access list has a limit") {
    const Folder folder;
    std::filesystem::create_directory(folder.path() / "imapaccess");
    folder.write("imapaccess/a", "10\tdeny\n");
    folder.write("imapaccess/b", std::string(limits::access_list_bytes - 8, '\n'));
    CHECK(error_of(folder) == "no error");
    folder.write("imapaccess/b", std::string(limits::access_list_bytes - 7, '\n'));
    CHECK(error_of(folder) == "imapaccess/b: the access list is larger than 16 MiB");
    std::filesystem::remove(folder.path() / "imapaccess/b");
    // Ranges of many networks each, up to the limit and beyond it.
    std::string text;
    const auto range = [&text](std::size_t number, const std::string& first, const std::string& last) {
        text += "2001:" + std::to_string(number) + "::" + first + "-2001:" + std::to_string(number) + ':' + last + '\n';
    };
    constexpr std::size_t of_a_range = 190;  // all of a /32 but its two ends: 2 * (96 - 1)
    const std::string highest = "ffff:ffff:ffff:ffff:ffff:fffe\tdeny";
    std::size_t entries = 1;
    for (std::size_t i = 1; entries + of_a_range <= limits::access_entries; ++i, entries += of_a_range) {
        range(i, "1", highest);
    }
    for (std::size_t i = 0; entries < limits::access_entries; ++i, ++entries) {
        text += "11.0." + std::to_string(i) + "\tdeny\n";
    }
    folder.write("imapaccess/c", text);
    CHECK(error_of(folder) == "no error");
    folder.write("imapaccess/d", "12\tdeny\n");
    CHECK(error_of(folder) == "imapaccess/d:1: \"12.deny\": the list has more than 1000000 networks");
}

TEST_CASE("variables of the access list that are not used get one note each") {
    const Folder folder;
    folder.write("imapaccess", "10\tallow,FOO\n11\tallow,FOO=2,BAR,MAXCPERIP=3\n");
    const auto notes = load(folder.path()).notes;
    const auto count = [&](const std::string& part) {
        return std::ranges::count_if(notes, [&](const auto& note) { return note.find(part) != std::string::npos; });
    };
    CHECK(count("has the variable FOO (" + folder.at("imapaccess") + ":1), which is not used") == 1);
    CHECK(count("has the variable BAR (" + folder.at("imapaccess") + ":2), which is not used") == 1);
    CHECK(count("MAXCPERIP") == 0);
}
