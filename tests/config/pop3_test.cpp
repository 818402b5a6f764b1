// The files pop3d and pop3d-ssl -> Settings, beside imapd and imapd-ssl. compat/config.md section 5.
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"
#include "config/loading.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

constexpr auth::MechanismSet only_plain{auth::Mechanism::plain};

TEST_CASE("POP3 is served where its own files say so") {
    CHECK(with("pop3d", "").listeners.size() == 2);
    CHECK(with("pop3d", "POP3DSTART=YES").listeners.back() == pop3_listener(110, service::Tls::on_request));
    CHECK(with("pop3d-ssl", "POP3DSSLSTART=YES").listeners.back() == pop3_listener(995, service::Tls::from_the_start));
    CHECK(with("pop3d", "POP3DSTART=YES\nPORT=pop3s").listeners.back() == pop3_listener(995, service::Tls::on_request));
    CHECK(with("pop3d", "POP3DSTART=YES\nADDRESS=127.0.0.1").listeners.back().address == "127.0.0.1");
    CHECK(error_with("pop3d", "POP3DSTART=YES\nPORT=143").find("port 143 is named twice") != std::string::npos);
    const Folder folder;
    folder.write("imapd", "IMAPDSTART=NO\nIMAPDSSLSTART=NO\n");
    folder.write("pop3d", "POP3DSTART=YES\n");
    CHECK_FALSE(has_note(folder, "nothing to listen at"));
}

TEST_CASE("each protocol has its own value of a name that both have") {
    const Folder folder;
    folder.write("imapd", "PORT=1143\nMAXDAEMONS=1\nMAXPERIP=2\nMAILDIRPATH=A\nDEFDOMAIN=@a\n");
    folder.write("imapd-ssl", "TLS_CERTFILE=/a\nTLS_PROTOCOL=TLSv1.3\n");
    folder.write("pop3d", "POP3DSTART=YES\nPORT=1110\nMAXDAEMONS=3\nMAXPERIP=4\nMAILDIRPATH=B\nDEFDOMAIN=@b\n");
    folder.write("pop3d-ssl", "TLS_CERTFILE=/b\nMAXPERIP=5\nTLS_STARTTLS_PROTOCOL=TLSv1.3\n");
    const auto loaded = load(folder.path());
    const service::Settings& s = loaded.settings;
    CHECK(s.listeners.front() == plain("", 1143));
    CHECK(s.listeners.back() == pop3_listener(1110, service::Tls::on_request));
    CHECK(s.imap_doors.plain_limits.most == 1);
    CHECK(s.imap_doors.tls_limits.per_address == 2);
    CHECK(s.pop3_doors.plain_limits.most == 3);
    CHECK(s.pop3_doors.tls_limits.most == 3);
    CHECK(s.pop3_doors.plain_limits.per_address == 4);
    CHECK(s.pop3_doors.tls_limits.per_address == 5);
    CHECK(s.imap.maildir == "A");
    CHECK(s.pop3.maildir == "B");
    CHECK(s.auth.imap_domain.name == "@a");
    CHECK(s.auth.pop3_domain.name == "@b");
    CHECK(s.imap_doors.tls.certificate_file == "/a");
    CHECK(s.pop3_doors.tls.certificate_file == "/b");
    CHECK(s.imap_doors.starttls.protocol == "TLSv1.3");
    CHECK(s.pop3_doors.tls.protocol == "TLSv1.2");
    CHECK(s.pop3_doors.starttls.protocol == "TLSv1.3");
    CHECK(s.imap_doors.tls.alpn == "imap");
    CHECK(s.pop3_doors.starttls.alpn == "pop3");
    CHECK_FALSE(has_note(folder, "is not used"));
}

TEST_CASE("each protocol has its own access list") {
    const Folder folder;
    const auto admits = [&folder](Protocol protocol) {
        const service::Settings s = load(folder.path()).settings;
        const service::Doors& doors = protocol == Protocol::imap ? s.imap_doors : s.pop3_doors;
        return doors.access.of(boost::asio::ip::make_address("10.0.0.1")).allowed;
    };
    CHECK((admits(Protocol::imap) && admits(Protocol::pop3)));
    folder.write("pop3access", "10.0.0.1\tdeny\n");
    CHECK((admits(Protocol::imap) && !admits(Protocol::pop3)));
    folder.write("pop3d", "POP3ACCESSFILE=other\n");
    CHECK((admits(Protocol::imap) && admits(Protocol::pop3)));
    folder.write("imapaccess", "10.0.0.1\tdeny\n");
    CHECK((!admits(Protocol::imap) && admits(Protocol::pop3)));
}

TEST_CASE("a proxy may stand before POP3") {
    const Folder folder;
    folder.write("pop3d", "POP3DSTART=YES\n");
    folder.write("postrider", "PROXY_TRUSTED=10.0.0.1\nPROXY_PORTS=pop3\n");
    for (const service::Listener& listener : load(folder.path()).settings.listeners) {
        CHECK(listener.proxy == (listener.port == 110));
    }
}

