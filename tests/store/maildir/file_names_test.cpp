// Names by their bases, against a std::map.
#include "store/maildir/file_names.hpp"

#include <map>
#include <random>
#include <string>

#include "support/catch.hpp"

using namespace postrider::store::maildir;

namespace {

using Reference = std::map<std::string, std::string>;  ///< base -> suffix

Reference all_of(const FileNames& names) {
    Reference all;
    for (FileNames::Id id = 0; id < names.ids(); ++id) {
        if (!names.is_removed(id)) {
            all.emplace(names.base(id), names.suffix(id));
            CHECK(names.name(id) == std::string(names.base(id)) + std::string(names.suffix(id)));
        }
    }
    return all;
}

}  // namespace

TEST_CASE("a name is found by its base, whatever its suffix becomes") {
    FileNames names;
    CHECK(names.empty());
    CHECK_FALSE(names.find("a"));
    const auto a = names.add("a", "");
    const auto b = names.add("b", ":2,S");
    CHECK(names.find("a") == a);
    CHECK(names.name(b) == "b:2,S");
    for (const std::string suffix : {":2,", ":2,DFPRST", "", ":2,DFRSTabcdefghijklmnopqrstuvwxyz", ":2,F"}) {
        names.set_suffix(a, suffix);
        CHECK(names.name(a) == "a" + suffix);
        CHECK(names.name(b) == "b:2,S");
    }
}

TEST_CASE("the longest names fill blocks without crossing them") {
    FileNames names;
    for (int i = 0; i < 2000; ++i) {
        auto base = std::to_string(i);
        base.resize(most_name_bytes, 'x');
        names.add(base, std::string(most_name_bytes, 's'));
    }
    for (FileNames::Id id = 0; id < names.ids(); ++id) {
        CHECK(names.base(id).size() == most_name_bytes);
        CHECK(names.suffix(id) == std::string(most_name_bytes, 's'));
        CHECK(names.find(names.base(id)) == id);
    }
}

TEST_CASE("names are added, removed, renamed and taken back like those of a map") {
    std::mt19937 random(7);
    const auto below = [&](std::uint32_t limit) {
        return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random);
    };
    FileNames names;
    Reference wanted;
    for (int step = 0; step < 50000; ++step) {
        const auto base = "base" + std::to_string(below(3000));
        const auto id = names.find(base);
        REQUIRE(id.has_value() == wanted.contains(base));
        const std::string suffix(below(12), 'F');
        if (!id) {
            REQUIRE(names.base(names.add(base, suffix)) == base);
            wanted[base] = suffix;
            if (below(10) == 0) {
                names.take_back();
                wanted.erase(base);
            }
        } else if (below(3) == 0) {
            names.set_suffix(*id, suffix);
            wanted[base] = suffix;
        } else {
            names.remove(*id);
            wanted.erase(base);
        }
        REQUIRE(names.size() == wanted.size());
        if (names.ids() > 2 * names.size() + 100) {
            names.take_out_removed();
            REQUIRE(names.ids() == names.size());
        }
    }
    CHECK(all_of(names) == wanted);
}
