#include "auth/daemon_text.hpp"

#include <vector>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth::daemon {
namespace {

using Read = std::variant<Unfinished, Malformed, Request>;

std::string shown(const Find& find) {
    return "find " + find.module + '|' + find.service + '|' + find.user;
}
std::string shown(const LogIn& log_in) {
    return "log in " + log_in.service + '|' + log_in.user + '|' + log_in.password.text;
}
std::string shown(const Prove& prove) {
    return "prove " + prove.service + '|' + prove.proof.user + '|' + prove.proof.challenge + '|' + prove.proof.digest;
}
std::string shown(const ChangePassword& change) {
    return "change " + change.service + '|' + change.user + '|' + change.old_password.text + '|' +
           change.new_password.text;
}
std::string shown(const Enumerate&) {
    return "enumerate";
}
std::string shown(const Hopeless&) {
    return "hopeless";
}

std::string shown(const Read& read) {
    if (const auto* request = std::get_if<Request>(&read)) {
        const auto text = std::visit([](const auto& command) { return shown(command); }, request->command);
        return request->peer.empty() ? text : text + " from " + request->peer;
    }
    return std::holds_alternative<Unfinished>(read) ? "unfinished" : "malformed";
}

std::string read(std::string_view text) {
    return shown(read_request(text));
}

std::string auth(const std::string& body) {
    return "AUTH " + std::to_string(body.size()) + '\n' + body;
}

std::string cram(const std::string& type, const std::string& response) {
    return auth("imap\n" + type + '\n' + base64_encode("<1.2@host>") + '\n' + base64_encode(response) + '\n');
}

const std::string digest(32, 'a');

TEST_CASE("requests, and those that nobody could grant") {
    struct Case {
        std::string text;
        std::string wanted;
    };
    const std::vector<Case> cases{
        {"PRE . imap john@example.com\n", "find .|imap|john@example.com"},
        {"PRE   authpipe   imap   a b \n", "find authpipe|imap|a b "},
        {"PRE . imap\n", "malformed"},
        {"PRE . imap \n", "malformed"},
        {"PRE\n", "malformed"},
        {"PRE . imap a\tb\n", "hopeless"},
        {"PRE . imap " + std::string(1, '\0') + "\n", "hopeless"},
        {auth("imap\nlogin\njohn\nsecret\n"), "log in imap|john|secret"},
        {auth("imap\nlogin\njohn\nsecret"), "log in imap|john|secret"},
        {auth("imap\nlogin\njohn\nsecret\nmore\n"), "log in imap|john|secret"},
        {auth("imap\nlogin\njohn smith\ntwo words \n"), "log in imap|john smith|two words "},
        {auth("imap\nlogin\njohn\n\n"), "hopeless"},
        {auth("imap\nlogin\n\nsecret\n"), "hopeless"},
        {auth("imap\nlogin\njohn\n"), "hopeless"},
        {auth("imap\nlogin\njohn\ns\tt\n"), "hopeless"},
        {auth(std::string("imap\nlogin\njohn\nsec\0ret\n", 24)), "hopeless"},
        {auth("imap\nlogin\n"), "hopeless"},
        {auth("imap\nLOGIN\njohn\nsecret\n"), "hopeless"},
        {auth("imap\nplain\njohn\nsecret\n"), "hopeless"},
        {auth("\nlogin\njohn\nsecret\n"), "hopeless"},
        {auth(""), "malformed"},
        {auth("imap\n"), "malformed"},
        {auth("imap\nlogin"), "malformed"},
        {cram("cram-md5", "john smith " + digest), "prove imap|john smith|<1.2@host>|" + digest},
        {cram("cram-sha1", "john " + digest + "bbbbbbbb"), "prove imap|john|<1.2@host>|" + digest + "bbbbbbbb"},
        {cram("cram-sha256", "john " + digest + digest), "prove imap|john|<1.2@host>|" + digest + digest},
        {cram("cram-md5", "john " + digest + "a"), "hopeless"},
        {cram("cram-md4", "john " + digest), "hopeless"},
        {auth("imap\ncram-md5\n%%%\n%%%\n"), "hopeless"},
        {"AUTH x\n", "malformed"},
        {"AUTH -1\n", "malformed"},
        {"AUTH +1\n", "malformed"},
        {"AUTH \n", "malformed"},
        {"AUTH\n", "malformed"},
        {"AUTH 4294967297\n", "malformed"},
        {"AUTH 18446744073709551617\n", "malformed"},
        {"PASSWD imap\tjohn\told\tnew\n", "change imap|john|old|new"},
        {"PASSWD imap\tjohn s\to d\tn w\tfifth\n", "change imap|john s|o d|n w"},
        {"PASSWD imap\tjohn\told\n", "malformed"},
        {"PASSWD imap\tjohn\told\t\n", "hopeless"},
        {"PASSWD imap\tjohn\t\tnew\n", "hopeless"},
        {"PASSWD imap\tjohn\to\rd\tnew\n", "hopeless"},
        {"PASSWD imap\tjohn\told\tnew\tfi\rth\n", "hopeless"},
        {"ENUMERATE\n", "enumerate"},
        {"ENUMERATE x\n", "malformed"},
        {"TCPREMOTEIP=192.0.2.1\nENUMERATE\n", "enumerate from 192.0.2.1"},
        {"TCPREMOTEIP=::1\nOTHER=x y\n=\nPRE . imap john\n", "find .|imap|john from ::1"},
        {"TCPREMOTEIP=`id`\nPRE . imap john\n", "find .|imap|john"},
        {"TCPREMOTEIP=fe80::1%`id`\nPRE . imap john\n", "find .|imap|john from fe80::1"},
        {"PRE \x01 imap john\n", "hopeless"},
        {"PRE . i\tp john\n", "hopeless"},
        {"PRE . imap a=b\n", "find .|imap|a=b"},
        {"\n", "malformed"},
        {"pre . imap john\n", "malformed"},
        {"GET / HTTP/1.0\r\n", "malformed"},
        {"LOGOUT\n", "malformed"},
        {"", "unfinished"},
    };
    for (const auto& [text, wanted] : cases) {
        INFO(log_safe(text));
        CHECK(read(text) == wanted);
        CHECK(read(text + (text.empty() ? "" : "PRE . imap other\n")) == wanted);
        for (std::size_t size = 0; size < text.size(); ++size) {
            const auto part = read(std::string_view(text).substr(0, size));
            CHECK((part == "unfinished" || (part == wanted && wanted == "malformed")));
        }
    }
}

TEST_CASE("requests end at their limits") {
    const auto line_of = [](std::size_t size) { return "ENUMERATE" + std::string(size - 9, ' '); };
    const auto most = limits::authdaemon_line_bytes;
    CHECK(read(line_of(most)) == "unfinished");
    CHECK(read(line_of(most + 1)) == "malformed");
    const auto named = [](std::size_t size) { return "X=" + std::string(size - 2, 'y') + "\nENUMERATE\n"; };
    CHECK(read(named(most)) == "enumerate");
    CHECK(read(named(most + 1)) == "malformed");

    CHECK(read("AUTH 8191\n") == "unfinished");
    CHECK(read("AUTH 8192\n") == "malformed");
    CHECK(read(auth("imap\nlogin\njohn\nsecret\n" + std::string(8191 - 23, 'x'))) == "log in imap|john|secret");

    const auto lines = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += "A=b\n";
        }
        return text + "ENUMERATE\n";
    };
    CHECK(read(lines(limits::authdaemon_metadata)) == "enumerate");
    CHECK(read(lines(limits::authdaemon_metadata + 1)) == "malformed");

    const std::string most_of_name(limits::credential_bytes, 'n');
    CHECK(read(auth("imap\nlogin\n" + most_of_name + "\nx\n")) == "log in imap|" + most_of_name + "|x");
    CHECK(read(auth("imap\nlogin\n" + most_of_name + "n\nx\n")) == "hopeless");
    CHECK(read(auth("imap\nlogin\nx\n" + most_of_name + "n\n")) == "hopeless");
    CHECK(read("PRE . imap " + most_of_name + "n\n") == "hopeless");
}

