// A session up to its login: long lines, STLS, what the log says, what goes on to the other half.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "auth/apop.hpp"
#include "net/tls_client.hpp"
#include "pop3/client.hpp"
#include "support/catch.hpp"

namespace postrider::pop3::test {
namespace {

/// Knows one password.
class Door : public auth::Gate {
public:
    explicit Door(Error refusal = Code::denied) : refusal_(std::move(refusal)) {}

    Task<Result<auth::Grant>> log_in(auth::LoginRequest request) override {
        const auto& credentials = std::get<auth::Credentials>(request.proof);
        asked += credentials.user + "/" + credentials.password + (request.tls ? "/tls " : " ");
        timestamp = credentials.timestamp;
        is_pop3 = request.protocol == Protocol::pop3;
        if (credentials.password == "secret") {
            co_return auth::Grant{7, ""};
        }
        co_return refusal_;
    }
    Task<Result<auth::ScramOffer>> offer(Protocol, auth::ScramQuestion, boost::asio::ip::address) override {
        co_return refusal_;
    }
    void abandon(std::uint64_t) override {}

    std::string asked;
    std::string timestamp;  ///< of the last request
    bool is_pop3 = false;

private:
    Error refusal_;
};

struct Login {
    std::string heard;
    std::string log;
    std::unique_ptr<Admission> admission;
};

Task<void> run(Session& session, std::unique_ptr<Admission>& admission) {
    admission = co_await session.run_login();
    if (admission) {
        session.connection().close();  // nobody goes on
    }
}

Login log_in(auth::Gate& gate, std::string_view says, std::shared_ptr<const net::TlsContext> stls = nullptr,
             const std::function<std::string(const Client&)>& client = {}, const Settings& settings = {}) {
    const Log log;
    net::test::Pair pair;
    Environment environment;
    environment.gate = &gate;
    environment.settings = std::make_shared<const Settings>(settings);
    environment.stls = std::move(stls);
    Login login;
    Session session(*pair.connection, std::move(environment), somebody());
    std::jthread thread([&] {
        const Client there(pair.peer.get());
        there.say(says);
        login.heard = client ? client(there) : there.hear_all();
    });
    pair.run(run(session, login.admission));
    thread.join();
    login.log = log.text();
    return login;
}

const std::string greeting = "+OK Hello there.\r\n";

}  // namespace

TEST_CASE("a login leaves what the other half needs") {
    Door door;
    const Login login = log_in(door, "UTF8\r\nUSER  joe smith \r\nPASS secret\r\n");
    CHECK(login.heard == greeting + "+OK UTF8 enabled\r\n+OK Password required.\r\n");
    REQUIRE(login.admission != nullptr);
    CHECK(login.admission->session == 7);
    CHECK(login.admission->protocol == Protocol::pop3);
    CHECK(login.admission->utf8);
    CHECK_FALSE(login.admission->tls);
    CHECK(login.admission->peer.port == 444);
    CHECK(door.asked == "joe smith/secret ");
    CHECK(door.is_pop3);
    CHECK(login.log.empty());
}

TEST_CASE("blanks belong to the password") {
    Door door;
    log_in(door, "USER joe\r\nPASS  a b \r\nQUIT\r\n");
    CHECK(door.asked == "joe/ a b  ");
}

TEST_CASE("APOP answers the greeting's timestamp") {
    Settings settings;
    settings.apop = true;
    const std::string digest(32, 'a');
    Door door;
    const Login first = log_in(
        door,
        "APOP joe smith " + digest + "\r\nAPOP joe\r\nAPOP joe " + digest + "b\r\nAPOP " + digest + "\r\nQUIT\r\n",
        nullptr, {}, settings);
    const std::string how = "-ERR Invalid command. APOP needs a name and a digest of 32 hex digits.\r\n";
    const std::string begin = "+OK Hello there. " + door.timestamp + "\r\n";
    CHECK(first.heard == begin + "-ERR [AUTH] Login failed.\r\n" + how + how + how + "+OK Better luck next time.\r\n");
    CHECK(door.asked == "joe smith/" + digest + " ");
    CHECK(door.timestamp.size() == std::string("<@postrider>").size() + 32);
    const std::string timestamp = door.timestamp;
    log_in(door, "APOP joe " + digest + "\r\nUSER joe\r\nPASS secret\r\n", nullptr, {}, settings);
    CHECK(door.timestamp.empty());  // PASS is no digest
    log_in(door, "APOP joe " + digest + "\r\nQUIT\r\n", nullptr, {}, settings);
    CHECK(door.timestamp != timestamp);
}

TEST_CASE("APOP is not offered unasked, and not before TLS where that must come first") {
    Door door;
    const std::string apop = "APOP joe " + std::string(32, 'a') + "\r\nQUIT\r\n";
    CHECK(log_in(door, apop).heard ==
          greeting + "-ERR Invalid command. APOP is not offered.\r\n+OK Better luck next time.\r\n");
    Settings settings;
    settings.apop = true;
    settings.tls_required = true;
    CHECK(log_in(door, apop, nullptr, {}, settings).heard.find("-ERR TLS required to log in.\r\n") !=
          std::string::npos);
    CHECK(door.asked.empty());
}

TEST_CASE("the time before the login is limited, and its end says nothing") {
    Settings settings;
    settings.login_time = std::chrono::seconds(1);
    settings.idle_time = std::chrono::seconds(30);
    Door door;
    const auto hear_end = [](const Client& client) {
        const std::string heard = client.hear_all();
        char c = 0;
        return heard + (::recv(client.socket(), &c, 1, 0) == 0 ? "<end>" : "<open>");
    };
    CHECK(log_in(door, "USER joe\r\n", nullptr, hear_end, settings).heard ==
          greeting + "+OK Password required.\r\n<end>");
}

TEST_CASE("QUIT before the login is logged, as is every refusal, in one printable line") {
    Door door;
    const Login login = log_in(door, "USER j\xc3\xb6\x01\r\nPASS x\r\nAUTH plain AGpvZQB4\r\nQUIT\r\n");
    CHECK(login.heard == greeting +
                             "+OK Password required.\r\n-ERR [AUTH] Login failed.\r\n"
                             "-ERR [AUTH] Authentication failed.\r\n+OK Better luck next time.\r\n");
    CHECK(login.log ==
          "I LOGIN FAILED, user=j..., ip=[::ffff:192.0.2.7], port=[444]\n"
          "I LOGIN FAILED, method=PLAIN, ip=[::ffff:192.0.2.7], port=[444]\n"
          "I LOGOUT, ip=[::ffff:192.0.2.7], port=[444]\n"
          "D Disconnected, ip=[::ffff:192.0.2.7], port=[444]\n");
}

TEST_CASE("a failing backend ends the session, too many sessions do not") {
    Door broken(Error(Code::unavailable, "no database"));
    const Login login = log_in(broken, "USER joe\r\nPASS x\r\nQUIT\r\n");
    CHECK(login.heard == greeting +
                             "+OK Password required.\r\n"
                             "-ERR [SYS/TEMP] Temporary problem, please try again later\r\n");
    CHECK(login.log.find("E authentication error: no database\n") != std::string::npos);
    Door full(Code::limit);
    CHECK(log_in(full, "USER joe\r\nPASS x\r\nQUIT\r\n").heard ==
          greeting +
              "+OK Password required.\r\n-ERR [IN-USE] Too many sessions of this account.\r\n"
              "+OK Better luck next time.\r\n");
}

TEST_CASE("the first 8191 bytes of a line count, the rest is dropped") {
    struct Case {
        std::size_t size;
        std::string_view answer;
    };
    Door door;
    for (const Case& c :
         {Case{8190, "+OK en King's English\r\n"},
          {8191, "+OK en King's English\r\n"},
          {8192, "-ERR Language not available.\r\n"},
          {8193, "+OK Language listing follows:\r\nen English\r\ni-default Default language\r\n.\r\n"},
          {100'000, "+OK Language listing follows:\r\nen English\r\ni-default Default language\r\n.\r\n"}}) {
        for (const std::string_view end : {"\n", "\r\n"}) {
            INFO(c.size << (end.size() == 1 ? " LF" : " CRLF"));
            std::string line = "LANG" + std::string(c.size - 6, ' ') + "en";
            line += end;
            line += "QUIT\r\n";
            CHECK(log_in(door, line).heard == greeting + std::string(c.answer) + "+OK Better luck next time.\r\n");
        }
    }
}

TEST_CASE("a response of AUTH that is too long is refused whole") {
    Door door;
    CHECK(log_in(door, "AUTH LOGIN\r\n" + std::string(8191, 'A') + "\r\nQUIT\r\n").heard ==
          greeting +
              "+ VXNlcm5hbWU6\r\n-ERR Authentication failed. The response is too long.\r\n"
              "+OK Better luck next time.\r\n");
}

TEST_CASE("what was said in clear is forgotten with STLS, and what came behind it is thrown away") {
    const net::test::Site site;
    Door door;
    const auto client = [](const Client& there) {
        std::string heard = there.hear_until("negotiation now.\r\n");
        net::test::TlsClient tls(there.socket(), [&heard](SSL* ssl) {
            net::test::say(ssl, "PASS secret\r\nSTLS\r\nCAPA\r\nQUIT\r\n");
            heard += net::test::hear(ssl, std::string::npos);
        });
        return tls.connected() ? heard : "no handshake";
    };
    const Login login =
        log_in(door, "USER injected\r\nUTF8\r\nSTLS\r\nUSER injected\r\nPASS secret\r\n", site.context(), client);
    CHECK(login.heard ==
          greeting +
              "+OK Password required.\r\n+OK UTF8 enabled\r\n+OK Begin SSL/TLS negotiation now.\r\n"
              "-ERR USER/PASS required.\r\n-ERR Invalid command. TLS is on already.\r\n"
              "+OK Here's what I can do:\r\nTOP\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\n"
              "PIPELINING\r\nUIDL\r\nUTF8 USER\r\nLANG\r\nIMPLEMENTATION postrider\r\n.\r\n"
              "+OK Better luck next time.\r\n");
    CHECK(door.asked.empty());
}

TEST_CASE("UTF8 said in clear does not outlast STLS, and the login is known to be encrypted") {
    const net::test::Site site;
    Door door;
    const auto client = [](const Client& there) {
        there.hear_until("negotiation now.\r\n");
        net::test::TlsClient tls(there.socket(), [](SSL* ssl) {
            net::test::say(ssl, "USER joe\r\nPASS secret\r\n");
            net::test::hear(ssl, std::string::npos);
        });
        return tls.connected() ? "" : "no handshake";
    };
    const Login login = log_in(door, "UTF8\r\nSTLS\r\n", site.context(), client);
    REQUIRE(login.admission != nullptr);
    CHECK_FALSE(login.admission->utf8);
    CHECK(login.admission->tls);
    CHECK(door.asked == "joe/secret/tls ");
}

}  // namespace postrider::pop3::test
