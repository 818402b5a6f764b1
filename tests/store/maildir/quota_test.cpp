// The quota of a Maildir: which file, what counts, when it is counted anew, and files that are not what they should be.
#include "store/maildir/quota.hpp"

#include <sys/stat.h>

#include "core/log.hpp"
#include "store/maildir/fixture.hpp"
#include "store/maildir/folder_tree.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;
using namespace std::chrono_literals;

namespace {

constexpr Usage one_message(std::int64_t bytes) {
    return {.bytes = bytes, .messages = 1};
}

/// A Maildir with a maildirsize of that text; empty: without.
struct Account {
    explicit Account(const std::string& text = "", QuotaLimits forced = {}) {
        options.limits = forced;
        options.host = host;
        if (!text.empty()) {
            maildir.put("maildirsize", text);
        }
    }

    Quota quota() const { return Quota(maildir.fd(), ".", options); }
    bool fits(std::int64_t bytes) const { return ok(quota().check(one_message(bytes), now())); }
    std::string file() const { return maildir.get("maildirsize"); }
    /// Of a folder that is made when it is not there.
    Descriptor folder(const std::string& directory) const {
        if (!maildir.has(directory)) {
            create_folder(maildir.fd(), directory, Durability::relaxed).value();
        }
        return open_folder_directory(maildir.fd(), directory).value();
    }

    Maildir maildir;
    Quota::Options options;
};

std::string line(std::int64_t bytes, std::int64_t messages) {
    return print_usage({.bytes = bytes, .messages = messages});
}

}  // namespace

