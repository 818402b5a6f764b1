#include "store/maildir/subscriptions.hpp"

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

constexpr const char* file = "courierimapsubscribed";

Result<void> set(const Maildir& maildir, const std::string& name, Subscribed subscribed) {
    return set_subscribed(maildir.fd(), name, subscribed, host, Durability::durable);
}

}  // namespace

TEST_CASE("no file: nothing is subscribed") {
    const Maildir maildir;
    CHECK(read_subscriptions(maildir.fd()).value().empty());
    CHECK(ok(set(maildir, "INBOX.a", Subscribed::no)));
    CHECK_FALSE(maildir.has(file));
}

TEST_CASE("names are added once and taken out") {
    const Maildir maildir;
    set(maildir, "INBOX.b", Subscribed::yes).value();
    set(maildir, "inbox", Subscribed::yes).value();
    set(maildir, "Inbox.b", Subscribed::yes).value();
    set(maildir, "INBOX", Subscribed::yes).value();
    set(maildir, "INBOX.B", Subscribed::yes).value();
    CHECK(maildir.get(file) == "INBOX.b\ninbox\nINBOX.B\n");
    CHECK(read_subscriptions(maildir.fd()).value() == Names{"INBOX.b", "inbox", "INBOX.B"});
    set(maildir, "iNBOX.b", Subscribed::no).value();
    CHECK(maildir.get(file) == "inbox\nINBOX.B\n");
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("INBOX in any case is a whole component") {
    const Maildir maildir;
    maildir.put(file, "INBOXES\n#shared.x.y\nINBOX.\xC3\x9Cn\n");
    set(maildir, "inboxes", Subscribed::yes).value();
    set(maildir, "#SHARED.x.y", Subscribed::no).value();
    CHECK(maildir.get(file) == "INBOXES\n#shared.x.y\nINBOX.\xC3\x9Cn\ninboxes\n");
}

TEST_CASE("lines of others stay, byte for byte") {
    const Maildir maildir;
    maildir.put(file, "a\r\n\n b \xFF\nINBOX.x\nlast");
    set(maildir, "INBOX.x", Subscribed::no).value();
    CHECK(maildir.get(file) == "a\r\n\n b \xFF\nlast\n");
    set(maildir, "INBOX.y", Subscribed::yes).value();
    CHECK(maildir.get(file) == "a\r\n\n b \xFF\nlast\nINBOX.y\n");
}

TEST_CASE("a name cannot make a second line, and odd files are not written through") {
    const Maildir maildir;
    CHECK(set(maildir, "INBOX.a\nINBOX.b", Subscribed::yes).error().code == Code::invalid_name);
    CHECK(set(maildir, "", Subscribed::yes).error().code == Code::invalid_name);
    REQUIRE(::mkfifo((maildir.root / file).c_str(), 0600) == 0);
    CHECK_FALSE(ok(read_subscriptions(maildir.fd())));
    CHECK_FALSE(ok(set(maildir, "INBOX.a", Subscribed::yes)));
}

TEST_CASE("without tmp/ the old list stays") {
    const Maildir maildir;
    maildir.put(file, "INBOX.x\n");
    fs::remove(maildir.root / "tmp");
    CHECK_FALSE(ok(set(maildir, "INBOX.y", Subscribed::yes)));
    CHECK(maildir.get(file) == "INBOX.x\n");
}
