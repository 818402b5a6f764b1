// The settings of the index.
#include <string>

#include "config/config.hpp"
#include "config/folder.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

namespace {

store::Settings with(const std::string& text) {
    const Folder folder;
    folder.write("postrider", text);
    return load(folder.path()).settings.store;
}

bool is_refused(const std::string& text) {
    try {
        static_cast<void>(with(text));
    } catch (const ConfigError&) {
        return true;
    }
    return false;
}

TEST_CASE("the index is on, in the Maildir, up to 4 GiB") {
    const auto settings = with("");
    CHECK(settings.index);
    CHECK(settings.index_dir.empty());
    CHECK(settings.index_most_bytes == std::uint64_t{4} << 30);
    CHECK_FALSE(with("INDEX=0").index);
}

TEST_CASE("the folder of all indexes is absolute") {
    CHECK(with("INDEX_DIR=").index_dir.empty());
    CHECK(with("INDEX_DIR=/var/cache/mail").index_dir == "/var/cache/mail");
    CHECK(with("INDEX_DIR=/var//cache/./mail//").index_dir == "/var/cache/mail");
    for (const char* bad : {"/", "//", "cache", "./cache", "/..", "/a/.."}) {
        CAPTURE(bad);
        CHECK(is_refused("INDEX_DIR=" + std::string(bad)));
    }
}

TEST_CASE("the size of an index has limits") {
    CHECK(with("INDEX_MAX_SIZE=16").index_most_bytes == std::uint64_t{16} << 20);
    CHECK(with("INDEX_MAX_SIZE=1048576").index_most_bytes == std::uint64_t{1} << 40);
    for (const char* bad : {"15", "1048577", "0", "-1", "1G", ""}) {
        CAPTURE(bad);
        CHECK(is_refused("INDEX_MAX_SIZE=" + std::string(bad)));
    }
}

}  // namespace
