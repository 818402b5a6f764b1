#include "auth/userdb_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "auth/temp_folder.hpp"
#include "auth/userdb_text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using test::read_file;
using test::TempFolder;

std::pair<uid_t, gid_t> owner_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return {status.st_uid, status.st_gid};
}

TEST_CASE("an editor that saves the file while it is being edited loses nothing") {
    const TempFolder folder;
    const auto path = folder.write("userdb", "a\tx=1\n");
    auto file = UserdbFile::open(path);
    REQUIRE(file.has_value());
    int times = 0;
    const auto edit = [&](const std::string& text) {
        if (++times == 1) {
            folder.write("userdb", "a\tx=1\nb\ty=1\n");
        }
        return std::optional(with_fields(text, "a", {"x=2"}));
    };
    CHECK_FALSE(file->change(edit));
    CHECK(times == 2);
    CHECK(read_file(path) == "a\tx=2\nb\ty=1\n");
    const auto always = [&](const std::string& text) {
        folder.write("userdb", text + "c\n");
        return std::optional(std::string("lost"));
    };
    CHECK(file->change(always));
    CHECK(read_file(path).starts_with("a\tx=2\nb\ty=1\nc\n"));
    CHECK_FALSE(std::filesystem::exists(folder / ".tmp.userdb"));
}

TEST_CASE("what is no file is refused without a lock beside it") {
    const TempFolder folder;
    std::filesystem::create_directory(folder / "folder");
    std::filesystem::create_symlink("folder", folder / "link");
    const auto file = UserdbFile::open(folder / "link");
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().exit_code == 25);
    CHECK(file.error().message == (folder / "folder") + ": not a file.");
    CHECK_FALSE(std::filesystem::exists(folder / ".lock.folder"));
}

TEST_CASE("what root changes stays its owner's") {
    if (::geteuid() != 0) {
        return;  // nobody else can give files away
    }
    const TempFolder folder;
    const auto path = folder.write("userdb", "a\tx=1\n");
    REQUIRE(::chown(path.c_str(), 20001, 20002) == 0);
    auto file = UserdbFile::open(path);
    REQUIRE(file.has_value());
    CHECK_FALSE(file->change([](const std::string&) { return std::optional(std::string("new")); }));
    CHECK(read_file(path) == "new");
    CHECK(owner_of(path) == std::pair<uid_t, gid_t>(20001, 20002));
}

}  // namespace
}  // namespace postrider::auth