std::string text(Request request) {
    const auto said = text_of(request);
    return said ? said->text : "none";
}

TEST_CASE("what is asked is said as Courier says it") {
    CHECK(text({Find{"imap", "fred@example.com"}, {}}) == "PRE . imap fred@example.com\n");
    CHECK(text({LogIn{"imap", "fred@example.com", Secret("foobar")}, {}}) ==
          "AUTH 35\nimap\nlogin\nfred@example.com\nfoobar\n");
    CHECK(text({ChangePassword{"imap", "fred@example.com", Secret("foobar"), Secret("newpass")}, {}}) ==
          "PASSWD imap\tfred@example.com\tfoobar\tnewpass\n");
    CHECK(text({Enumerate{}, "192.0.2.1"}) == "TCPREMOTEIP=192.0.2.1\nENUMERATE\n");
    const auto proof = parse_cram_response(HmacHash::sha1, "<1.2@host>", "john " + std::string(40, 'a'));
    REQUIRE(proof);
    CHECK(text({Prove{"imap", *proof}, {}}) == cram("cram-sha1", "john " + std::string(40, 'a')));
}

TEST_CASE("what would be read as something else is not said") {
    for (const std::string bad : {"", "a\nPASSWD x", "a\tb", "a\rb"}) {
        INFO(log_safe(bad));
        CHECK(text({Find{"imap", bad}, {}}) == "none");
        CHECK(text({Find{bad, "john"}, {}}) == "none");
        CHECK(text({LogIn{"imap", bad, Secret("x")}, {}}) == "none");
        CHECK(text({LogIn{"imap", "john", Secret(bad)}, {}}) == "none");
        CHECK(text({ChangePassword{"imap", bad, Secret("x"), Secret("y")}, {}}) == "none");
        CHECK(text({ChangePassword{"imap", "john", Secret(bad), Secret("y")}, {}}) == "none");
        CHECK(text({ChangePassword{"imap", "john", Secret("x"), Secret(bad)}, {}}) == "none");
        CHECK((bad.empty() || text({Enumerate{}, bad}) == "none"));
    }
    CHECK(text({Find{"imap", " john"}, {}}) == "none");
    CHECK(text({Find{"two words", "john"}, {}}) == "none");
    CHECK(text({Hopeless{}, {}}) == "none");
    const std::string name(limits::authdaemon_line_bytes - std::string_view("PRE . imap ").size(), 'n');
    CHECK(text({Find{"imap", name}, {}}) == "PRE . imap " + name + "\n");
    CHECK(text({Find{"imap", name + "n"}, {}}) == "none");
    const std::string password(limits::authdaemon_body_bytes - std::string_view("imap\nlogin\nj\n\n").size(), 'p');
    CHECK(text({LogIn{"imap", "j", Secret(password)}, {}}) == "AUTH 8191\nimap\nlogin\nj\n" + password + "\n");
    CHECK(text({LogIn{"imap", "j", Secret(password + "p")}, {}}) == "none");
}

