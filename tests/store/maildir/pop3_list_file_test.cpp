// Sizes and UIDLs of POP3: what clients were told stays, whatever happens to the file.
#include "store/maildir/pop3_list_file.hpp"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

constexpr std::chrono::sys_seconds start{std::chrono::seconds(1'795'285'955)};
const std::string file = "courierpop3dsizelist";

using Told = std::vector<std::pair<std::string, std::string>>;  ///< name, UIDL

struct Account {
    Account() {
        for (const char* name : {"1000000002.b:2,", "1000000001.a:2,S", "0999999999.c:2,"}) {
            maildir.put(std::string("cur/") + name, "Subject: x\n\ntext\n");
        }
    }

    std::vector<Pop3Entry> entries() { return list.update(maildir.fd(), maildir.names("cur"), start).value(); }
    Told told() { return told_by(list); }
    Told told_by(Pop3ListFile& other, std::chrono::sys_seconds now = start) const {
        Told told;
        for (const auto& entry : other.update(maildir.fd(), maildir.names("cur"), now).value()) {
            told.emplace_back(entry.name, uidl_of(entry));
        }
        return told;
    }
    static Pop3ListFile fresh() { return Pop3ListFile(host, Durability::durable); }
    /// As Courier would go on with what is on disk.
    Told told_anew() const {
        auto other = fresh();
        return told_by(other, start + std::chrono::hours(1));
    }

    Maildir maildir;
    Pop3ListFile list = fresh();
};

std::set<std::string> uidls(const Told& told) {
    std::set<std::string> all;
    for (const auto& [name, uidl] : told) {
        all.insert(uidl);
    }
    return all;
}

Pop3Measure measure_of(const std::string& text) {
    const Maildir maildir;
    maildir.put("message", text);
    return measure(open_regular(maildir.fd(), "message")->get()).value();
}

}  // namespace

TEST_CASE("sizes as they are sent, and 8-bit headers") {
    struct Case {
        std::string text;
        std::uint64_t size;
        bool utf8;
    };
    const Case cases[] = {
        {"a: b\n\nx\n", 11, false},
        {"a: b\n\nno end", 16, false},
        {"", 2, false},
        {"\n", 2, false},
        {"a: \xC3\xBC\n\nx\n", 12, true},
        {"a: b\n\n\xFC\n", 11, false},
        {"a: b\r\n\r\n\xFC\r\n", 14, false},
        {"a: b\r\n\xFC\r\n", 11, true},
        {"\n\xFC", 5, false},
        {std::string(65535, 'a') + "\n\n\xFC", 65535 + 4 + 3, false},
        {std::string(65536, 'a') + "\xFC", 65536 + 3, true},
    };
    for (const auto& [text, size, utf8] : cases) {
        CAPTURE(text.size(), text.substr(0, 20));
        CHECK(measure_of(text).size == size);
        CHECK(measure_of(text).utf8 == utf8);
    }
}

TEST_CASE("the first list numbers messages by delivery time and is written as Courier's") {
    Account account;
    CHECK((account.told() == Told{{"0999999999.c:2,", "UID1-1795285955"},
                                  {"1000000001.a:2,S", "UID2-1795285955"},
                                  {"1000000002.b:2,", "UID3-1795285955"}}));
    CHECK(account.maildir.get(file) ==
          "/3 4 1795285955\n0999999999.c:2, 20 1:1795285955:0\n1000000001.a:2,S 20 2:1795285955:0\n"
          "1000000002.b:2, 20 3:1795285955:0\n");
    CHECK(account.maildir.names("tmp").empty());
}

TEST_CASE("messages are in Courier's order, in which it has to find them again") {
    Account account;
    fs::remove_all(account.maildir.root / "cur");
    fs::create_directory(account.maildir.root / "cur");
    const std::vector<std::string> names = {"abc:2,",
                                            "5.x:2,",
                                            "07.z:2,T",
                                            "7 8:2,",
                                            "10.y:2,S",
                                            "1000000001.M1P1.host,S=23:2,FS",
                                            "1000000001.M1P1.host:2,"};
    for (const auto& name : names) {
        account.maildir.put("cur/" + name);
    }
    const auto told = account.told();
    REQUIRE(told.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        CHECK(told[i].first == names[i]);
    }
}

TEST_CASE("later messages get the next numbers, flags change nothing, the file is written for changes only") {
    Account account;
    const auto first = account.told();
    fs::rename(account.maildir.root / "cur/1000000002.b:2,", account.maildir.root / "cur/1000000002.b:2,FS");
    const auto id = file_id(account.maildir.fd(), file);
    CHECK(account.entries().at(2).name == "1000000002.b:2,FS");
    CHECK((file_id(account.maildir.fd(), file) == id));
    account.maildir.put("cur/0888888888.d:2,", "x");
    const auto told = account.told();
    CHECK((told.at(0) == std::pair<std::string, std::string>("0888888888.d:2,", "UID4-1795285955")));
    CHECK(told.at(1).second == first.at(0).second);
    fs::remove(account.maildir.root / "cur/0888888888.d:2,");
    account.told();
    CHECK(account.maildir.get(file).find("0888888888") == std::string::npos);
    account.maildir.put("cur/0888888888.d:2,", "x");
    CHECK(account.told_anew().at(0).second == "UID5-1795285955");
}

TEST_CASE("the file's sizes and UIDLs are believed, an older version is written anew") {
    Account account;
    account.maildir.put(file, "/2 9 777\n1000000001.a:2, 5 4:555\n1000000009.gone:2, 5 5:777\n");
    CHECK(account.entries().at(1).size == 5);
    CHECK((uidls(account.told()) == std::set<std::string>{"UID4-555", "UID9-777", "UID10-777"}));
    CHECK(account.maildir.get(file).starts_with("/3 11 777\n"));
}

TEST_CASE("a list that is lost or damaged is written again with what clients were told") {
    for (const char* damage : {"", "junk\n", "/1 1\n", "/3 1 5\n"}) {
        CAPTURE(damage);
        Account account;
        const auto before = account.told();
        fs::remove(account.maildir.root / file);
        if (*damage != '\0') {
            account.maildir.put(file, damage);
        }
        CHECK((account.told() == before));
        CHECK((account.told_anew() == before));
        account.maildir.put("cur/1000000003.d:2,");
        CHECK(uidls(account.told()).size() == 4);
    }
}

TEST_CASE("a list that was put back gives no number again") {
    Account account;
    account.told();
    const auto old = account.maildir.get(file);
    account.maildir.put("cur/1000000003.d:2,");
    account.maildir.put("cur/1000000004.e:2,");
    const auto told = account.told();
    CHECK(told.at(4).second == "UID5-1795285955");
    account.maildir.put(file, old);
    account.maildir.put("cur/1000000005.f:2,");
    const auto after = account.told();
    CHECK((Told(after.begin(), after.begin() + 5) == told));
    CHECK(after.at(5).second == "UID6-1795285955");
}

TEST_CASE("a UIDL that an older list gave to another message is that one's") {
    Account account;
    account.told();
    const auto old = account.maildir.get(file);
    account.maildir.put("cur/1000000003.d:2,");
    CHECK(account.told().at(3).second == "UID4-1795285955");
    account.maildir.put("cur/1000000004.e:2,");
    account.maildir.put(file, old + "1000000004.e:2, 6 4:1795285955:0\n");
    const auto told = account.told();
    CHECK(told.at(4).second == "UID4-1795285955");
    CHECK(told.at(3).second == "UID5-1795285955");
    CHECK((account.told_anew() == told));
}

TEST_CASE("what another program wrote meanwhile counts") {
    Account account;
    account.told();
    account.maildir.put(file, "/3 20 9\n0999999999.c:2, 20 15:9:0\n");
    const auto told = account.told();
    CHECK(told.at(0).second == "UID15-9");
    CHECK(told.at(1).second == "UID2-1795285955");
    CHECK((account.told_anew() == told));
}

TEST_CASE("our processes take turns to write the list; who has nothing to write needs none") {
    Account account;
    account.told();
    const auto of_another = open_directory(account.maildir.fd(), ".");
    REQUIRE(::flock(of_another->get(), LOCK_EX) == 0);
    CHECK(account.told().size() == 3);
    account.maildir.put("cur/1000000004.d:2,");
    const auto now = account.list.update(account.maildir.fd(), account.maildir.names("cur"), start);
    REQUIRE_FALSE(now.has_value());
    CHECK(now.error().code == Code::locked);
    ::flock(of_another->get(), LOCK_UN);
    CHECK(account.told().size() == 4);
}

TEST_CASE("a UIDL that was told and not saved is not told again where an older list gave it to another message") {
    Account account;
    const auto before = account.told();
    account.maildir.put("cur/1000000004.d:2,");
    std::filesystem::remove(account.maildir.root / file);
    {
        const FileSizeLimit limit(3);
        account.told();  // of all four nothing is saved
    }
    account.maildir.put(file, "/3 4 1795285955\n0999999999.z:2, 17 1:1795285955:0\n");
    account.maildir.put("cur/0999999999.z:2,");
    CHECK(uidls(account.told()).size() == 5);
    CHECK((account.told_anew() == account.told()));
}

TEST_CASE("no regular file in its place is replaced, a folder is lived with") {
    Account account;
    REQUIRE(::mkfifo((account.maildir.root / file).c_str(), 0600) == 0);
    const auto told = account.told();
    CHECK((account.told_anew() == told));
    fs::remove(account.maildir.root / file);
    fs::create_symlink("cur", account.maildir.root / file);
    CHECK((account.told() == told));
    CHECK(fs::is_regular_file(fs::symlink_status(account.maildir.root / file)));
    fs::remove(account.maildir.root / file);
    fs::create_directory(account.maildir.root / file);
    CHECK((account.told() == told));
    CHECK(account.maildir.names("tmp").empty());
}

TEST_CASE("on a full disk new messages have UIDLs that stay, and that nobody else gets") {
    Account account;
    const auto before = account.told();
    const auto on_disk = account.maildir.get(file);
    account.maildir.put("cur/1000000003.d:2,", "x\n");
    account.maildir.put("cur/1000000004.e:2,", "x\n");
    Told full;
    {
        const FileSizeLimit limit(3);
        full = account.told();
        CHECK((account.told() == full));
        CHECK((account.told_anew() == full));  // the same in every process
        CHECK(account.maildir.get(file) == on_disk);
        CHECK(account.maildir.names("tmp").empty());
    }
    REQUIRE(full.size() == 5);
    CHECK((Told(full.begin(), full.begin() + 3) == before));
    CHECK(uidls(full).size() == 5);
    CHECK(full.at(3).second != "UID4-1795285955");
    CHECK(full.at(3).second.size() <= 70);
    account.maildir.put("cur/1000000005.f:2,", "x\n");
    const auto after = account.told();
    CHECK((Told(after.begin(), after.begin() + 5) == full));
    CHECK(after.at(5).second == "UID4-1795285955");
    CHECK((account.told_anew() == after));
}

TEST_CASE("on a full disk without a list everything is shown all the same") {
    Account account;
    Told full;
    {
        const FileSizeLimit limit(3);
        full = account.told();
        CHECK(full.size() == 3);
        CHECK((account.told_anew() == full));
    }
    CHECK((account.told() == full));
    CHECK((account.told_anew() == full));
}

TEST_CASE("a list that is too long is neither read nor replaced") {
    Account account;
    account.maildir.put(file, "/3 4 5\n");
    fs::resize_file(account.maildir.root / file, 256 * 1024 * 1024 + 1);
    const auto told = account.told();
    CHECK(uidls(told).size() == 3);
    CHECK((account.told_anew() == told));
    CHECK(fs::file_size(account.maildir.root / file) == 256 * 1024 * 1024 + 1);
}

TEST_CASE("a list that cannot be read at the moment ends the login, and no message loses its UIDL") {
    Account account;
    const auto before = account.told();
    auto other = Account::fresh();
    {
        rlimit limit{};
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
        const auto all = limit.rlim_cur;
        const Descriptor next(::dup(account.maildir.fd()));
        limit.rlim_cur = static_cast<rlim_t>(next.get()) + 2;  // for cur/ alone
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        const auto update = other.update(account.maildir.fd(), {"1000000001.a:2,S"}, start);
        limit.rlim_cur = all;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        REQUIRE_FALSE(ok(update));
        CHECK(update.error().code == Code::unavailable);
    }
    CHECK((account.told_by(other) == before));
}

TEST_CASE("numbers at their end are made from names") {
    Account account;
    account.maildir.put(file, "/3 18446744073709551614 5\n");
    const auto told = account.told();
    CHECK(told.at(0).second == "UID18446744073709551614-5");
    CHECK(uidls(told).size() == 3);
    CHECK(account.maildir.get(file).starts_with("/3 18446744073709551615 5\n"));
    CHECK((account.told_anew() == told));
}

TEST_CASE("messages that cannot be read or vanish are left out") {
    Account account;
    fs::create_directory(account.maildir.root / "cur/1000000003.d:2,");
    CHECK(account.told().size() == 3);
    auto names = account.maildir.names("cur");
    names.emplace_back("1000000004.gone:2,");
    CHECK(account.list.update(account.maildir.fd(), names, start).value().size() == 3);
    fs::remove_all(account.maildir.root / "cur");
    CHECK_FALSE(ok(account.list.update(account.maildir.fd(), names, start)));
}

TEST_CASE("a file that was read, and that nobody changed, is current") {
    Account account;
    account.told();
    CHECK_FALSE(account.list.is_current(account.maildir.fd()));  // written, and not read since
    account.maildir.age(file, std::chrono::seconds(60));
    account.told();
    CHECK(account.list.is_current(account.maildir.fd()));
    account.maildir.put(file, account.maildir.get(file));
    CHECK_FALSE(account.list.is_current(account.maildir.fd()));
    account.maildir.age(file, std::chrono::seconds(60));
    account.told();
    CHECK(account.list.is_current(account.maildir.fd()));
    fs::remove(account.maildir.root / file);
    CHECK_FALSE(account.list.is_current(account.maildir.fd()));
    account.told();
    account.maildir.age(file, std::chrono::seconds(60));
    account.maildir.put("cur/1000000003.d:2,");
    {
        const FileSizeLimit limit(3);
        account.told();
        CHECK_FALSE(account.list.is_current(account.maildir.fd()));  // there is something to write
    }
}

TEST_CASE("what is told of the last update is all of it") {
    Account account;
    account.maildir.put("cur/1000000003.d:2,", "a: \xFC\n\n");
    account.maildir.put("cur/1000000004.+:2,", "x");
    account.maildir.put(file, "/3 7 9\n1000000004.+:2, 4 0:0:0\n");
    const auto entries = account.entries();
    const auto& told = *account.list.told();
    REQUIRE(told.size() == entries.size());
    REQUIRE(told.size() == 5);
    for (std::size_t i = 0; i < told.size(); ++i) {
        CAPTURE(i);
        CHECK((told.entry(i) == entries[i]));
        CHECK(told.name(i) == entries[i].name);
        CHECK(told.octets(i) == entries[i].size);
        CHECK(told.is_utf8(i) == entries[i].utf8);
        CHECK(told.uidl(i) == uidl_of(entries[i]));
    }
    CHECK(told.uidl(4) == "1000000004.+2B");
    CHECK(Pop3Table().size() == 0);
}