TEST_CASE("the command line names the file where two have a setting of the name") {
    const Folder folder;
    const auto with_given = [&folder](const std::string& name, const std::string& value) {
        return load(folder.path(), {{"pop3d/POP3DSTART", "YES", "--set", 0}, {name, value, "--set", 0}}).settings;
    };
    CHECK(with_given("PORT", "1143").listeners.front().port == 1143);
    CHECK(with_given("PORT", "1143").listeners.back().port == 110);
    CHECK(with_given("pop3d/PORT", "1110").listeners.front().port == 143);
    CHECK(with_given("pop3d/PORT", "1110").listeners.back().port == 1110);
    CHECK(with_given("pop3d/TLS_CERTFILE", "/x").pop3_doors.tls.certificate_file == "/x");
    CHECK(with_given("pop3d/MAXPERIP", "7").pop3_doors.tls_limits.per_address == 7);
    CHECK(with_given("POP3AUTH", "PLAIN").pop3.sasl.plain == only_plain);
    CHECK_THROWS_WITH(with_given("pop3d/IMAP_UMASK", "0"), "--set: pop3d/IMAP_UMASK is not a setting");
    CHECK_THROWS_WITH(with_given("pop4d/PORT", "1"), "--set: pop4d/PORT is not a setting");
}

TEST_CASE("what POP3 has of its own") {
    const pop3::Settings standard;
    const pop3::Settings empty = with("pop3d", "").pop3;
    CHECK(empty.stls == standard.stls);
    CHECK(empty.tls_required == standard.tls_required);
    CHECK(empty.sasl.plain.empty());
    CHECK(empty.sasl.over_tls.empty());
    CHECK(empty.log_deletions == standard.log_deletions);
    CHECK(empty.unicode_message_type == standard.unicode_message_type);
    CHECK(empty.idle_time == standard.idle_time);
    CHECK(empty.login_time == standard.login_time);
    CHECK(empty.maildir == standard.maildir);
    CHECK_FALSE(with("pop3d-ssl", "POP3_STARTTLS=NO").pop3.stls);
    CHECK(with("pop3d-ssl", "POP3_TLS_REQUIRED=1").pop3.tls_required);
    CHECK(error_with("pop3d-ssl", "POP3_TLS_REQUIRED=yes") != "no error");
    CHECK(with("pop3d", "POP3AUTH='login  PLAIN'").pop3.sasl.plain ==
          auth::MechanismSet{auth::Mechanism::login, auth::Mechanism::plain});
    CHECK(with("pop3d", "POP3AUTH=PLAIN").pop3.sasl.over_tls == only_plain);
    CHECK(with("pop3d", "POP3AUTH=LOGIN\nPOP3AUTH_TLS=PLAIN").pop3.sasl.over_tls == only_plain);
    CHECK(with("pop3d", "POP3AUTH=PLAIN\nPOP3AUTH_TLS=").pop3.sasl.over_tls == only_plain);
    CHECK(with("pop3d", "POP3AUTH='NTLM PLAIN'").pop3.sasl.plain == only_plain);
    CHECK(notes_with("pop3d", "POP3AUTH='NTLM PLAIN'", "mechanisms that this version does not have: NTLM"));
    CHECK(with("pop3d", "POP3_LOG_DELETIONS=1").pop3.log_deletions);
    CHECK_FALSE(with("pop3d", "POP3_LOG_DELETIONS=0").pop3.log_deletions);
    CHECK(with("pop3d", "MIME_UNICODE_MESSAGE_TYPE=message/rfc822").pop3.unicode_message_type == "message/rfc822");
    const std::string longest(127, 'x');
    CHECK(error_with("pop3d", "MIME_UNICODE_MESSAGE_TYPE=" + longest + '/' + longest) == "no error");
    for (const std::string& bad : {std::string("message"), std::string("a/"), std::string("/b"), std::string("a/b/c"),
                                   std::string("'a/b; c=d'"), "a/x" + longest, "x" + longest + "/a"}) {
        CAPTURE(bad);
        CHECK(error_with("pop3d", "MIME_UNICODE_MESSAGE_TYPE=" + bad) != "no error");
    }
    CHECK(with("postrider", "POP3_SESSION_TIMEOUT=5").pop3.idle_time == std::chrono::seconds(5));
    CHECK(notes_with("postrider", "POP3_SESSION_TIMEOUT=599", "RFC 1939"));
    CHECK_FALSE(notes_with("postrider", "POP3_SESSION_TIMEOUT=600", "RFC 1939"));
    CHECK(with("postrider", "LOGIN_TIMEOUT=30").pop3.login_time == std::chrono::seconds(30));
    CHECK_FALSE(with("imapd", "IMAP_EMPTYTRASH=Trash:7").pop3.expire.has_value());
    CHECK((with("imapd", "IMAP_EMPTYTRASH=Trash:7,INBOX:30").pop3.expire == std::chrono::days(30)));
    const Folder folder;
    folder.write("pop3d", "POP3DSTART=YES\n");
    folder.write("pop3d-ssl", "POP3_TLS_REQUIRED=1\nPOP3_STARTTLS=NO\n");
    CHECK(has_note(folder, "nobody can log in through PORT of pop3d"));
}
