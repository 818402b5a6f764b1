// A session from its login to its end, on a Maildir: what it counts and logs, how it ends, long answers.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>

#include "auth/temp_folder.hpp"
#include "pop3/client.hpp"
#include "store/user.hpp"
#include "support/catch.hpp"

namespace postrider::pop3::test {
namespace {

namespace fs = std::filesystem;

/// A session of "joe" on a Maildir of its own.
class Drop {
public:
    Drop() {
        for (const char* part : {"Maildir/cur", "Maildir/new", "Maildir/tmp"}) {
            fs::create_directories(home / part);
        }
    }

    std::string path(int number) const {
        return home / ("Maildir/cur/" + std::to_string(1'000'000'000 + number) + ".M1P1.host:2,");
    }
    bool has(int number) const { return fs::exists(path(number)); }
    void put(int number, std::string_view text) const { std::ofstream(path(number), std::ios::binary) << text; }

    struct Hands {
        std::function<void()> kick;
        std::function<void(const std::function<void()>&)> hold;  ///< does something while the session does nothing
    };
    using Talk = std::function<void(const Client&, const Hands&)>;

    /// The client's part runs in a thread; what it did not hear is heard afterwards.
    void talk(const Talk& client) {
        net::test::Pair pair;
        asio::thread_pool pool(2);
        store::Settings store_settings;
        store_settings.durable = false;
        store::Store store(pool, store_settings);
        {
            Environment environment;
            environment.store = &store;
            environment.settings = std::make_shared<const Settings>(settings);
            Session session(*pair.connection, std::move(environment), somebody());
            std::jthread thread([&] {
                const Client there(pair.peer.get());
                const auto& strand = pair.connection->strand();
                const auto hold = [&strand](const std::function<void()>& act) {
                    std::binary_semaphore held(0);
                    std::binary_semaphore done(0);
                    asio::post(strand, [&] {
                        held.release();
                        done.acquire();
                    });
                    held.acquire();
                    act();
                    done.release();
                };
                client(there, {[&] { asio::post(strand, [&session] { session.kick(); }); }, hold});
                heard = there.hear_all();
            });
            auth::Account account;
            account.address = "joe";
            pair.run(session.run_preauth(std::move(account), home / "Maildir"));
            thread.join();
        }
        store.let_go();
        pool.join();
    }
    /// All that the client says is there at once, and then nothing comes.
    std::string say(std::string_view bytes) {
        talk([bytes](const Client& client, const auto&) {
            client.say(bytes);
            client.hang_up();
        });
        return heard;
    }

    postrider::test::TempFolder home;
    Settings settings;
    Log log;
    std::string heard;
};

const std::string greeting = "+OK logged in.\r\n";

/// As a client with nothing else to do would do it.
std::string naive_wire(std::string_view text) {
    std::string wire;
    bool at_start = true;
    for (const char c : text) {
        wire += at_start && c == '.' ? "." : "";
        wire += c == '\n' ? "\r" : "";
        wire += c;
        at_start = c == '\n';
    }
    return wire;
}

std::string long_message(std::size_t size) {
    std::string text = "Subject: long\n\n";
    for (std::size_t line = 0; text.size() < size; ++line) {
        text += std::string(line % 3, '.') + std::to_string(line) + std::string(line % 200, 'x') + "\n";
    }
    return text;
}

TEST_CASE("the closing line counts as Courier's does") {
    Drop drop;
    drop.put(1, "Subject: a\n\nbody");
    CHECK(drop.say("RETR 1\r\nQUIT\r\n") ==
          greeting + "+OK 20 octets follow.\r\nSubject: a\r\n\r\nbody\r\n.\r\n+OK Bye-bye.\r\n");
    const std::string who = "user=joe, ip=[::ffff:192.0.2.7], port=[444]";
    CHECK(drop.log.has("I LOGIN, " + who + "\n"));
    CHECK(drop.log.has("I LOGOUT, " + who + ", top=0, retr=16, rcvd=14, sent=76, time="));
    drop.say("TOP 1 0\r\nCAPA\r\nLANG\r\nQUIT\r\n");
    CHECK(drop.log.has("I LOGOUT, " + who + ", top=12, retr=0, rcvd=27, sent=68, time="));
}

TEST_CASE("a lost connection deletes nothing") {
    Drop drop;
    drop.put(1, "text\n");
    CHECK(drop.say("DELE 1\r\nQUIT") == greeting + "+OK Deleted.\r\n");
    CHECK(drop.has(1));
    CHECK(drop.log.has("I DISCONNECTED, user=joe, "));
}

TEST_CASE("QUIT deletes nothing of what was asked for at once by a client that is gone") {
    Drop drop;
    drop.put(1, "text\n");
    drop.talk([](const Client& client, const Drop::Hands& hands) {
        client.hear_until("logged in.\r\n");
        hands.hold([&client] {
            client.say("RETR 1\r\nDELE 1\r\nQUIT\r\n");
            ::shutdown(client.socket(), SHUT_RDWR);
        });
    });
    CHECK(drop.has(1));  // nor is it marked seen
    CHECK(drop.log.has("I DISCONNECTED, user=joe, "));
}

TEST_CASE("a timeout deletes nothing and says nothing") {
    Drop drop;
    drop.put(1, "text\n");
    drop.settings.idle_time = std::chrono::seconds(1);
    drop.talk([](const Client& client, const auto&) { client.say("DELE 1\r\n"); });
    CHECK(drop.heard == greeting + "+OK Deleted.\r\n");
    CHECK(drop.has(1));
    CHECK(drop.log.has("I TIMEOUT, user=joe, "));
}

TEST_CASE("an administrator's end deletes nothing") {
    Drop drop;
    drop.put(1, "text\n");
    drop.talk([](const Client& client, const Drop::Hands& hands) {
        client.say("DELE 1\r\n");
        client.hear_until("Deleted.\r\n");
        hands.kick();
    });
    CHECK(drop.heard == "-ERR [SYS/TEMP] Disconnected by the administrator.\r\n");
    CHECK(drop.has(1));
    CHECK(drop.log.has("N Disconnected by the administrator, user=joe, "));
}

TEST_CASE("deletions are logged where that is wanted, before the closing line") {
    Drop drop;
    drop.put(1, "text\n");
    drop.put(2, "text\n");
    drop.settings.log_deletions = true;
    CHECK(drop.say("DELE 2\r\nQUIT\r\n") == greeting + "+OK Deleted.\r\n+OK Bye-bye.\r\n");
    CHECK(drop.has(1));
    CHECK_FALSE(drop.has(2));
    CHECK(
        drop.log.has("I DELETED, user=joe, ip=[::ffff:192.0.2.7], port=[444], "
                     "filename=cur/1000000002.M1P1.host:2,\nI LOGOUT, user=joe, "));
}

TEST_CASE("a long message goes out in pieces, whole") {
    Drop drop;
    const std::string text = long_message(3'000'000);
    drop.put(1, text);
    const std::string wire = naive_wire(text);
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
    CHECK((drop.say("RETR 1\r\nNOOP\r\n") == greeting + "+OK " + std::to_string(text.size() + lines) +
                                                 " octets follow.\r\n" + wire + ".\r\n+OK Yup.\r\n"));
    CHECK((drop.say("TOP 1 100000000\r\n") == greeting + "+OK headers follow.\r\n" + wire + ".\r\n"));
}

TEST_CASE("long lists go out in pieces, whole") {
    constexpr int count = 6000;
    Drop drop;
    std::string sizes;
    for (int number = 1; number <= count; ++number) {
        drop.put(number, "text\n");
        sizes += number == 77 ? "" : std::to_string(number) + " 6\r\n";
    }
    const std::string heard = drop.say("DELE 77\r\nLIST\r\nUIDL\r\nUIDL 6000\r\n");
    CHECK((heard.starts_with(greeting + "+OK Deleted.\r\n+OK POP3 clients that break here, they violate STD53.\r\n" +
                             sizes + ".\r\n+OK\r\n1 UID1-")));
    const auto last = heard.rfind("+OK 6000 UID6000-");
    REQUIRE(last != std::string::npos);
    CHECK((heard.substr(0, last).ends_with("\r\n" + heard.substr(last + 4) + ".\r\n")));
    CHECK(heard.find("\r\n77 ") == std::string::npos);
}

TEST_CASE("nothing is said in the middle of an answer") {
    Drop drop;
    drop.put(1, long_message(8'000'000));
    drop.talk([](const Client& client, const Drop::Hands& hands) {
        client.say("RETR 1\r\n");
        client.hear_until("Subject: long\r\n");
        hands.kick();
    });
    CHECK(drop.heard.size() < 8'000'000);
    CHECK(drop.heard.find("-ERR") == std::string::npos);
    CHECK_FALSE(drop.heard.ends_with("\r\n.\r\n"));
    CHECK(drop.log.has("N Disconnected by the administrator, user=joe, "));
}

TEST_CASE("a message that becomes shorter while it is sent ends the session, since it cannot be whole") {
    Drop drop;
    drop.put(1, long_message(8'000'000));
    drop.talk([&drop](const Client& client, const auto&) {
        client.say("RETR 1\r\n");
        client.hear_until("Subject: long\r\n");
        fs::resize_file(drop.path(1), 2'000'000);
    });
    CHECK_FALSE(drop.heard.ends_with("\r\n.\r\n"));
    CHECK(drop.log.has("E I/O error while reading message file 1 of joe: "));
    CHECK(drop.log.has("I I/O error disconnect, user=joe, "));
}

}  // namespace
}  // namespace postrider::pop3::test
