// The mark: what was set is found by the next one alone; in any doubt nothing is.
#include "store/index/state_mark.hpp"

#include <sys/resource.h>

#include <filesystem>

#include "store/index/index_folder.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

namespace postrider::store::index {
namespace {

using namespace testing;

constexpr ModSeq some{0x0123'4567'89AB'CDEF};

fs::path mark_of(const IndexFolder& place) {
    return fs::path(place.folder.path()) / folder_name / "7";
}

ModSeq found(const IndexFolder& place) {
    return StateMark(place.place, 7).found();
}

TEST_CASE("a mark that was set is found by the next one") {
    const IndexFolder place;
    {
        StateMark mark(place.place, 7);
        CHECK(mark.found() == ModSeq());
        CHECK(mark.is_ours());
        mark.set(some);
    }
    CHECK(found(place) == some);
    CHECK(StateMark(place.place, 8).found() == ModSeq());
    StateMark(place.place, 7).clear();
    CHECK(found(place) == ModSeq());
}

TEST_CASE("of two marks at a time neither is found") {
    const IndexFolder place;
    StateMark(place.place, 7).set(some);
    StateMark one(place.place, 7);
    StateMark two(place.place, 7);
    CHECK(two.found() == ModSeq());
    CHECK_FALSE(two.is_ours());
    one.set(some);
    CHECK(found(place) == ModSeq());
    SECTION("a third one's goes when one of them tells something") {
        StateMark third(place.place, 7);
        third.set(some);
        SECTION("the first") {
            one.clear();
        }
        SECTION("the second") {
            two.clear();
        }
        CHECK_FALSE(fs::exists(mark_of(place)));
    }
    one.clear();
    CHECK_FALSE(one.is_ours());
}

TEST_CASE("a mark that cannot be written is removed") {
    const IndexFolder place;
    StateMark mark(place.place, 7);
    {
        const store::maildir::testing::FileSizeLimit full(0);
        SECTION("set") {
            mark.set(some);
        }
        SECTION("clear") {
            mark.clear();
        }
    }
    CHECK_FALSE(mark.is_ours());
    CHECK_FALSE(fs::exists(mark_of(place)));
}

TEST_CASE("what is no mark is none") {
    const IndexFolder place;
    StateMark(place.place, 7).set(some);
    SECTION("cut off") {
        fs::resize_file(mark_of(place), 15);
    }
    SECTION("restored from a backup") {
        fs::copy_file(mark_of(place), mark_of(place).string() + "0");
        fs::rename(mark_of(place).string() + "0", mark_of(place));
    }
    SECTION("a link") {
        fs::rename(mark_of(place), mark_of(place).string() + "0");
        fs::create_symlink("70", mark_of(place));
    }
    SECTION("a file of two names") {
        fs::create_hard_link(mark_of(place), mark_of(place).string() + "0");
    }
    SECTION("a directory") {
        fs::remove(mark_of(place));
        fs::create_directory(mark_of(place));
    }
    CHECK(found(place) == ModSeq());
}

TEST_CASE("a mark can be removed without being opened") {
    const IndexFolder place;
    StateMark(place.place, 7).set(some);
    StateMark::remove(place.place, 7);
    CHECK_FALSE(fs::exists(mark_of(place)));
    StateMark::remove(place.place, 7);
}

}  // namespace
}  // namespace postrider::store::index
