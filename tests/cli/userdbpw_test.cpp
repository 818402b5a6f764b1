#include <stdlib.h>
#include <termios.h>

#include <sstream>
#include <thread>

#include "auth/password.hpp"
#include "cli/run_tool.hpp"
#include "cli/userdb_input.hpp"
#include "support/catch.hpp"

namespace postrider::cli {
namespace {

using test::Outcome;
using test::pipe_with;
using test::run_link;
using test::run_tool;

std::string made_by(const Outcome& outcome) {
    REQUIRE(outcome.code == 0);
    REQUIRE(outcome.out.ends_with('\n'));
    CHECK(outcome.err.empty());
    return outcome.out.substr(0, outcome.out.size() - 1);
}

const std::string hmac_md5 = "cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56";

TEST_CASE("without an option: yescrypt") {
    for (const auto& made :
         {made_by(run_tool(sub_userdbpw, {}, "secret\n")), made_by(run_link(sub_userdbpw, {}, "secret")),
          made_by(run_tool(sub_userdbpw, {"-yescrypt"}, "secret\n"))}) {
        CHECK(made.starts_with("$y$"));
        CHECK(auth::password_matches("secret", made));
    }
}

TEST_CASE("the options, and which wins") {
    CHECK(made_by(run_link(sub_userdbpw, {"-md5"}, "secret\n")).starts_with("$1$"));
    CHECK(made_by(run_link(sub_userdbpw, {"-sha512"}, "secret\n")).starts_with("$6$"));
    CHECK(made_by(run_link(sub_userdbpw, {"-hmac-md5"}, "secret\n")) == hmac_md5);
    CHECK(made_by(run_link(sub_userdbpw, {"-hmac-sha1"}, "secret\n")).size() == 80);
    CHECK(made_by(run_link(sub_userdbpw, {"-hmac-sha256"}, "secret\n")).size() == 128);
    CHECK(made_by(run_link(sub_userdbpw, {"-hmac-sha1", "-hmac-md5", "-md5"}, "secret\n")) == hmac_md5);
    for (const auto* option : {"-hmac-xyz", "--help", "--json", "file", "", "-md"}) {
        CHECK(run_link(sub_userdbpw, {option}, "secret\n") == Outcome{1, "", "userdbpw: invalid argument.\n"});
    }
    CHECK(run_tool(sub_userdbpw, {"--help"}).out.find("-yescrypt") != std::string::npos);
}

TEST_CASE("secrets for SCRAM") {
    CHECK(made_by(run_tool(sub_userdbpw, {"-scram-sha-1"}, "secret\n")).starts_with("SCRAM-SHA-1$15000:"));
    CHECK(made_by(run_tool(sub_userdbpw, {"-scram-sha-256", "-md5"}, "secret\n")).starts_with("SCRAM-SHA-256$15000:"));
    CHECK(run_tool(sub_userdbpw, {"-scram-sha-256"}, "\xE4\n").code == 1);
    CHECK(run_tool(sub_userdbpw, {"-scram-sha-256"}, "\n").code == 1);
}

TEST_CASE("one line is read; an empty one is a password, none is not") {
    CHECK(auth::password_matches("", made_by(run_tool(sub_userdbpw, {}, "\n"))));
    CHECK(run_tool(sub_userdbpw, {}, "") == Outcome{1, "", ""});
    CHECK(auth::password_matches("a\r", made_by(run_tool(sub_userdbpw, {}, "a\r\nb\n"))));
    const auto at = [](std::size_t size) {
        return made_by(run_tool(sub_userdbpw, {"-hmac-md5"}, std::string(size, 'p') + "\n"));
    };
    CHECK(at(8190) != at(8191));
    CHECK(at(8191) == at(8192));
    const auto too_long = run_tool(sub_userdbpw, {}, std::string(512, 'p'));
    CHECK(too_long.code == 1);
    CHECK(too_long.out.empty());
    CHECK_FALSE(too_long.err.empty());
}

TEST_CASE("lines are left for the next reader") {
    const auto pipe = pipe_with("one\n\nthree");
    CHECK(read_line(pipe.get()) == "one");
    CHECK(read_line(pipe.get()) == "");
    CHECK(read_line(pipe.get()) == "three");
    CHECK_FALSE(read_line(pipe.get()));
}

/// Both ends of a terminal.
struct Terminal {
    Terminal() : master(::posix_openpt(O_RDWR | O_NOCTTY)) {
        ::grantpt(master.get());
        ::unlockpt(master.get());
        slave = Descriptor(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY));
    }
    bool echoes() const {
        termios settings{};
        ::tcgetattr(slave.get(), &settings);
        return (settings.c_lflag & ECHO) != 0;
    }

    Descriptor master;
    Descriptor slave;
};

TEST_CASE("on a terminal a password is typed twice, unseen") {
    const Terminal terminal;
    REQUIRE(terminal.slave);
    REQUIRE(terminal.echoes());
    std::thread typist([&] {
        while (terminal.echoes()) {
            std::this_thread::yield();
        }
        const std::string_view typed = "secret\nsecret2\nright\nright\n";
        CHECK(::write(terminal.master.get(), typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
    });
    std::ostringstream prompts;
    const auto password = read_password(terminal.slave.get(), prompts);
    typist.join();
    CHECK(password == "right");
    CHECK(prompts.str() ==
          "Password: \nReenter password: \nPasswords don't match.\n\nPassword: \nReenter password: \n");
    CHECK(terminal.echoes());
}

}  // namespace
}  // namespace postrider::cli
