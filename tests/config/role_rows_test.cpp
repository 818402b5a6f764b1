// The settings of processes, of the time before login, and of proxies.
#include <algorithm>
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

namespace {

service::Settings with(const std::string& text, const std::string& imapd = "") {
    const Folder folder;
    folder.write("postrider", text);
    folder.write("imapd", imapd);
    return load(folder.path()).settings;
}

bool is_refused(const std::string& text) {
    const Folder folder;
    folder.write("postrider", text);
    try {
        static_cast<void>(load(folder.path()));
    } catch (const ConfigError& error) {
        return std::string(error.what()).starts_with(folder.at("postrider") + ':');
    }
    return false;
}

bool notes_with(const std::string& text, const std::string& part) {
    const Folder folder;
    folder.write("postrider", text);
    const auto notes = load(folder.path()).notes;
    return std::ranges::any_of(notes, [&](const auto& note) { return note.find(part) != std::string::npos; });
}

std::vector<std::string> trusted(const std::string& value) {
    std::vector<std::string> texts;
    for (const net::Network& network : with("PROXY_TRUSTED='" + value + "'").proxy_trusted) {
        texts.push_back(network.text());
    }
    return texts;
}

/// The listeners that a PROXY header is expected at, as ADDRESS.PORT.
std::vector<std::string> proxied(const std::string& value, const std::string& imapd = "") {
    std::vector<std::string> texts;
    for (const auto& listener : with("PROXY_TRUSTED=10.0.0.1\nPROXY_PORTS='" + value + "'", imapd).listeners) {
        if (listener.proxy) {
            texts.push_back(listener.address + '.' + std::to_string(listener.port));
        }
    }
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("unset, the settings of processes and logins are the struct's own") {
    const auto s = with("");
    const service::Settings d;
    CHECK(s.roles.front_user == d.roles.front_user);
    CHECK(s.roles.front_group == d.roles.front_group);
    CHECK(s.roles.workers == d.roles.workers);
    CHECK(s.roles.worker_idle == d.roles.worker_idle);
    CHECK(s.roles.lowest_uid == d.roles.lowest_uid);
    CHECK(s.roles.mail_roots == d.roles.mail_roots);
    CHECK(s.roles.control == d.roles.control);
    CHECK(s.roles.shutdown_time == d.roles.shutdown_time);
    CHECK(s.login_limits.before_login == d.login_limits.before_login);
    CHECK(s.login_limits.per_address_before_login == d.login_limits.per_address_before_login);
    CHECK(s.login_limits.per_account == d.login_limits.per_account);
    CHECK(s.proxy_trusted.empty());
    CHECK(std::ranges::none_of(s.listeners, &service::Listener::proxy));
}

TEST_CASE("the front is never root") {
    CHECK(with("FRONT_USER=mail-front_1.x").roles.front_user == "mail-front_1.x");
    CHECK(with("FRONT_USER=1").roles.front_user == "1");
    CHECK(with("FRONT_USER=4294967294").roles.front_user == "4294967294");
    CHECK(with("FRONT_GROUP=mail").roles.front_group == "mail");
    CHECK(with("FRONT_GROUP=").roles.front_group.empty());
    for (const std::string bad :
         {"", "0", "00", "root", "-1", "+1", "4294967295", "4294967296", "a b", "a:b", "../x"}) {
        CAPTURE(bad);
        CHECK(is_refused("FRONT_USER='" + bad + "'"));
        CHECK(is_refused("FRONT_GROUP='" + bad + "'") == !bad.empty());
    }
}

TEST_CASE("workers and times") {
    CHECK(with("WORKERS=account").roles.workers == service::WorkerShare::account);
    CHECK(with("WORKERS=session").roles.workers == service::WorkerShare::session);
    CHECK(with("WORKERS=uid").roles.workers == service::WorkerShare::uid);
    CHECK(is_refused("WORKERS="));
    CHECK(is_refused("WORKERS=UID"));
    CHECK(with("WORKER_IDLE_TIME=5").roles.worker_idle == std::chrono::seconds(5));
    CHECK(with("SHUTDOWN_TIME=0").roles.shutdown_time == std::chrono::seconds(0));
    CHECK(with("LOWEST_UID=1000").roles.lowest_uid == 1000);
    CHECK(with("MAX_BEFORE_LOGIN=3").login_limits.before_login == 3);
    CHECK(with("MAXPERIP_BEFORE_LOGIN=4").login_limits.per_address_before_login == 4);
    CHECK(with("MAXPERACCOUNT=5").login_limits.per_account == 5);
    const struct {
        std::string name, least, below, most, above;
    } limits[] = {
        {"WORKER_IDLE_TIME", "1", "0", "86400", "86401"},          {"SHUTDOWN_TIME", "0", "-1", "3600", "3601"},
        {"LOWEST_UID", "1", "0", "4294967294", "4294967295"},      {"MAX_BEFORE_LOGIN", "1", "0", "1000000", "1000001"},
        {"MAXPERIP_BEFORE_LOGIN", "1", "0", "1000000", "1000001"}, {"MAXPERACCOUNT", "1", "0", "1000000", "1000001"},
    };
    for (const auto& [name, least, below, most, above] : limits) {
        CAPTURE(name);
        CHECK_NOTHROW(with(name + '=' + least));
        CHECK_NOTHROW(with(name + '=' + most));
        CHECK(is_refused(name + '=' + below));
        CHECK(is_refused(name + '=' + above));
        CHECK(is_refused(name + "=4294967297"));
        CHECK(is_refused(name + '='));
    }
}

TEST_CASE("mail roots are absolute folders") {
    const auto roots = [](const std::string& value) { return with("MAIL_ROOTS='" + value + "'").roles.mail_roots; };
    CHECK(roots("").empty());
    CHECK(roots("/var/vmail") == Texts{"/var/vmail"});
    CHECK(roots(" /var/vmail/  /srv//mail/./x /var/vmail ") == Texts{"/var/vmail", "/srv/mail/x"});
    CHECK(roots("/a/..b/c..") == Texts{"/a/..b/c.."});
    for (const std::string bad : {"/", "//", "/.", "vmail", "./vmail", "/a /", "/a/..", "/a/../b", "/..", "../a"}) {
        CAPTURE(bad);
        CHECK(is_refused("MAIL_ROOTS='" + bad + "'"));
    }
    std::string many;
    for (int i = 0; i < 64; ++i) {
        many += " /r" + std::to_string(i);
    }
    CHECK(roots(many).size() == 64);
    CHECK(is_refused("MAIL_ROOTS='" + many + " /x'"));
}

TEST_CASE("the control socket's path fits into an address") {
    CHECK(with("CONTROL_SOCKET=").roles.control.empty());
    CHECK(with("CONTROL_SOCKET=/x").roles.control == "/x");
    CHECK(with("CONTROL_SOCKET=/" + std::string(106, 'x')).roles.control.size() == 107);
    CHECK(is_refused("CONTROL_SOCKET=/" + std::string(107, 'x')));
    CHECK(is_refused("CONTROL_SOCKET=x"));
    CHECK(is_refused("CONTROL_SOCKET=/run/"));
}

TEST_CASE("trusted proxies") {
    CHECK(trusted("") == Texts{});
    CHECK(trusted("10.0.0.1  10.1.0.0/16 ::1 2001:db8::/32") ==
          Texts{"10.0.0.1", "10.1.0.0/16", "::1", "2001:db8::/32"});
    for (const std::string bad : {"host", "10.0.0.0/33", "10.0.0.1,10.0.0.2", "10.0", "*"}) {
        CAPTURE(bad);
        CHECK(is_refused("PROXY_TRUSTED='" + bad + "'"));
    }
    std::string many;
    for (int i = 0; i < 1024; ++i) {
        many += " 10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256);
    }
    CHECK(trusted(many).size() == 1024);
    CHECK(is_refused("PROXY_TRUSTED='" + many + " ::1'"));
    CHECK(notes_with("PROXY_TRUSTED=0.0.0.0/0\nPROXY_PORTS=143", "lets everybody"));
    CHECK(notes_with("PROXY_TRUSTED=::/0\nPROXY_PORTS=143", "lets everybody"));
    CHECK_FALSE(notes_with("PROXY_TRUSTED=::/1\nPROXY_PORTS=143", "PROXY"));
    CHECK(notes_with("PROXY_TRUSTED=10.0.0.1", "PROXY_TRUSTED is without effect"));
}

TEST_CASE("ports behind a proxy") {
    CHECK(proxied("") == Texts{});
    CHECK(proxied("143") == Texts{".143"});
    CHECK(proxied("imap, 993") == Texts{".143", ".993"});
    CHECK(proxied("imaps") == Texts{".993"});
    const std::string two = "PORT=127.0.0.1.143,10.0.0.1.143,1143\n";
    CHECK(proxied("143", two) == Texts{"127.0.0.1.143", "10.0.0.1.143"});
    CHECK(proxied("0.143", two) == Texts{"127.0.0.1.143", "10.0.0.1.143"});
    CHECK(proxied("10.0.0.1.143,1143", two) == Texts{"10.0.0.1.143", ".1143"});
    CHECK(proxied("143,143", two) == Texts{"127.0.0.1.143", "10.0.0.1.143"});
    // Named and not listened at: allowed, so that IMAPDSSLSTART can be changed alone.
    CHECK(proxied("993", "IMAPDSSLSTART=NO\n") == Texts{});
    for (const std::string bad : {"144", "143,144", "127.0.0.1.143", "143,", "x", "0", "65536"}) {
        CAPTURE(bad);
        CHECK(is_refused("PROXY_TRUSTED=10.0.0.1\nPROXY_PORTS='" + bad + "'"));
    }
    CHECK(is_refused("PROXY_PORTS=143"));
    CHECK(is_refused("PROXY_TRUSTED=\nPROXY_PORTS=143"));
}

TEST_CASE("the command line sets these too") {
    const Folder folder;
    const auto given = [](const std::string& name, const std::string& value) {
        return Assignment{name, value, "command line", 0};
    };
    const auto s =
        load(folder.path(), {given("FRONT_USER", "nobody"), given("WORKERS", "session"), given("PROXY_PORTS", "143"),
                             given("PROXY_TRUSTED", "::1"), given("CONTROL_SOCKET", ""), given("MAIL_ROOTS", "/a /b")})
            .settings;
    CHECK(s.roles.front_user == "nobody");
    CHECK(s.roles.workers == service::WorkerShare::session);
    CHECK(s.roles.control.empty());
    CHECK(s.roles.mail_roots == Texts{"/a", "/b"});
    CHECK(s.listeners.front().proxy);
    CHECK_THROWS_WITH(load(folder.path(), {given("LOWEST_UID", "0")}),
                      "command line: LOWEST_UID: \"0\" is not a number from 1 to 4294967294");
}

TEST_CASE("options of Courier's listener that guard something are refused, and the way to go is told") {
    const Folder folder;
    const auto refusal = [&](const std::string& file, const std::string& options) -> std::string {
        folder.write(file, "TCPDOPTS='" + options + "'\n");
        try {
            static_cast<void>(load(folder.path()));
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "no error";
    };
    for (const std::string file : {"imapd", "imapd-ssl"}) {
        CAPTURE(file);
        CHECK(refusal(file, "-nodnslookup -haproxy=5/port=143").find("in PROXY_PORTS") != std::string::npos);
        CHECK(refusal(file, "-haproxy").find("\"-haproxy\" is not supported") != std::string::npos);
        CHECK(refusal(file, "-access=/x.dat").find("IMAPACCESSFILE") != std::string::npos);
        CHECK(refusal(file, "-accesslocal=/x.dat").find("IMAPACCESSFILE") != std::string::npos);
        CHECK(refusal(file, "-nodnslookup -noidentlookup -listen=9") == "no error");
    }  // Each side is looked at: imapd-ssl does not hide what imapd says for its own listener.
    CHECK(refusal("imapd", "-haproxy").starts_with(folder.at("imapd:1")));
}