const std::string courier_block =
    "UID=1012\nGID=1012\nHOME=/home/vmail\nADDRESS=john@example.com\nNAME=John Doe\n"
    "MAILDIR=/home/vmail/Maildir-john\nQUOTA=10000000S,1000C\nPASSWD=$1$24kydcZk$II6RGkIra2g014TLaN5JI1\n"
    "PASSWD2=imapsecret\nOPTIONS=disablepop3=1,group=sales,group=staff,disableimap=0,wbnodsn=1\n.\n";

std::string kind(std::string_view reply) {
    static constexpr const char* names[] = {"unfinished", "malformed", "refused", "account"};
    return names[read_account(reply).index()];
}

TEST_CASE("an account block is read and said in Courier's order") {
    auto read = read_account(courier_block);
    const auto* block = std::get_if<AccountBlock>(&read);
    REQUIRE(block != nullptr);
    CHECK(block->uid == 1012);
    CHECK(block->gid == 1012);
    CHECK(block->home == "/home/vmail");
    CHECK(block->address == "john@example.com");
    CHECK(block->maildir == "/home/vmail/Maildir-john");
    CHECK(block->password->text == "imapsecret");
    CHECK(block->options == "disablepop3=1,group=sales,group=staff,disableimap=0,wbnodsn=1");
    CHECK_FALSE(block->system_user);
    CHECK(text_of(*block)->text == courier_block);
    for (std::size_t size = 0; size < courier_block.size(); ++size) {
        CHECK(kind(std::string_view(courier_block).substr(0, size)) == "unfinished");
    }
}

TEST_CASE("answers to PRE and AUTH of other forms") {
    struct Case {
        std::string_view reply;
        std::string_view wanted;
    };
    const std::vector<Case> cases{
        {"FAIL\n", "refused"},
        {"FAIL", "unfinished"},
        {"FAIL\nFAIL\n", "malformed"},
        {"", "unfinished"},
        {"hello\n", "malformed"},
        {"HOME=/h\nGID=5\n.\n", "account"},
        {"GID=5\nHOME=/h\nUSERNAME=john\nX-OTHER=1\nMAILDIR=\nADDRESS=a=b\n.\n", "account"},
        {"GID=5\nHOME=/h\n.\nmore", "malformed"},
        {"GID=5\n.\n", "malformed"},
        {"HOME=/h\n.\n", "malformed"},
        {".\n", "malformed"},
        {"UID=8x\nGID=5\nHOME=/h\n.\n", "malformed"},
        {"UID=-1\nGID=5\nHOME=/h\n.\n", "malformed"},
        {"UID=4294967296\nGID=5\nHOME=/h\n.\n", "malformed"},
        {"UID=4294967295\nGID=5\nHOME=/h\n.\n", "account"},
        {"UID=1\nGID=\nHOME=/h\n.\n", "malformed"},
    };
    for (const auto& [reply, wanted] : cases) {
        INFO(log_safe(reply));
        CHECK(kind(reply) == wanted);
    }
    auto read = read_account("GID=5\nHOME=/h\nMAILDIR=\nHOME=/h2\n.\n");
    CHECK(std::get<AccountBlock>(read).maildir == "");
    CHECK(std::get<AccountBlock>(read).home == "/h2");
}

