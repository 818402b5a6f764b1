#include "store/maildir/delivery.hpp"

#include <unistd.h>

#include "store/maildir/filename.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

constexpr auto durable = Durability::durable;

std::string stored(const Maildir& maildir, const Delivery& delivery) {
    return maildir.get("tmp/" + delivery.temporary_name());
}

}  // namespace

TEST_CASE("wire text is stored with LF, wherever it is cut") {
    const Maildir maildir;
    const std::string whole = std::string("a\r\n\r\nb\rc\nd\r\r\n\0e\r\n\r", 18);
    const std::string expected = std::string("a\n\nb\rc\nd\r\n\0e\n\r", 14);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        auto delivery = Delivery::create(maildir.fd(), host).value();
        delivery.write(std::string_view(whole).substr(0, cut)).value();
        delivery.write("").value();
        delivery.write(std::string_view(whole).substr(cut)).value();
        delivery.finish(std::nullopt, durable).value();
        CAPTURE(cut);
        CHECK(stored(maildir, delivery) == expected);
    }
    auto bytes = Delivery::create(maildir.fd(), host).value();
    for (const char c : whole) {
        bytes.write({&c, 1}).value();
    }
    bytes.finish(std::nullopt, durable).value();
    CHECK(stored(maildir, bytes) == expected);
}

TEST_CASE("a delivery has its date, its name, and an end") {
    const Maildir maildir;
    {
        auto delivery = Delivery::create(maildir.fd(), host).value();
        delivery.write("abc").value();
        delivery.finish(std::chrono::sys_seconds(std::chrono::seconds(86'400)), durable).value();
        struct stat status {};
        REQUIRE(::stat((maildir.root / "tmp" / delivery.temporary_name()).c_str(), &status) == 0);
        CHECK(status.st_mtime == 86'400);
        CHECK(delivery.final_base().value() ==
              delivered_name(delivery.temporary_name(), status.st_dev, status.st_ino, 3));
        Delivery other = std::move(delivery);
        CHECK(maildir.names("tmp").size() == 1);
        other = Delivery::create(maildir.fd(), host).value();
        CHECK(maildir.names("tmp").size() == 1);
    }
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("a full disk is an error and leaves nothing") {
    const Maildir maildir;
    {
        const FileSizeLimit full(1000);
        auto delivery = Delivery::create(maildir.fd(), host).value();
        CHECK_FALSE(ok(delivery.write(std::string(2000, 'x'))));
    }
    CHECK(maildir.names("tmp").empty());
    fs::remove(maildir.root / "tmp");
    CHECK_FALSE(ok(Delivery::create(maildir.fd(), host)));
}

TEST_CASE("a message is linked, also when its flags changed meanwhile") {
    const Maildir maildir;
    const Descriptor cur(::openat(maildir.fd(), "cur", O_RDONLY | O_DIRECTORY));
    maildir.put("cur/1.a:2,S", "x\r\ny");
    maildir.age("cur/1.a:2,S", std::chrono::hours(5));
    for (const char* name : {"1.a:2,S", "1.a:2,"}) {
        CAPTURE(name);
        const auto link =
            Delivery::link(Delivery::open_tmp(maildir.fd()).value(), host, cur.get(), name, durable).value();
        CHECK(stored(maildir, link) == "x\r\ny");
        CHECK(fs::last_write_time(maildir.root / "tmp" / link.temporary_name()) ==
              fs::last_write_time(maildir.root / "cur/1.a:2,S"));
        CHECK(link.final_base().value().ends_with(",S=4"));
    }
    CHECK(maildir.names("tmp").empty());
    CHECK(fs::hard_link_count(maildir.root / "cur/1.a:2,S") == 1);
}

TEST_CASE("a date does not touch the message that a link leads to") {
    const Maildir maildir;
    const Descriptor cur(::openat(maildir.fd(), "cur", O_RDONLY | O_DIRECTORY));
    maildir.put("cur/1.a:2,S");
    const auto before = fs::last_write_time(maildir.root / "cur/1.a:2,S");
    auto link = Delivery::link(Delivery::open_tmp(maildir.fd()).value(), host, cur.get(), "1.a:2,S", durable).value();
    CHECK(fs::hard_link_count(maildir.root / "cur/1.a:2,S") == 2);
    link.finish(std::chrono::sys_seconds{}, durable).value();
    CHECK(fs::last_write_time(maildir.root / "cur/1.a:2,S") == before);
}

TEST_CASE("what is gone or no file cannot be linked") {
    const Maildir maildir;
    const Descriptor cur(::openat(maildir.fd(), "cur", O_RDONLY | O_DIRECTORY));
    fs::create_symlink("/etc/passwd", maildir.root / "cur/2.b:2,");
    fs::create_directory(maildir.root / "cur/3.c:2,");
    REQUIRE(::mkfifo((maildir.root / "cur/4.d:2,").c_str(), 0600) == 0);
    for (const char* name : {"1.a:2,", "2.b:2,", "3.c:2,", "4.d:2,"}) {
        CAPTURE(name);
        CHECK(Delivery::link(Delivery::open_tmp(maildir.fd()).value(), host, cur.get(), name, durable).error().code ==
              Code::expunged);
    }
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("between file systems a message is copied") {
    const Maildir maildir;
    if (::access("/dev/shm", W_OK) != 0 || ::mkdir("/dev/shm/postrider-test", 0700) != 0) {
        return;
    }
    const Descriptor other(::open("/dev/shm/postrider-test", O_RDONLY | O_DIRECTORY));
    std::string text(200'000, 'x');
    text += "\r\nend\r";
    std::ofstream("/dev/shm/postrider-test/1.a:2,", std::ios::binary) << text;
    fs::last_write_time("/dev/shm/postrider-test/1.a:2,", fs::file_time_type::clock::now() - std::chrono::hours(9));
    const auto when = fs::last_write_time("/dev/shm/postrider-test/1.a:2,");
    const auto copy = Delivery::link(Delivery::open_tmp(maildir.fd()).value(), host, other.get(), "1.a:2,", durable);
    fs::remove_all("/dev/shm/postrider-test");
    REQUIRE(ok(copy));
    CHECK(stored(maildir, *copy) == text);
    CHECK(fs::last_write_time(maildir.root / "tmp" / copy->temporary_name()) == when);
}
