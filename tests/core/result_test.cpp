#include "core/result.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "support/catch.hpp"

namespace postrider {
namespace {

Result<std::unique_ptr<int>> made(bool well) {
    if (!well) {
        return Error(Code::no_space, "disk full");
    }
    return std::make_unique<int>(7);
}

TEST_CASE("a result is a value or an error") {
    auto good = made(true);
    REQUIRE(good.has_value());
    CHECK(**good == 7);
    const auto bad = made(false);
    REQUIRE_FALSE(bad.has_value());
    CHECK(bad.error() == Error(Code::no_space, "disk full"));
    const Result<> nothing;
    CHECK(nothing.has_value());
    CHECK_THROWS_AS(bad.value(), std::runtime_error);
}

TEST_CASE("a parsed bool is not made from a syntax error, nor the other way round") {
    const Parsed<bool> no = false;
    CHECK(no.has_value());
    const Parsed<bool> wrong = SyntaxError{3, "digit expected"};
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error() == SyntaxError(3, "digit expected"));
    CHECK_THROWS_AS(wrong.value(), std::runtime_error);
}

TEST_CASE("system errors get the code that chooses the client's answer, and say what failed") {
    CHECK(system_error(ENOSPC, "write").code == Code::no_space);
    CHECK(system_error(EDQUOT, "write").code == Code::over_quota);
    CHECK(system_error(EACCES, "open").code == Code::not_permitted);
    CHECK(system_error(EPERM, "open").code == Code::not_permitted);
    CHECK(system_error(EROFS, "open").code == Code::not_permitted);
    CHECK(system_error(EEXIST, "mkdir").code == Code::already_exists);
    CHECK(system_error(ENAMETOOLONG, "mkdir").code == Code::invalid_name);
    CHECK(system_error(EMFILE, "open").code == Code::unavailable);
    CHECK(system_error(EIO, "read").code == Code::unavailable);
    CHECK(system_error(EBADF, "read").code == Code::internal);
    CHECK(system_error(ENOSPC, "write of cur/x").detail.starts_with("write of cur/x: "));
}

TEST_CASE("numbers of different kinds do not mix") {
    static_assert(!std::is_convertible_v<Uid, SeqNum>);
    static_assert(!std::is_convertible_v<std::uint32_t, Uid>);
    static_assert(!std::is_constructible_v<SeqNum, Uid>);
    static_assert(!std::is_constructible_v<UidValidity, Uid>);
    CHECK(Uid(7).next() == Uid(8));
    CHECK(Uid() < Uid(1));
    CHECK(std::hash<Uid>{}(Uid(5)) == std::hash<std::uint32_t>{}(5));
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

TEST_CASE("a descriptor is closed once, by its last owner") {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    {
        Descriptor first(fd);
        Descriptor second(std::move(first));
        CHECK_FALSE(first);  // NOLINT: moved-from is "none"
        CHECK(second.get() == fd);
        Descriptor third;
        third = std::move(second);
        CHECK(third.get() == fd);
        CHECK(is_open(fd));
    }
    CHECK_FALSE(is_open(fd));
    Descriptor given(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int released = given.release();
    CHECK_FALSE(given);
    CHECK(is_open(released));
    ::close(released);
}

}  // namespace
}  // namespace postrider