TEST_CASE("a value cannot bring attributes of its own") {
    using namespace std::string_literals;
    for (const std::string& bad : {"/h\nUID=0"s, "/h\0"s}) {
        AccountBlock block;
        block.home = bad;
        CHECK_FALSE(text_of(block));
        block.home = "/h";
        CHECK(text_of(block));
        block.options = bad;
        CHECK_FALSE(text_of(block));
    }
    AccountBlock large;
    const std::string rest = "GID=0\nHOME=\n.\n";
    large.home = std::string(limits::authdaemon_text_bytes - rest.size(), 'h');
    REQUIRE(text_of(large));
    CHECK(text_of(large)->text.size() == limits::authdaemon_text_bytes);
    large.home += "h";
    CHECK_FALSE(text_of(large));
}

TEST_CASE("answers to PASSWD") {
    CHECK(std::get<bool>(read_verdict("OK\n")));
    CHECK_FALSE(std::get<bool>(read_verdict("FAIL\n")));
    CHECK(std::holds_alternative<Unfinished>(read_verdict("OK")));
    CHECK(std::holds_alternative<Unfinished>(read_verdict("")));
    CHECK(std::holds_alternative<Malformed>(read_verdict("OK\nOK\n")));
    CHECK(std::holds_alternative<Malformed>(read_verdict("YES\n")));
}

const std::string courier_list =
    "# authuserdb\n\njohn@example.com\t1012\t1013\t/home/vmail\t/home/vmail/Maildir-john\tdisablepop3=1,group=sales\n"
    "vmail\t1012\t1012\t/home/vmail\t\t\n# authpam\n\nnobody\t65534\t65534\t/nonexistent\t\t\n.\n";

TEST_CASE("a list is read in pieces of any size") {
    for (std::size_t piece = 1; piece <= courier_list.size(); ++piece) {
        std::string pending;
        std::string lines;
        auto end = ListEnd::not_yet;
        for (std::size_t at = 0; at < courier_list.size(); at += piece) {
            REQUIRE(end == ListEnd::not_yet);
            pending += courier_list.substr(at, piece);
            end = read_list(pending, [&lines](const Account& account) { lines += list_line(account); });
        }
        CHECK(end == ListEnd::reached);
        CHECK(lines ==
              "john@example.com\t1012\t1013\t/home/vmail\t/home/vmail/Maildir-john\tdisablepop3=1,group=sales\n"
              "vmail\t1012\t1012\t/home/vmail\t\t\nnobody\t65534\t65534\t/nonexistent\t\t\n");
    }
}

TEST_CASE("a list leaves out what is no account, and lines have a limit") {
    std::string names;
    const auto take = [&names](const Account& account) { names += account.address + ' '; };
    std::string text =
        "root\t0\t0\t/root\t\t\nzero\t5\t0\t/h\t\t\nshort\t1\t1\nbad\tx\t1\t/h\t\t\nold\t1\t1\t/h\nnote\t1\t1\t/h # "
        "c\n";
    CHECK(read_list(text, take) == ListEnd::not_yet);
    CHECK(names == "old note ");
    CHECK(text.empty());
    text = std::string(limits::authdaemon_line_bytes, 'x');
    CHECK(read_list(text, take) == ListEnd::not_yet);
    text += 'x';
    CHECK(read_list(text, take) == ListEnd::malformed);
    text = std::string(limits::authdaemon_line_bytes + 1, 'x') + "\n.\n";
    CHECK(read_list(text, take) == ListEnd::malformed);
    text = ".\nmore";
    CHECK(read_list(text, take) == ListEnd::malformed);
}

TEST_CASE("an account that a line cannot hold is left out of it") {
    Account account{.address = "john", .uid = 1, .gid = 2, .home = "/h"};
    CHECK(list_line(account) == "john\t1\t2\t/h\t\t\n");
    CHECK(list_title("authuserdb") == "# authuserdb\n\n");
    for (const char* bad : {"/h\n.", "/h\t", "/h#"}) {
        Account odd = account;
        odd.home = bad;
        CHECK(list_line(odd).empty());
        odd = account;
        odd.maildir = bad;
        CHECK(list_line(odd).empty());
    }
    account.address.clear();
    CHECK(list_line(account).empty());
}

}  // namespace
}  // namespace postrider::auth::daemon
