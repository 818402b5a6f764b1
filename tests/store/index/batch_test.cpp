// The file: what is written is found, whatever stood there before, and whoever changes it meanwhile.
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/index/file_check.hpp"
#include "store/index/index_folder.hpp"
#include "store/index/tree_reader.hpp"
#include "support/catch.hpp"

namespace postrider::store::index {
namespace {

using namespace testing;

/// How many of the UIDs are found with the value that batch_of gave them.
std::uint32_t found(const IndexFolder& index, std::uint32_t first, std::uint32_t count, std::size_t size) {
    const Descriptor file = opened(index.file());
    TreeReader reader(file.get());
    const Batch expected = batch_of(first, count, size);
    std::uint32_t good = 0;
    for (const auto& record : expected.records) {
        good += reader.find(record.key) == record.value ? 1 : 0;
    }
    return good;
}

TEST_CASE("records of every size are found again, by key and one after the other") {
    for (const std::size_t size : {0u, 1u, 900u, 2000u, 2100u, 4080u, 5000u, 65536u}) {
        IndexFolder index;
        const std::uint32_t count = size > 4096 ? 200 : 2000;
        REQUIRE(ok(index.write(batch_of(1, count, size))));
        CHECK(found(index, 1, count, size) == count);
        CHECK(found(index, count + 1, 1, size) == 0);
        const Descriptor file = opened(index.file());
        CHECK(ok(check_file(file.get(), most_bytes)));
        TreeReader reader(file.get());
        std::uint32_t uid = 0;
        for (bool more = reader.seek(key_of(7, RecordKind::header, Uid(0))); more; more = reader.next()) {
            CHECK(uid_in(reader.key()) == Uid(++uid));
            CHECK(reader.value()->size() == size);
        }
        CHECK(uid == count);
        CHECK_FALSE(reader.seek(key_of(8, RecordKind::header, Uid(0))));
    }
}

TEST_CASE("batches replace, remove, and remove folders") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 1000, 500))));
    REQUIRE(ok(index.write(batch_of(500, 1, 3000))));
    CHECK(found(index, 500, 1, 3000) == 1);
    Batch other;
    other.records = {{key_of(8, RecordKind::header, Uid(1)), "other"}};
    other.gone = {key_of(7, RecordKind::header, Uid(3)), key_of(7, RecordKind::header, Uid(33333))};
    REQUIRE(ok(index.write(other)));
    CHECK(found(index, 1, 1000, 500) == 998);
    Batch folder;
    folder.folders_gone = {7, 12345};
    REQUIRE(ok(index.write(folder)));
    CHECK(found(index, 1, 1000, 500) == 0);
    const Descriptor file = opened(index.file());
    TreeReader reader(file.get());
    CHECK(reader.find(key_of(8, RecordKind::header, Uid(1))) == "other");
    CHECK(ok(check_file(file.get(), most_bytes)));
}

TEST_CASE("a file after a thousand mixed batches passes the check") {
    IndexFolder index;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        Batch batch = batch_of(i * 37 % 500, 7, i * 131 % 6000);
        batch.gone = {key_of(7, RecordKind::header, Uid(i * 7 % 500))};
        REQUIRE(ok(index.write(batch)));
    }
    CHECK(ok(check_file(opened(index.file()).get(), most_bytes)));
    Batch all;
    all.folders_gone = {7};
    REQUIRE(ok(index.write(all)));
    CHECK(ok(check_file(opened(index.file()).get(), most_bytes)));
}

TEST_CASE("whatever stands in the file's place is begun anew") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 10, 100))));
    const fs::path file = index.file();
    SECTION("empty") {
        fs::resize_file(file, 0);
    }
    SECTION("cut off") {
        fs::resize_file(file, 4097);
    }
    SECTION("of zeros") {
        fs::resize_file(file, 0);
        fs::resize_file(file, 1 << 20);
    }
    SECTION("text") {
        std::ofstream(file) << std::string(100'000, 'x');
    }
    SECTION("a symbolic link") {
        fs::rename(file, index.folder / "elsewhere");
        fs::create_symlink(index.folder / "elsewhere", file);
    }
    SECTION("a file with a second name") {
        fs::create_hard_link(file, index.folder / "elsewhere");
    }
    SECTION("a FIFO") {
        fs::remove(file);
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    }
    SECTION("an index of another Maildir") {
        IndexFolder other;
        REQUIRE(ok(other.write(batch_of(1, 10, 100))));
        fs::remove(file);
        fs::copy_file(other.file(), file);
    }
    const auto written = index.write(batch_of(20, 10, 100));
    REQUIRE(ok(written));
    CHECK_FALSE(written->began_anew.empty());
    CHECK(found(index, 20, 10, 100) == 10);
    CHECK(found(index, 1, 10, 100) == 0);
}

TEST_CASE("a file that may not be read is begun anew") {
    if (::geteuid() == 0) {
        SUCCEED("root may read all");
        return;
    }
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 10, 100))));
    fs::permissions(index.file(), fs::perms::none);
    CHECK(ok(index.write(batch_of(20, 10, 100))));
    CHECK(found(index, 20, 10, 100) == 10);
}

