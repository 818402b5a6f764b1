// Files -> Settings: precedence, values, notes. compat/config.md sections 1.2 and 3 to 8.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"
#include "config/loading.hpp"
#include "config/syntax.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

namespace {

std::vector<service::Listener> ports(const std::string& text) {
    auto listeners = with("imapd", text + "\nIMAPDSSLSTART=NO").listeners;
    return listeners;
}

}  // namespace

TEST_CASE("an empty folder gives the rooms' own defaults") {
    const Folder folder;
    const auto loaded = load(folder.path());
    const service::Settings& s = loaded.settings;
    const service::Settings d;
    CHECK(loaded.in_force.empty());
    CHECK(s.listeners == std::vector{plain("", 143), tls("", 993)});
    CHECK(s.imap_doors.plain_limits.most == d.imap_doors.plain_limits.most);
    CHECK(s.imap_doors.plain_limits.per_address == d.imap_doors.plain_limits.per_address);
    CHECK(s.imap_doors.tls_limits.most == d.imap_doors.tls_limits.most);
    CHECK(s.imap_doors.tls_limits.per_address == d.imap_doors.tls_limits.per_address);
    CHECK(s.imap_doors.tls.certificate_file == folder.at("imapd.pem"));
    CHECK(s.imap_doors.tls.key_file.empty());
    CHECK(s.imap_doors.tls.dh_params_file == folder.at("dhparams.pem"));
    CHECK(s.imap_doors.tls.protocol == "TLSv1.2");
    CHECK(s.imap_doors.tls.ciphers.empty());
    CHECK(s.imap_doors.tls.alpn == "imap");
    CHECK(s.imap_doors.starttls.protocol == "TLSv1.2");
    CHECK(s.imap_doors.starttls.certificate_file == s.imap_doors.tls.certificate_file);
    CHECK(s.auth.userdb == folder.at("userdb"));
    CHECK(s.auth.imap_domain.name.empty());
    CHECK(s.auth.default_options.empty());
    CHECK(s.imap.starttls == d.imap.starttls);
    CHECK(s.imap.tls_required == d.imap.tls_required);
    CHECK(s.imap.log_deletions == d.imap.log_deletions);
    CHECK(s.imap.enhanced_idle == d.imap.enhanced_idle);
    CHECK(s.imap.id_fields == d.imap.id_fields);
    CHECK(s.imap.idle_poll == d.imap.idle_poll);
    CHECK(s.imap.idle_time == d.imap.idle_time);
    CHECK(s.imap.login_time == d.imap.login_time);
    CHECK(s.imap.maildir == d.imap.maildir);
    CHECK(s.store.use_locks == d.store.use_locks);
    CHECK(s.store.keywords == d.store.keywords);
    CHECK(s.store.durable == d.store.durable);
    CHECK(s.store.check_owner == d.store.check_owner);
    CHECK(s.store.trash == d.store.trash);
    CHECK(s.store.expunge_to_trash == d.store.expunge_to_trash);
    CHECK(s.store.empty_trash.empty());
    CHECK(s.store.quota == d.store.quota);
    CHECK(s.store.host_name == d.store.host_name);
    CHECK(s.threads == d.threads);
    CHECK(s.pool_threads == d.pool_threads);
    CHECK(s.umask == d.umask);
    CHECK(s.log == d.log);
    CHECK(s.log_facility == d.log_facility);
    CHECK(s.log_debug == d.log_debug);
    CHECK(has_note(folder, "MAXPERIP is not set (imapd): 100 here, 4 with Courier"));
}