TEST_CASE("without a maildirsize there is no quota, and none is made") {
    const Account account;
    CHECK(account.fits(1'000'000'000));
    account.quota().charge(one_message(5));
    account.quota().recount();
    CHECK_FALSE(account.maildir.has("maildirsize"));
}

TEST_CASE("changes are appended, and what is used up is refused") {
    const Account account("100S,3C\n" + line(0, 0));
    CHECK(account.fits(100));
    account.quota().charge(one_message(60));
    account.maildir.put("cur/1.a,S=60:2,");
    CHECK(account.fits(40));
    CHECK(account.file() == "100S,3C\n" + line(0, 0) + line(60, 1));
    account.quota().charge(-one_message(60));
    CHECK(account.file() == "100S,3C\n" + line(0, 0) + line(60, 1) + line(-60, -1));
    account.quota().charge(one_message(60));
    CHECK_FALSE(account.fits(41));
    CHECK(account.quota().check(one_message(41), now()).error().code == Code::over_quota);
    CHECK(account.file() == "100S,3C\n" + line(60, 1));
    CHECK(ok(account.quota().check({.bytes = 40, .messages = 2}, now())));
    CHECK_FALSE(ok(account.quota().check({.bytes = 1, .messages = 3}, now())));
}

TEST_CASE("nothing asked and nothing changed is nothing done") {
    const Account account("1S\n5 5\n6 6\n");
    CHECK(ok(account.quota().check({}, now())));
    account.quota().charge({});
    CHECK(account.file() == "1S\n5 5\n6 6\n");
}

TEST_CASE("a folder counts in the Maildir above it, .Trash in none") {
    const Account account("100S\n" + line(0, 0));
    const auto folder = account.folder(".a.b");
    const Quota quota(folder.get(), ".a.b", account.options);
    CHECK_FALSE(ok(quota.check(one_message(101), now())));
    quota.charge(one_message(7));
    CHECK(account.file() == "100S\n" + line(0, 0) + line(7, 1));
    CHECK_FALSE(account.maildir.has(".a.b/maildirsize"));
    const auto trash = account.folder(".Trash");
    const Quota uncounted(trash.get(), ".Trash", account.options);
    CHECK_FALSE(uncounted.counts());
    CHECK(ok(uncounted.check(one_message(101), now())));
    uncounted.charge(one_message(7));
    CHECK(account.file() == "100S\n" + line(0, 0) + line(7, 1));
}

TEST_CASE("a folder without maildirfolder is on its own, a linked one counts where it stands") {
    const Account account("100S\n" + line(0, 0));
    const auto own = account.folder(".own");
    fs::remove(account.maildir.root / ".own/maildirfolder");
    Quota(own.get(), ".own", account.options).charge(one_message(7));
    CHECK(account.file() == "100S\n" + line(0, 0));
    const Account other("100S\n" + line(0, 0));
    other.folder(".theirs");
    fs::create_directory_symlink(other.maildir.root / ".theirs", account.maildir.root / ".linked");
    const auto linked = account.folder(".linked");
    Quota(linked.get(), ".linked", account.options).charge(one_message(7));
    CHECK(account.file() == "100S\n" + line(0, 0));
    CHECK(other.file() == "100S\n" + line(0, 0) + line(7, 1));
}

TEST_CASE("what counts: messages of all folders but .Trash, without those that are \\Deleted") {
    const Account account("1000000S\n");
    account.folder(".a");
    account.folder(".Trash");
    account.folder(".Trash.sub");
    const auto& maildir = account.maildir;
    maildir.put("cur/1.a,S=1:2,S");                             // 1
    maildir.put("cur/2.a,S=10:2,ST");                           // \Deleted
    maildir.put("new/3.a,S=100");                               // 100
    maildir.put("cur/4.a:2,", "12345");                         // 5, of the file
    maildir.put("cur/5.a,S=x:2,", "12345");                     // 5
    maildir.put("cur/6.a,S=1099511627777:2,", "12345");         // 5: too large to be believed
    maildir.put("cur/7.a,S=18446744073709551616:2,", "12345");  // 5
    maildir.put("cur/8.a,S=2,W=3:2,");                          // 2
    maildir.put("cur/9.a,S=2:1,S=7:2,");                        // 2: of the first ":"
    maildir.put("cur/.hidden", "12345");
    maildir.put("tmp/1.a", "12345");
    maildir.put(".a/cur/1.a,S=1000:2,");  // 1000
    maildir.put(".Trash/cur/1.a,S=5:2,");
    maildir.put(".Trash.sub/new/1.a,S=10000");  // 10000
    fs::create_directory(maildir.root / "cur/directory,S=5");
    REQUIRE(::mkfifo((maildir.root / "cur/fifo").c_str(), 0600) == 0);
    fs::create_directory_symlink(maildir.root / ".a", maildir.root / ".link");
    fs::create_directory(maildir.root / ".no-folder");
    maildir.put(".file");
    const auto counted = count_messages(maildir.fd()).value();
    CHECK(counted.used.bytes == 1 + 100 + 5 + 5 + 5 + 5 + 2 + 2 + 1000 + 10000);
    CHECK(counted.used.messages == 10);
    CHECK((usage_of(maildir.fd(), "none:2,") == Usage{}));
}

TEST_CASE("a sum that may be wrong is counted anew before it is believed") {
    for (const auto& text :
         {std::string("100S,50C\n-5 2\n"), std::string("100S,50C\n5 -2\n"), std::string("100S,50C\nx\n"),
          std::string("100S,50C\n5 2"), std::string("100S,50C"), "100S,50C\n" + line(0, 0) + line(96, 1),
          ("100S,50C\n" + line(0, 0)).append(5120 - 9 - 26 - 1, ' ') + "\n"}) {
        CAPTURE(text.substr(0, 60));
        const Account account(text);
        account.maildir.put("cur/1.a,S=60:2,");
        CHECK(account.fits(40));
        const bool was_right = text.ends_with(line(96, 1)) && account.file() == text;
        CHECK((was_right || account.file() == "100S,50C\n" + line(60, 1)));
        CHECK_FALSE(account.fits(41));
    }
}

TEST_CASE("a file is written anew at 5120 bytes") {
    for (const std::size_t size : {5119, 5120, 5121, 100'000}) {
        CAPTURE(size);
        std::string text = "100S\n";
        while (text.size() + 26 + 26 <= size) {
            text += line(0, 0);
        }
        text += std::string(size - text.size() - 4, ' ') + "0 0\n";
        REQUIRE(text.size() == size);
        const Account account(text);
        CHECK(account.fits(1));
        CHECK((account.file() == text) == (size < 5120));
        account.maildir.put("maildirsize", text);
        account.maildir.put("cur/1.a,S=7:2,");
        account.quota().charge(one_message(7));
        CHECK(account.file() == (size < 5120 ? text + line(7, 1) : "100S\n" + line(7, 1)));
    }
}

TEST_CASE("a count of less than 15 minutes ago says no at once") {
    const Account account("100S\n" + line(90, 1));
    const auto written = fs::last_write_time(account.maildir.root / "maildirsize");
    const auto at = std::chrono::system_clock::now();
    const auto fits_after = [&](std::chrono::seconds age) {
        fs::last_write_time(account.maildir.root / "maildirsize", written);
        account.maildir.put("maildirsize", "100S\n" + line(90, 1));
        return ok(account.quota().check(one_message(11), at + age));
    };
    CHECK_FALSE(fits_after(0s));
    CHECK_FALSE(fits_after(15min - 2s));
    CHECK(account.file() == "100S\n" + line(90, 1));
    CHECK(fits_after(15min + 2s));
    CHECK(account.file() == "100S\n" + line(0, 0));
    CHECK(fits_after(-1h));  // written in the future
}

TEST_CASE("limits of the settings replace the file's, or make one") {
    const QuotaLimits forced{.bytes = 50, .messages = 2};
    const Account without("", forced);
    without.maildir.put("cur/1.a,S=30:2,");
    CHECK_FALSE(without.fits(21));
    CHECK(without.file() == "50S,2C\n" + line(30, 1));
    const Account other("100S\n" + line(0, 0), forced);
    other.maildir.put("cur/1.a,S=30:2,");
    CHECK(other.fits(20));
    CHECK(other.file() == "50S,2C\n" + line(30, 1));
    const Account same("2C,50S\n" + line(0, 0), forced);
    CHECK(same.fits(20));
    CHECK(same.file() == "2C,50S\n" + line(0, 0));
    const Account charged("", forced);
    charged.quota().charge(-one_message(5));
    CHECK(charged.file() == "50S,2C\n" + line(0, 0));
}

TEST_CASE("a file without limits limits nothing, and does not grow for ever") {
    for (const std::string text : {"0S,0C\n0 0\n", "hello\nworld\n", "-\n"}) {
        CAPTURE(text);
        const Account account(text);
        CHECK(account.fits(1'000'000'000));
        account.quota().charge(one_message(7));
        CHECK(account.file() == text + line(7, 1));
        for (int i = 0; i < 300; ++i) {
            account.quota().charge(one_message(7));
        }
        CHECK(account.file().size() < 5120 + 26);
    }
}

TEST_CASE("a last line without an end stays a line of its own") {
    const Account account("100S\n5 1");
    account.quota().charge(one_message(7));
    CHECK(account.file() == "100S\n5 1\n" + line(7, 1));
    const Account empty("x");
    fs::resize_file(empty.maildir.root / "maildirsize", 0);
    CHECK(empty.fits(1));
    empty.quota().charge(one_message(7));
    CHECK(empty.file().empty());
}

TEST_CASE("no regular file is no quota, and is not waited for") {
    const Account account;
    const auto file = account.maildir.root / "maildirsize";
    const auto check_no_quota = [&] {
        CHECK(account.fits(1'000'000'000));
        account.quota().charge(one_message(7));
        account.quota().recount();
        CHECK(account.maildir.names("tmp").empty());
    };
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    std::string log;
    set_log_sink([&log](LogLevel, std::string_view line, Protocol) { log += line; });
    check_no_quota();
    set_log_sink({});
    CHECK(log.find("no regular file") != std::string::npos);
    fs::remove(file);
    fs::create_directory(file);
    check_no_quota();
    fs::remove(file);
    account.maildir.put("elsewhere", "1S\n" + line(0, 0));
    fs::create_symlink("elsewhere", file);
    check_no_quota();
    CHECK(account.maildir.get("elsewhere") == "1S\n" + line(0, 0));
    fs::remove(file);
    fs::create_symlink("nowhere", file);
    check_no_quota();
    CHECK_FALSE(account.maildir.has("nowhere"));
}

TEST_CASE("a recount follows what happened to folders") {
    const Account account("100S\n" + line(1, 1) + line(2, 2));
    account.maildir.put("cur/1.a,S=30:2,");
    account.quota().recount();
    CHECK(account.file() == "100S\n" + line(30, 1));
    CHECK(account.maildir.names("tmp").empty());
}

TEST_CASE("bytes of any kind are decided about, and the file is whole afterwards") {
    std::uint64_t state = 7;
    const auto next = [&state] { return state = state * 6364136223846793005 + 1442695040888963407, state >> 33; };
    const std::string letters = "0123456789 \n\n-SC,x\0\xFF";
    for (int round = 0; round < 300; ++round) {
        std::string text = round % 2 == 0 ? "50S,2C\n" : "";
        for (auto left = next() % 60; left > 0; --left) {
            text += letters[next() % letters.size()];
        }
        CAPTURE(text);
        const Account account(text.empty() ? "\n" : text);
        (void)account.fits(1);
        account.quota().charge(one_message(1));
        account.quota().recount();
        const auto after = parse_quota_file(account.file());
        CHECK((!after.limits.any() || (!after.damaged && after.used == Usage{})));
    }
}