TEST_CASE("a file that nobody touched goes on without a check, one that was touched with it") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 2000, 1000))));
    const auto spoil = [&] {
        // The last page of the first tree: LMDB would not notice on its way to another key.
        std::fstream file(index.file(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(5 * PageFile::page_size() + 12));
        file.write("\xFF\xFF\xFF\xFF", 4);
    };
    const auto before = index.known;
    spoil();
    auto written = index.write(batch_of(3000, 1, 10));
    REQUIRE(ok(written));
    CHECK_FALSE(written->began_anew.empty());
    REQUIRE(ok(index.write(batch_of(4000, 1, 10))));
    index.known = before;  // as another process that wrote earlier
    written = index.write(batch_of(4001, 1, 10));
    REQUIRE(ok(written));
    CHECK(written->began_anew.empty());
    CHECK(found(index, 4000, 2, 10) == 2);
}

TEST_CASE("a file left behind by a crash in the middle of a batch goes on") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 10, 100))));
    fs::rename(index.file(), index.file().parent_path() / busy_name);
    CHECK(ok(index.write(batch_of(20, 10, 100))));
    CHECK(found(index, 1, 10, 100) == 10);
    CHECK(found(index, 20, 10, 100) == 10);
    // With a file of the right name it is of no use.
    std::ofstream(index.file().parent_path() / busy_name) << "rest";
    CHECK(ok(index.write(batch_of(30, 10, 100))));
    CHECK(found(index, 1, 10, 100) == 10);
    CHECK_FALSE(fs::exists(index.file().parent_path() / busy_name));
}

TEST_CASE("a full file is begun anew with the batch that found no room") {
    IndexFolder index;
    index.limits.most_bytes = 1 << 20;
    REQUIRE(ok(index.write(batch_of(1, 350, 1000))));
    const auto written = index.write(batch_of(1000, 350, 1000));
    REQUIRE(ok(written));
    CHECK(written->began_anew == "INDEX_MAX_SIZE");
    CHECK(found(index, 1000, 350, 1000) == 350);
    CHECK(found(index, 1, 350, 1000) == 0);
    CHECK(fs::file_size(index.file()) <= 1 << 20);
}

TEST_CASE("one batch at a time, also of another process") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 10, 100))));
    const Descriptor other(::open(index.file().parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    CHECK(index.write(batch_of(20, 10, 100)).error().code == Code::in_use);
    CHECK(found(index, 1, 10, 100) == 10);
    REQUIRE(::flock(other.get(), LOCK_UN) == 0);
    CHECK(ok(index.write(batch_of(20, 10, 100))));
}

TEST_CASE("the folder can be removed at any moment") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 10, 100))));
    const Descriptor lost = opened(index.file());
    fs::remove_all(index.file().parent_path());
    REQUIRE(ok(index.write(batch_of(20, 10, 100))));
    CHECK(found(index, 20, 10, 100) == 10);
    TreeReader reader(lost.get());
    CHECK(reader.find(key_of(7, RecordKind::header, Uid(1))));
}

TEST_CASE("the folder is entered only as our own directory, and closed for others") {
    IndexFolder index;
    const fs::path folder = index.file().parent_path();
    SECTION("a symbolic link") {
        fs::create_directory(index.folder / "target");
        fs::create_directory_symlink(index.folder / "target", folder);
        CHECK(index.write(batch_of(1, 1, 1)).error().code == Code::not_permitted);
        CHECK(fs::is_empty(index.folder / "target"));
    }
    SECTION("a file") {
        index.folder.write(folder_name, "text");
        CHECK(index.write(batch_of(1, 1, 1)).error().code == Code::not_permitted);
    }
    SECTION("somebody else's") {
        if (::geteuid() != 0) {
            SUCCEED("only root can give a folder away");
            return;
        }
        fs::create_directory(folder);
        REQUIRE(::chown(folder.c_str(), 12345, 12345) == 0);
        CHECK(index.write(batch_of(1, 1, 1)).error().code == Code::not_permitted);
    }
    SECTION("open for everybody") {
        fs::create_directory(folder);
        fs::permissions(folder, fs::perms::all);
        CHECK(ok(index.write(batch_of(1, 1, 1))));
        CHECK(fs::status(folder).permissions() == fs::perms::owner_all);
    }
}

TEST_CASE("below INDEX_DIR each Maildir has a folder, made when there is something to write") {
    test::TempFolder above;
    Settings settings;
    settings.index_dir = above.path();
    IndexFolder index(settings);
    CHECK_FALSE(ok(open_data(index.place)));
    CHECK(fs::is_empty(above.path()));
    REQUIRE(ok(index.write(batch_of(1, 10, 100))));
    CHECK_FALSE(fs::exists(index.file()));
    CHECK(ok(open_data(index.place)));
    settings.index = false;
    CHECK_FALSE(Place::of(index.maildir.get(), settings));
}

}  // namespace
}  // namespace postrider::store::index