TEST_CASE("folders and files that cannot be read stop the start") {
    CHECK_THROWS_AS(load("/nonexistent/postrider"), ConfigError);
    const Folder folder;
    std::filesystem::create_directory(folder.path() / "imapd");
    CHECK_THROWS_WITH(load(folder.path()), folder.at("imapd") + ": not a file");
    std::filesystem::remove(folder.path() / "imapd");
    REQUIRE(mkfifo(folder.at("imapd").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(load(folder.path()), folder.at("imapd") + ": not a file");
    std::filesystem::remove(folder.path() / "imapd");
    folder.write("postrider", std::string(settings_bytes + 1, '#'));
    CHECK_THROWS_WITH(load(folder.path()), folder.at("postrider") + ":1: the file is larger than 1 MiB");
    CHECK(error_with("imapd-ssl", "\n\nA=$(x)").starts_with("imapd-ssl:3: "));
    CHECK(error_with("authdaemonrc", "word").starts_with("authdaemonrc:1: "));
}

TEST_CASE("imapd decides its own settings, imapd-ssl those of TLS") {
    const Folder folder;
    folder.write("imapd", "PORT=1143\nTLS_CERTFILE=/a\nMAXDAEMONS=1\nMAXPERIP=5\nBASE=/mail\n");
    folder.write("imapd-ssl", "PORT=2143\nTLS_CERTFILE=/b\nMAXDAEMONS=2\nTLS_PRIVATE_KEYFILE=$BASE/key\n");
    const auto settings = load(folder.path()).settings;
    CHECK(settings.listeners.front().port == 1143);
    CHECK(settings.imap_doors.tls.certificate_file == "/b");
    CHECK(settings.imap_doors.starttls.certificate_file == "/b");
    CHECK(settings.imap_doors.tls.key_file == "/mail/key");
    CHECK(settings.imap_doors.plain_limits.most == 1);
    CHECK(settings.imap_doors.tls_limits.most == 2);
    CHECK(settings.imap_doors.plain_limits.per_address == 5);
    CHECK(settings.imap_doors.tls_limits.per_address == 5);
    CHECK(has_note(folder, "imapd-ssl:1: PORT is not used: " + folder.at("imapd:1") + " wins"));
    CHECK(has_note(folder, "imapd:2: TLS_CERTFILE is not used: "));
    CHECK_FALSE(has_note(folder, "MAXDAEMONS is not used"));
    CHECK_FALSE(has_note(folder, "TLS_PRIVATE_KEYFILE is not used"));
}

TEST_CASE("the command line wins over every file") {
    const Folder folder;
    folder.write("imapd", "PORT=1143\nMAXDAEMONS=1\n");
    folder.write("imapd-ssl", "MAXDAEMONS=2\n");
    const Assignment port{"PORT", "3143", "command line", 0};
    const Assignment most{"MAXDAEMONS", "9", "command line", 0};
    const auto loaded = load(folder.path(), {port, most});
    CHECK(loaded.settings.listeners.front().port == 3143);
    CHECK(loaded.settings.imap_doors.plain_limits.most == 9);
    CHECK(loaded.settings.imap_doors.tls_limits.most == 9);
    CHECK_THROWS_WITH(load(folder.path(), {{"PROT", "1", "command line", 0}}), "command line: PROT is not a setting");
    CHECK_THROWS_WITH(load(folder.path(), {{"PORT", "x", "command line", 0}}),
                      Catch::StartsWith("command line: PORT: "));
}

TEST_CASE("paths do not depend on the working folder") {
    const Folder folder;
    const auto here = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    const auto settings = load(".").settings;
    std::filesystem::current_path(here);
    CHECK(settings.imap_doors.tls.certificate_file == std::filesystem::weakly_canonical(folder.path() / "imapd.pem"));
}

TEST_CASE("PORT and ADDRESS have Courier's forms") {
    CHECK(ports("PORT=1") == std::vector{plain("", 1)});
    CHECK(ports("PORT=65535") == std::vector{plain("", 65535)});
    CHECK(ports("PORT=143,127.0.0.1.1143") == std::vector{plain("", 143), plain("127.0.0.1", 1143)});
    CHECK(ports("PORT='imap, ::1.imaps'") == std::vector{plain("", 143), plain("::1", 993)});
    CHECK(ports("ADDRESS=10.0.0.1 PORT=0.143") == std::vector{plain("10.0.0.1", 143)});
    CHECK(ports("PORT=7 ADDRESS=10.0.0.1,0:0::2") == std::vector{plain("10.0.0.1", 7), plain("::2", 7)});
    CHECK(ports("ADDRESS=0 PORT=2001:DB8::5.7") == std::vector{plain("2001:db8::5", 7)});
    CHECK(with("imapd-ssl", "SSLADDRESS=10.0.0.1\nSSLPORT=994").listeners.back() == tls("10.0.0.1", 994));
    for (const std::string bad : {"PORT=", "PORT=0", "PORT=65536", "PORT=-1", "PORT=0x1", "PORT=143,", "PORT=pop4",
                                  "PORT=host.143", "PORT=1.2.3.143", "PORT=127.0.0.1.", "ADDRESS=host", "ADDRESS=1.2",
                                  "PORT=4294967439", "PORT=' '", "PORT='1 2'"}) {
        CAPTURE(bad);
        CHECK(error_with("imapd", bad).starts_with("imapd:1: "));
    }
    std::string many = "PORT=1";
    for (int port = 2; port <= 64; ++port) {
        many += ',' + std::to_string(port);
    }
    CHECK(ports(many).size() == 64);
    CHECK(error_with("imapd", many + ",65").find("at most 64") != std::string::npos);
}

TEST_CASE("a port that cannot be bound twice is refused") {
    CHECK(error_with("imapd", "PORT=143,143").find("port 143 is named twice") != std::string::npos);
    CHECK(error_with("imapd", "PORT=993") != "no error");
    CHECK(error_with("imapd", "PORT=143,127.0.0.1.143") != "no error");
    CHECK(error_with("imapd", "PORT=127.0.0.1.143,127.0.0.2.143") == "no error");
}

TEST_CASE("a listener can be left out") {
    CHECK(with("imapd", "IMAPDSTART=NO").listeners == std::vector{tls("", 993)});
    CHECK(with("imapd-ssl", "IMAPDSSLSTART=no").listeners == std::vector{plain("", 143)});
    CHECK(with("imapd-ssl", "IMAPDSSLSTART=yes").listeners.size() == 2);
    CHECK(notes_with("imapd", "IMAPDSTART=NO\nIMAPDSSLSTART=NO", "nothing to listen at"));
}

TEST_CASE("numbers are whole and within their limits") {
    CHECK(with("imapd", "MAXDAEMONS=1").imap_doors.plain_limits.most == 1);
    CHECK(with("imapd", "MAXDAEMONS=1000000").imap_doors.plain_limits.most == 1'000'000);
    CHECK(with("imapd", "MAXDAEMONS=' 40 '").imap_doors.plain_limits.most == 40);
    CHECK(with("postrider", "THREADS=256").threads == 256);
    CHECK(with("postrider", "POOL_THREADS=8").pool_threads == 8);
    CHECK(with("imapd", "IMAP_IDLE_TIMEOUT=3600").imap.idle_poll == std::chrono::hours(1));
    CHECK(with("imapd", "IMAP_UMASK=077").umask == 077);
    CHECK(with("imapd", "IMAP_UMASK=0").umask == 0);
    CHECK(error_with("imapd", "MAXDAEMONS=xyz") == "imapd:1: MAXDAEMONS: \"xyz\" is not a number from 1 to 1000000");
    for (const std::string bad :
         {"MAXDAEMONS=0", "MAXDAEMONS=1000001", "MAXDAEMONS=-1", "MAXDAEMONS=+1", "MAXDAEMONS=", "MAXDAEMONS=1x",
          "MAXPERIP=4294967297", "IMAP_UMASK=100", "IMAP_UMASK=8", "IMAP_IDLE_TIMEOUT=0", "IMAP_IDLE_TIMEOUT=3601"}) {
        CAPTURE(bad);
        CHECK(error_with("imapd", bad) != "no error");
    }
    CHECK(error_with("postrider", "THREADS=257") != "no error");
}

TEST_CASE("switches follow Courier's own tests, and odd values get a note") {
    CHECK(with("imapd", "IMAP_CHECK_ALL_FOLDERS=1").imap.check_all_folders);
    CHECK(with("imapd", "IMAP_CHECK_ALL_FOLDERS=2").imap.check_all_folders);
    CHECK_FALSE(with("imapd", "IMAP_CHECK_ALL_FOLDERS=yes").imap.check_all_folders);
    CHECK(notes_with("imapd", "IMAP_CHECK_ALL_FOLDERS=yes", "is not a plain number; it counts as 0"));
    CHECK(with("imapd", "IMAP_OBSOLETE_CLIENT=1").imap.obsolete_client);
    CHECK(with("imapd", "IMAP_ENHANCEDIDLE=1").imap.enhanced_idle);
    CHECK_FALSE(with("imapd", "IMAP_ENHANCEDIDLE=1 IMAP_USELOCKS=0").imap.enhanced_idle);
    CHECK_FALSE(with("imapd", "IMAP_USELOCKS=yes").store.use_locks);
    CHECK(notes_with("imapd", "IMAP_USELOCKS=yes", "counts as 0"));
    CHECK(with("imapd", "IMAP_USELOCKS=11").store.use_locks);
    CHECK(with("imapd", "IMAP_LOG_DELETIONS=1").imap.log_deletions);
    CHECK(with("imapd", "IMAP_LOG_DELETIONS=").imap.log_deletions);
    CHECK_FALSE(with("imapd", "IMAP_LOG_DELETIONS=0").imap.log_deletions);
    CHECK_FALSE(with("imapd-ssl", "IMAPDSTARTTLS=NO").imap.starttls);
    CHECK(with("imapd-ssl", "IMAPDSTARTTLS=yup").imap.starttls);
    CHECK(notes_with("imapd-ssl", "IMAPDSTARTTLS=1", "counts as NO"));
    CHECK(with("imapd", "IMAP_KEYWORDS=0").store.keywords == store::Keywords::off);
    CHECK(with("imapd", "IMAP_KEYWORDS=2").store.keywords == store::Keywords::careful);
    CHECK(with("imapd", "IMAP_KEYWORDS=3").store.keywords == store::Keywords::on);
    CHECK(with("imapd", "IMAP_ID_FIELDS=7").imap.id_fields == 7u);
    CHECK(with("imapd", "IMAP_ID_FIELDS=").imap.id_fields == 0u);
    CHECK(with("imapd", "IMAP_ID_FIELDS=9").imap.id_fields == 1u);
}

TEST_CASE("a misspelt switch that guards something is an error") {
    CHECK(with("imapd-ssl", "IMAP_TLS_REQUIRED=1").imap.tls_required);
    CHECK(error_with("imapd-ssl", "IMAP_TLS_REQUIRED=yes") == "imapd-ssl:1: IMAP_TLS_REQUIRED: \"yes\" is not 0 or 1");
    CHECK_FALSE(with("imapd", "IMAP_MAILBOX_SANITY_CHECK=0").store.check_owner);
    CHECK(error_with("imapd", "IMAP_MAILBOX_SANITY_CHECK=off") != "no error");
    CHECK_FALSE(with("postrider", "MAILDIR_FSYNC=0").store.durable);
    CHECK(error_with("postrider", "MAILDIR_FSYNC=") != "no error");
    CHECK(notes_with("imapd-ssl", "IMAP_TLS_REQUIRED=1 IMAPDSTARTTLS=NO", "nobody can log in"));
}

TEST_CASE("TLS settings") {
    CHECK(with("imapd-ssl", "TLS_PROTOCOL=TLSv1.3").imap_doors.tls.protocol == "TLSv1.3");
    CHECK(with("imapd-ssl", "TLS_PROTOCOL=TLSv1.3").imap_doors.starttls.protocol == "TLSv1.3");
    const auto both = with("imapd-ssl", "TLS_PROTOCOL=TLSv1.1++\nTLS_STARTTLS_PROTOCOL=TLSv1.2+");
    CHECK(both.imap_doors.tls.protocol == "TLSv1.1++");
    CHECK(both.imap_doors.starttls.protocol == "TLSv1.2+");
    CHECK(with("imapd-ssl", "TLS_PROTOCOL=SSL23").imap_doors.tls.protocol == "TLSv1.2");
    CHECK(with("imapd-ssl", "TLS_PROTOCOL=").imap_doors.tls.protocol == "TLSv1.2");
    CHECK(with("imapd-ssl", "TLS_PROTOCOL=TLSv1.3 TLS_STARTTLS_PROTOCOL=").imap_doors.starttls.protocol == "TLSv1.3");
    CHECK(notes_with("imapd-ssl", "TLS_PROTOCOL=SSL23", "is no version of TLS"));
    CHECK(error_with("imapd-ssl", "TLS_PROTOCOL=tlsv1.3") != "no error");
    CHECK(with("imapd-ssl", "TLS_CIPHER_LIST='HIGH:!aNULL'").imap_doors.tls.ciphers == "HIGH:!aNULL");
    CHECK(error_with("imapd-ssl", "TLS_CERTFILE=") == "imapd-ssl:1: TLS_CERTFILE: \"\" is not usable: it is empty");
    CHECK(with("imapd-ssl", "TLS_DHPARAMS=").imap_doors.tls.dh_params_file.empty());
    const Folder folder;
    folder.write("imapd-ssl", "TLS_CERTFILE=certs/../x.pem\nTLS_PRIVATE_KEYFILE=/k.pem");
    CHECK(load(folder.path()).settings.imap_doors.tls.certificate_file == folder.at("x.pem"));
    CHECK(load(folder.path()).settings.imap_doors.tls.key_file == "/k.pem");
}

TEST_CASE("texts") {
    CHECK(with("imapd", "DEFDOMAIN=@example.com").auth.imap_domain.name == "@example.com");
    CHECK(with("imapd", "DOMAINSEP=@%").auth.imap_domain.separators == "@%");
    CHECK(with("imapd", "MAILDIRPATH=./Mail").imap.maildir == "./Mail");
    CHECK(notes_with("imapd", "MAILDIRPATH=/var/mail", "the same mailbox"));
    CHECK(with("imapd", "IMAP_TRASHFOLDERNAME='Deleted Items'").store.trash == "Deleted Items");
    CHECK(with("imapd", "HOSTNAME=mx-1.example.com").store.host_name == "mx-1.example.com");
    const std::string longest(240, 'x');
    CHECK(with("imapd", "IMAP_TRASHFOLDERNAME=" + longest).store.trash == longest);
    for (const std::string& bad :
         {std::string("MAILDIRPATH="), std::string("IMAP_TRASHFOLDERNAME="), std::string("IMAP_TRASHFOLDERNAME=a/b"),
          std::string("IMAP_TRASHFOLDERNAME=.a"), std::string("IMAP_TRASHFOLDERNAME=a."),
          std::string("IMAP_TRASHFOLDERNAME=a..b"), "IMAP_TRASHFOLDERNAME=x" + longest, std::string("HOSTNAME=a/b"),
          std::string("DEFDOMAIN='@a\nb'"), std::string("HOSTNAME=a:b")}) {
        CAPTURE(bad);
        CHECK(error_with("imapd", bad).starts_with("imapd:1: "));
    }
}

namespace {

/// "MAILBOX:DAYS" by blank.
std::string purges(const std::string& assignments) {
    std::string text;
    for (const auto& [mailbox, age] : with("imapd", assignments).store.empty_trash) {
        text += (text.empty() ? "" : " ") + mailbox + ":" + std::to_string(age.count() / 24);
    }
    return text;
}

}  // namespace

TEST_CASE("what is removed from the trash, as Courier reads it") {
    CHECK(purges("").empty());
    CHECK(purges("IMAP_EMPTYTRASH=7") == "INBOX.Trash:7");
    CHECK(purges("IMAP_EMPTYTRASH=7\nIMAP_TRASHFOLDERNAME=Bin") == "INBOX.Bin:7");
    CHECK(purges("IMAP_EMPTYTRASH=Trash:7,Junk:30,INBOX:365") == "INBOX.Trash:7 INBOX.Junk:30 INBOX:365");
    CHECK(purges("IMAP_EMPTYTRASH=a.b:7,c,:5,d:1:2,,") == "INBOX.a.b:7 INBOX.d:1");
    CHECK(purges("IMAP_EMPTYTRASH=99999999999999999999") == "INBOX.Trash:36500");
    for (const std::string odd : {"", "0", "-3", "Trash"}) {
        CAPTURE(odd);
        CHECK(purges("IMAP_EMPTYTRASH=" + odd) == "INBOX.Trash:1");
        CHECK(notes_with("imapd", "IMAP_EMPTYTRASH=" + odd, "it counts as 1"));
    }
    CHECK(notes_with("imapd", "IMAP_EMPTYTRASH=Trash:7,Junk", "an item without a folder, which does not count"));
    CHECK_FALSE(notes_with("imapd", "IMAP_EMPTYTRASH=Trash:7,Junk:30", "count"));
    CHECK(with("imapd", "IMAP_MOVE_EXPUNGE_TO_TRASH=1").store.expunge_to_trash);
    CHECK(with("imapd", "IMAP_MOVE_EXPUNGE_TO_TRASH=1").imap.magic_trash);
    CHECK_FALSE(with("imapd", "IMAP_MOVE_EXPUNGE_TO_TRASH=0").store.expunge_to_trash);
}

TEST_CASE("a quota for everybody") {
    CHECK(with("imapd", "MAILDIRQUOTA=10000000S,1000C").store.quota == "10000000S,1000C");
    for (const std::string good : {"10S", "5C", "5C,10S"}) {
        CHECK_FALSE(notes_with("imapd", "MAILDIRQUOTA=" + good, "MAILDIRQUOTA"));
    }
    for (const std::string odd : {"10", "10s", "S", "10S5C", "10S,,5C", "-1S"}) {
        CAPTURE(odd);
        CHECK(notes_with("imapd", "MAILDIRQUOTA=" + odd, "only numbers with S or C"));
    }
}

TEST_CASE("authdaemonrc must leave us an account database") {
    CHECK(with("authdaemonrc", "DEFAULTOPTIONS=\"disablepop3=1,x=2\"").auth.default_options == "disablepop3=1,x=2");
    CHECK(error_with("authdaemonrc", "DEFAULTOPTIONS='x=1'") != "no error");
    CHECK(error_with("authdaemonrc", "authmodulelist=authuserdb") == "no error");
    using Names = std::vector<std::string>;
    CHECK(with("authdaemonrc", "").auth.modules == Names{"authuserdb"});
    CHECK(with("authdaemonrc", "authmodulelist=\"authpam  authuserdb authpam authpipe\"").auth.modules ==
          Names{"authpam", "authuserdb", "authpipe"});
    CHECK(with("authdaemonrc", "authmodulelist=\"authmysql authpwd authpgsql\"").auth.modules == Names{"authpwd"});
    CHECK(notes_with("authdaemonrc", "authmodulelist=\"authmysql authpwd\"", "left out: authmysql"));
    CHECK(
        error_with("authdaemonrc", "#\nauthmodulelist=\"authmysql\"").starts_with("authdaemonrc:2: authmodulelist: "));
    CHECK(with("authdaemonrc", "daemons=7").auth.children == 7);
    CHECK(error_with("authdaemonrc", "daemons=0") != "no error");
    CHECK(error_with("authdaemonrc", "authmodulelist=authuserdbx") != "no error");
    CHECK(error_with("authdaemonrc", "authmodulelist=") != "no error");
    CHECK(notes_with("authdaemonrc", "authmodulelist =authpam", "a name has no blanks around it"));
}

TEST_CASE("authldap needs its file") {
    const Folder folder;
    folder.write("authdaemonrc", "authmodulelist=authldap\nLDAPTLS_CACERT=/ca.pem\n");
    CHECK_THROWS_WITH(load(folder.path()), Catch::Matchers::Contains("authldaprc"));
    folder.write("authldaprc", "##NAME: MARKER:0\nLDAP_URI ldap://h\nLDAP_BASEDN dc=x\n");
    const auto settings = load(folder.path()).settings.auth;
    CHECK(settings.ldap.uris == std::vector<std::string>{"ldap://h"});
    CHECK(settings.ldap.tls.at("LDAPTLS_CACERT") == "/ca.pem");
}

TEST_CASE("where other programs ask for accounts") {
    const auto socket = [](const std::string& auth, const std::string& own) {
        const Folder folder;
        folder.write("authdaemonrc", auth);
        folder.write("postrider", own);
        return load(folder.path()).settings.authdaemon_socket;
    };
    CHECK(socket("", "") == "/run/courier/authdaemon/socket");
    CHECK(socket("authdaemonvar=/x", "") == "/x/socket");
    CHECK(socket("authdaemonvar=/x", "AUTHDAEMON_SOCKET=none") == "");
    CHECK(socket("authdaemonvar=/x", "AUTHDAEMON_SOCKET=/y/s") == "/y/s");
    CHECK(socket("authmodulelist=authdaemon", "") == "");
    CHECK(with("authdaemonrc", "authmodulelist=authdaemon\nauthdaemonvar=/x").auth.daemon == "/x/socket");
    CHECK_THROWS_AS(socket("authmodulelist=authdaemon\nauthdaemonvar=/x", "AUTHDAEMON_SOCKET=/x/socket"), ConfigError);
    CHECK(error_with("postrider", "AUTHDAEMON_SOCKET=x") != "no error");
    CHECK(error_with("authdaemonrc", "authdaemonvar=x") != "no error");
    CHECK(error_with("authdaemonrc", "authdaemonvar=/" + std::string(107, 'x')) != "no error");
}

TEST_CASE("how many passwords are remembered, and for how long") {
    CHECK(with("postrider", "").auth.cache_size == 16384);
    CHECK(with("postrider", "").auth.cache_time == std::chrono::seconds(300));
    CHECK(with("postrider", "AUTH_CACHE_SIZE=0\nAUTH_CACHE_TTL=5").auth.cache_size == 0);
    CHECK(with("postrider", "AUTH_CACHE_SIZE=0\nAUTH_CACHE_TTL=5").auth.cache_time == std::chrono::seconds(5));
    CHECK(error_with("postrider", "AUTH_CACHE_TTL=0") != "no error");
}

TEST_CASE("mechanisms of IMAP") {
    using auth::Mechanism;
    const auto sasl = [](const std::string& text) { return with("imapd", text).imap.sasl; };
    const auth::MechanismSet standard{Mechanism::plain, Mechanism::login};
    CHECK(sasl("").plain == standard);
    CHECK(sasl("").over_tls == standard);
    CHECK(sasl("IMAP_CAPABILITY='IMAP4rev1 IDLE'").plain.empty());
    CHECK(sasl("IMAP_CAPABILITY='IMAP4rev1 AUTH=CRAM-MD5 auth=scram-sha-256'").plain ==
          auth::MechanismSet{Mechanism::cram_md5, Mechanism::scram_sha256});
    const auto both = sasl("IMAP_CAPABILITY=IMAP4rev1\nIMAP_CAPABILITY_TLS=\"$IMAP_CAPABILITY AUTH=PLAIN\"");
    CHECK(both.plain.empty());
    CHECK(both.over_tls == auth::MechanismSet{Mechanism::plain});
    CHECK(notes_with("imapd", "IMAP_CAPABILITY='AUTH=NTLM'", "does not have: AUTH=NTLM"));
}

TEST_CASE("our own file") {
    CHECK(with("postrider", "USERDB=/srv/userdb/").auth.userdb == "/srv/userdb");
    const Folder folder;
    folder.write("postrider", "USERDB=sub/userdb/\n");
    CHECK(load(folder.path()).settings.auth.userdb == folder.at("sub/userdb"));
    CHECK(error_with("postrider", "USERDB=") != "no error");
    CHECK(with("postrider", "IMAP_SESSION_TIMEOUT=5").imap.idle_time == std::chrono::seconds(5));
    CHECK(notes_with("postrider", "IMAP_SESSION_TIMEOUT=1799", "RFC 3501"));
    CHECK_FALSE(notes_with("postrider", "IMAP_SESSION_TIMEOUT=1800", "RFC 3501"));
    CHECK(with("postrider", "LOGIN_TIMEOUT=30").imap.login_time == std::chrono::seconds(30));
    CHECK(with("postrider", "LOG=syslog\nLOG_FACILITY=local3").log == service::LogTarget::syslog);
    CHECK(with("postrider", "LOG=syslog\nLOG_FACILITY=local3").log_facility == "local3");
    CHECK(with("postrider", "LOG=/var/log/x").log == service::LogTarget::file);
    CHECK(with("postrider", "LOG=/var/log/x").log_file == "/var/log/x");
    CHECK(with("postrider", "LOG_DEBUG=1").log_debug);
    CHECK(error_with("postrider", "LOG=x.log") != "no error");
    CHECK(error_with("postrider", "LOG_FACILITY=local8") != "no error");
    CHECK(error_with("postrider", "LOG_FACILITY=") != "no error");
}

TEST_CASE("notes tell what is set in vain") {
    CHECK(notes_with("imapd", "\nIMAP_ACL=1", "imapd:2: IMAP_ACL is set and not used by this version"));
    CHECK_FALSE(notes_with("imapd", "IMAP_PROXY=0\nMY_OWN_NAME=1", "not used"));
    CHECK(notes_with("imapd", "AUTHSERVICE143=x", "AUTHSERVICE143 is set and not used"));
    CHECK(notes_with("imapd", "THREADS=3", "it belongs in the file postrider"));
    CHECK(notes_with("postrider", "PORT=3", "it belongs in the file imapd"));
    CHECK(notes_with("pop3d", "IMAP_UMASK=022", "it belongs in the file imapd"));
    CHECK(notes_with("imapd-ssl", "POP3AUTH=PLAIN", "it belongs in the file pop3d"));
    CHECK(notes_with("pop3d", "POP3_PROXY=1", "POP3_PROXY is set and not used"));
    const auto quiet = "POP3_PROXY=0\nPOP3AUTH_ORIG=x\nLOGGEROPTS=-name=pop3d\nPORT=110\nMAXPERIP=4\n";
    CHECK(notes_with("pop3d", quiet, "POP3AUTH_ORIG is set and not used"));
    CHECK_FALSE(notes_with("pop3d", quiet, "POP3_PROXY"));
    CHECK_FALSE(notes_with("pop3d", quiet, "LOGGEROPTS"));
    CHECK_FALSE(notes_with("pop3d", quiet, "PORT is not used"));
    CHECK_FALSE(notes_with("pop3d", quiet, "MAXPERIP is not set (pop3d)"));
    CHECK(notes_with("pop3d", quiet, "MAXDAEMONS is not set (pop3d): 10000 here, 40 with Courier"));
    CHECK_FALSE(notes_with("imapd", "PORT=143", "(pop3d)"));
}
