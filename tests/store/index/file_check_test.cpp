// Files that somebody spoiled: what the check lets through, LMDB can write to; what it does not, nobody gives to LMDB;
// and readers get through every file.
#include "store/index/file_check.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "store/index/index_folder.hpp"
#include "store/index/pages.hpp"
#include "store/index/tree_reader.hpp"
#include "support/catch.hpp"

namespace postrider::store::index {
namespace {

using namespace testing;

std::string content_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// An index of some pages of every kind: branches, leaves, runs for big values, a free list.
std::string seed_bytes(IndexFolder& index) {
    for (std::uint32_t i = 0; i < 20; ++i) {
        Batch batch = batch_of(i * 12, 12, i % 3 == 0 ? 2500 : 300);
        batch.gone = {key_of(7, RecordKind::header, Uid(i * 5))};
        REQUIRE(ok(index.write(batch)));
    }
    return content_of(index.file());
}

/// Everything that a reader does.
void read_all(int fd) {
    TreeReader reader(fd);
    std::size_t seen = 0;
    for (bool more = reader.seek(key_of(0, RecordKind::file, Uid())); more; more = reader.next()) {
        seen += reader.value().value_or("").size();
    }
    for (std::uint32_t uid = 0; uid < 300; uid += 7) {
        seen += reader.find(key_of(7, RecordKind::header, Uid(uid))).value_or("").size();
    }
    CHECK(seen < 1ull << 40);
}

void write_over(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class Spoiler {
public:
    Spoiler(const std::string& seed, std::uint64_t number) : bytes_(seed), chance_(number) {}

    std::string spoiled() {
        const auto changes = 1 + below(3);
        for (std::size_t i = 0; i < changes; ++i) {
            change();
        }
        return bytes_;
    }

private:
    std::size_t below(std::size_t most) { return static_cast<std::size_t>(chance_() % most); }

    void change() {
        // Mostly where the numbers are: the beginning of a page, or its entries.
        const std::size_t pages = bytes_.size() / PageFile::page_size();
        const std::size_t page = below(4) == 0 ? below(2) : below(pages);
        const std::size_t reach = below(3) == 0 ? PageFile::page_size() : below(2) == 0 ? 48 : 160;
        char* at = bytes_.data() + page * PageFile::page_size() + below(reach);
        switch (below(4)) {
            case 0:
                *at = static_cast<char>(chance_());
                break;
            case 1:
                *at = static_cast<char>(*at ^ (1 << below(8)));
                break;
            case 2:
                *at = "\x00\x01\x7F\x80\xFF"[below(5)];
                break;
            default: {  // a page for another
                const std::size_t from = below(pages) * PageFile::page_size();
                bytes_.replace(page * PageFile::page_size(), PageFile::page_size(),
                               bytes_.substr(from, PageFile::page_size()));
            }
        }
    }

    std::string bytes_;
    std::mt19937_64 chance_;
};

TEST_CASE("thousands of spoiled files: readers come to an end, and LMDB survives what the check lets through") {
    IndexFolder index;
    const std::string seed = seed_bytes(index);
    REQUIRE(seed.size() / PageFile::page_size() > 20);
    std::size_t passed = 0;
    for (std::uint64_t number = 0; number < 4000; ++number) {
        write_over(index.file(), Spoiler(seed, number).spoiled());
        const Descriptor file = opened(index.file());
        read_all(file.get());
        passed += check_file(file.get(), most_bytes) ? 1 : 0;
        index.known.reset();
        Batch batch = batch_of(static_cast<std::uint32_t>(number % 300), 9, number % 5000);
        batch.gone = {key_of(7, RecordKind::header, Uid(static_cast<std::uint32_t>(number % 200)))};
        if (number % 10 == 0) {
            batch.folders_gone = {7};
        }
        REQUIRE(ok(index.write(batch)));
        const auto after = check_file(opened(index.file()).get(), most_bytes);
        INFO(number << ": " << (after ? "" : after.error().detail));
        REQUIRE(ok(after));
    }
    CHECK(passed > 100);  // changes of values alone
    CHECK(passed < 3900);
}

TEST_CASE("files cut at each page, and random bytes") {
    IndexFolder index;
    const std::string seed = seed_bytes(index);
    std::mt19937_64 chance(5);
    for (std::size_t size = 0; size < seed.size(); size += PageFile::page_size() / 2) {
        write_over(index.file(), seed.substr(0, size));
        const Descriptor file = opened(index.file());
        read_all(file.get());
        CHECK_FALSE(ok(check_file(file.get(), most_bytes)));
        std::string noise = seed.substr(0, 2 * PageFile::page_size()) + std::string(size, '\0');
        for (std::size_t i = 2 * PageFile::page_size(); i + 8 <= noise.size(); i += 8) {
            const std::uint64_t word = chance();
            std::memcpy(noise.data() + i, &word, sizeof word);
        }
        write_over(index.file(), noise);
        read_all(file.get());
    }
}

/// One rule each: the change, and what the check says of it.
struct Rule {
    const char* what;
    void (*spoil)(std::string& bytes, std::size_t leaf);
};

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}
template <class T>
T get(const std::string& bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

constexpr std::size_t free_tree = 40;  // in a meta page
constexpr std::size_t main_tree = 88;

constexpr Rule rules[] = {
    {"no meta pages", [](std::string& bytes, std::size_t) { put<std::uint32_t>(bytes, 16, 1); }},
    {"no meta pages", [](std::string& bytes, std::size_t) { put<std::uint32_t>(bytes, free_tree, 8192); }},
    {"no meta pages", [](std::string& bytes, std::size_t) { put<std::uint16_t>(bytes, 4096 + 10, 2); }},
    {"more pages than can be",
     [](std::string& bytes, std::size_t) {
         put<std::uint64_t>(bytes, 136, 1 << 30);
         put<std::uint64_t>(bytes, 4096 + 136, 1 << 30);
     }},
    {"a transaction that cannot be", [](std::string& bytes, std::size_t) { put<std::uint64_t>(bytes, 144, ~0ull); }},
    {"another kind of free list",
     [](std::string& bytes, std::size_t) {
         put<std::uint16_t>(bytes, free_tree + 4, 9);
         put<std::uint16_t>(bytes, 4096 + free_tree + 4, 9);
     }},
    {"another kind of database",
     [](std::string& bytes, std::size_t) {
         put<std::uint16_t>(bytes, main_tree + 4, 4);
         put<std::uint16_t>(bytes, 4096 + main_tree + 4, 4);
     }},
    {"a wrong depth",
     [](std::string& bytes, std::size_t) {
         put<std::uint16_t>(bytes, main_tree + 6, 99);
         put<std::uint16_t>(bytes, 4096 + main_tree + 6, 99);
     }},
    {"wrong counts",
     [](std::string& bytes, std::size_t) {
         put<std::uint64_t>(bytes, main_tree + 32, 1);
         put<std::uint64_t>(bytes, 4096 + main_tree + 32, 1);
     }},
    {"another page's number", [](std::string& bytes, std::size_t leaf) { put<std::uint64_t>(bytes, leaf, 3); }},
    {"no leaf", [](std::string& bytes, std::size_t leaf) { put<std::uint16_t>(bytes, leaf + 10, 0x22); }},
    {"a page without entries", [](std::string& bytes, std::size_t leaf) { put<std::uint16_t>(bytes, leaf + 12, 16); }},
    {"an entry outside its page",
     [](std::string& bytes, std::size_t leaf) { put<std::uint16_t>(bytes, leaf + 16, 4092); }},
    {"entries that overlap",
     [](std::string& bytes, std::size_t leaf) {
         put<std::uint16_t>(bytes, leaf + 16, get<std::uint16_t>(bytes, leaf + 18));
     }},
    {"entries that do not fill their page",
     [](std::string& bytes, std::size_t leaf) {
         const std::size_t entry = leaf + get<std::uint16_t>(bytes, leaf + 16);
         put<std::uint32_t>(bytes, entry, get<std::uint32_t>(bytes, entry) - 2);
     }},
    {"an entry of another kind",
     [](std::string& bytes, std::size_t leaf) {
         put<std::uint16_t>(bytes, leaf + get<std::uint16_t>(bytes, leaf + 16) + 4, 2);
     }},
    {"keys that do not rise",
     [](std::string& bytes, std::size_t leaf) { bytes[leaf + get<std::uint16_t>(bytes, leaf + 16) + 8] = '\x7F'; }},
};

TEST_CASE("each rule of the check is needed") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 100, 300))));
    REQUIRE(ok(index.write(batch_of(200, 100, 300))));
    const std::string seed = content_of(index.file());
    std::size_t leaf = 0;
    for (std::size_t page = 0; page < seed.size(); page += PageFile::page_size()) {
        const Page here(std::string_view(seed).substr(page, PageFile::page_size()));
        const auto key = key_of(7, RecordKind::header, Uid(220));
        for (std::size_t i = 0; page > 4096 && here.is(PageKind::leaf) && i < here.count(); ++i) {
            leaf = here.node(i)->key == key ? page : leaf;
        }
    }
    REQUIRE(leaf != 0);
    for (const Rule& rule : rules) {
        std::string bytes = seed;
        rule.spoil(bytes, leaf);
        write_over(index.file(), bytes);
        const auto checked = check_file(opened(index.file()).get(), most_bytes);
        INFO(rule.what);
        REQUIRE_FALSE(ok(checked));
        CHECK(checked.error().detail.substr(0, std::strlen(rule.what)) == rule.what);
    }
}

TEST_CASE("a hole behind the pages does not make room for more of them") {
    IndexFolder index;
    REQUIRE(ok(index.write(batch_of(1, 100, 300))));
    std::string bytes = content_of(index.file());
    put<std::uint64_t>(bytes, 136, 1 << 30);
    put<std::uint64_t>(bytes, 4096 + 136, 1 << 30);
    write_over(index.file(), bytes);
    fs::resize_file(index.file(), std::uint64_t{1} << 43);
    const auto checked = check_file(opened(index.file()).get(), most_bytes);
    REQUIRE_FALSE(ok(checked));
    CHECK(checked.error().detail.starts_with("more pages than can be"));
}

}  // namespace
}  // namespace postrider::store::index
