// What is left of the file system. Where the kernel has Landlock, a Landlock that is not on is a failure.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/temp_folder.hpp"
#include "core/descriptor.hpp"
#include "service/in_child.hpp"
#include "service/privilege.hpp"
#include "service/sandbox.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

namespace fs = std::filesystem;
using test::Findings;
using test::in_child;
using test::TempFolder;

/// Below 2: none that would let a Maildir work.
long landlock_version() {
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool has_landlock(long version = 2) {
    if (landlock_version() >= version) {
        return true;
    }
    WARN("skipped: this kernel has no Landlock of version " << version);
    return false;
}

void restrict_to(const std::vector<std::string>& roots, Findings& findings) {
    findings.expect(forbid_new_privileges().has_value(), "forbid_new_privileges");
    const auto done = restrict_files(roots);
    findings.expect(done && *done == Sandbox::on, done ? "Landlock is off" : done.error().detail);
}

int open_for_reading(const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

int make_file(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/// Two accounts' Maildirs, and what is none of theirs.
struct Site {
    Site() {
        for (const std::string& maildir : {one, two}) {
            for (const char* name : {"/tmp", "/new", "/cur", "/.shared"}) {
                fs::create_directories(maildir + name);
            }
        }
        folder.write("one/cur/mail", "text");
        folder.write("one/program", "no format that the kernel runs", 0700);  // ENOEXEC, were it allowed
        folder.write("secret", "text");
        fs::create_directory_symlink("../two/.shared", one + "/.link");
    }

    TempFolder folder;
    std::string one = folder / "one";
    std::string two = folder / "two";
    std::string secret = folder / "secret";
};

TEST_CASE("below the roots files can be made, read, moved, linked, cut and removed") {
    if (!has_landlock()) {
        return;
    }
    const Site site;
    CHECK(in_child([&](Findings& findings) {
              restrict_to({site.one, site.two}, findings);
              const auto& [one, two] = std::pair(site.one, site.two);
              findings.expect(0, "read", open_for_reading(one + "/cur/mail"));
              findings.expect(0, "list", ::open((one + "/cur").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
              findings.expect(0, "make", make_file(one + "/tmp/new"));
              findings.expect(0, "deliver", ::rename((one + "/tmp/new").c_str(), (one + "/cur/new").c_str()));
              findings.expect(0, "link", ::link((one + "/cur/new").c_str(), (two + "/cur/new").c_str()));
              findings.expect(0, "cut", ::truncate((one + "/cur/new").c_str(), 0));
              findings.expect(0, "unlink", ::unlink((one + "/cur/new").c_str()));
              findings.expect(0, "mkdir", ::mkdir((one + "/tmp/folder").c_str(), 0700));
              findings.expect(0, "move", ::rename((one + "/tmp/folder").c_str(), (one + "/.folder").c_str()));
              findings.expect(0, "rmdir", ::rmdir((one + "/.folder").c_str()));
              findings.expect(0, "shared folder", ::rename((one + "/.link").c_str(), (one + "/.moved").c_str()));
          }) == "");
}

TEST_CASE("outside the roots nothing can be opened, made, moved, linked or removed") {
    if (!has_landlock()) {
        return;
    }
    const Site site;
    CHECK(in_child([&](Findings& findings) {
              restrict_to({site.one}, findings);
              const auto inside = site.one + "/cur/x";
              for (const std::string& path :
                   {std::string("/etc/passwd"), site.secret, site.one + "/../secret", site.two + "/cur"}) {
                  findings.expect(EACCES, "open " + path, open_for_reading(path));
              }
              findings.expect(EACCES, "the shared folder", open_for_reading(site.one + "/.link"));
              findings.expect(EACCES, "make", make_file(site.two + "/cur/x"));
              findings.expect(EACCES, "mkdir", ::mkdir((site.two + "/.x").c_str(), 0700));
              findings.expect(EACCES, "unlink", ::unlink(site.secret.c_str()));
              findings.expect(EACCES, "move in", ::rename(site.secret.c_str(), inside.c_str()));
              findings.expect(EXDEV, "link in", ::link(site.secret.c_str(), inside.c_str()));
              findings.expect(EACCES, "move out",
                              ::rename((site.one + "/cur/mail").c_str(), (site.folder / "x").c_str()));
              findings.expect(EACCES, "the root itself", ::rename(site.one.c_str(), (site.folder / "x").c_str()));
          }) == "");
}

TEST_CASE("below the roots nothing can be run, and no FIFO or socket be made") {
    if (!has_landlock()) {
        return;
    }
    const Site site;
    CHECK(in_child([&](Findings& findings) {
              sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
              std::snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", site.one.c_str());
              const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
              restrict_to({site.one}, findings);
              const auto program = site.one + "/program";
              findings.expect(EACCES, "run", ::execl(program.c_str(), program.c_str(), nullptr));
              findings.expect(EACCES, "FIFO", ::mkfifo((site.one + "/fifo").c_str(), 0600));
              findings.expect(EACCES, "socket",
                              ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
          }) == "");
}

TEST_CASE("a file outside is not cut (version 3)") {
    if (!has_landlock(3)) {
        return;
    }
    const Site site;
    CHECK(in_child([&](Findings& findings) {
              restrict_to({site.one}, findings);
              findings.expect(EACCES, "cut", ::truncate(site.secret.c_str(), 0));
          }) == "");
}

TEST_CASE("no TCP connection, no TCP listener (version 4)") {
    if (!has_landlock(4)) {
        return;
    }
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {::htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener.get(), any, size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), any, &size) == 0);
    CHECK(in_child([&](Findings& findings) {
              restrict_to({}, findings);
              const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
              findings.expect(EACCES, "connect", ::connect(socket.get(), any, size));
              address.sin_port = 0;
              findings.expect(EACCES, "bind", ::bind(socket.get(), any, size));
          }) == "");
}

TEST_CASE("a device below the roots is not spoken to (version 5)") {
    if (!has_landlock(5)) {
        return;
    }
    const Site site;
    const auto device = site.one + "/null";
    if (::mknod(device.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) != 0 ||
        Descriptor(open_for_reading(device)).get() < 0) {
        WARN("skipped: no device can be made here");
        return;
    }
    CHECK(in_child([&](Findings& findings) {
              restrict_to({site.one}, findings);
              const Descriptor file(open_for_reading(device));
              termios settings{};
              findings.expect(0, "open", file.get());
              findings.expect(EACCES, "ioctl", ::ioctl(file.get(), TCGETS, &settings));
          }) == "");
}

TEST_CASE("nobody outside is signalled, no abstract socket connected to (version 6)") {
    if (!has_landlock(6)) {
        return;
    }
    const Site site;
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path + 1, site.one.c_str(), sizeof address.sun_path - 2);
    const auto* const any = reinterpret_cast<const sockaddr*>(&address);
    const Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(listener.get(), any, sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    CHECK(in_child([&](Findings& findings) {
              const pid_t parent = ::getppid();
              restrict_to({site.one}, findings);
              const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
              findings.expect(EPERM, "connect", ::connect(socket.get(), any, sizeof address));
              findings.expect(EPERM, "signal", ::kill(parent, 0));
          }) == "");
}

TEST_CASE("threads that start later are restricted too") {
    if (!has_landlock()) {
        return;
    }
    const Site site;
    CHECK(in_child([&](Findings& findings) {
              restrict_to({site.one}, findings);
              const std::jthread later([&] { findings.expect(EACCES, "open", open_for_reading(site.secret)); });
          }) == "");
}

TEST_CASE("a root that is missing, or is a file, is an error") {
    if (!has_landlock()) {
        return;
    }
    const Site site;
    CHECK(in_child([&](Findings& findings) {
              for (const std::string& missing : {site.folder / "none", site.secret, std::string()}) {
                  const auto done = restrict_files(std::vector{site.one, missing});
                  findings.expect(!done && done.error().code == Code::no_such_mailbox, "root " + missing);
              }
              findings.expect(0, "nothing is restricted", open_for_reading(site.secret));
          }) == "");
}

}  // namespace
}  // namespace postrider::service
