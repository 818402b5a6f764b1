#include "config/config.hpp"
#include "config/folder.hpp"
#include "support/catch.hpp"

namespace postrider::config {
namespace {

using namespace std::chrono_literals;

TEST_CASE("what steers a running server: defaults") {
    const Folder folder;
    const auto settings = load_control(folder.path());
    CHECK(settings.socket == "/run/postrider/control");
    CHECK(settings.shutdown_time == 10s);
    CHECK_THROWS_AS(load_control(folder.path() / "none"), ConfigError);
}

TEST_CASE("what steers a running server is read past mistakes elsewhere") {
    const Folder folder;
    folder.write("imapd", "MAXPERIP=many\nif broken");
    folder.write("postrider", "LOG=nowhere\nCONTROL_SOCKET=/x/control\nSHUTDOWN_TIME=77\n");
    CHECK_THROWS_AS(load(folder.path()), ConfigError);
    const auto settings = load_control(folder.path());
    CHECK(settings.socket == "/x/control");
    CHECK(settings.shutdown_time == 77s);
    folder.write("postrider", "CONTROL_SOCKET=\n");
    CHECK(load_control(folder.path()).socket.empty());
}

TEST_CASE("what steers a running server is checked as by the server") {
    const Folder folder;
    for (const char* wrong : {"CONTROL_SOCKET=control", "SHUTDOWN_TIME=3601", "SHUTDOWN_TIME=", "if broken"}) {
        folder.write("postrider", std::string(wrong) + '\n');
        INFO(wrong);
        CHECK_THROWS_AS(load_control(folder.path()), ConfigError);
        CHECK_THROWS_AS(load(folder.path()), ConfigError);
    }
}

}  // namespace
}  // namespace postrider::config
