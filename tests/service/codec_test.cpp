// Bytes of structs: what Encoder writes is fixed, and Decoder takes nothing else.
#include "service/codec.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace postrider::service {
namespace {

using namespace std::string_literals;

enum class Colour : std::uint8_t { red, green };
constexpr Colour last_value(Colour) {
    return Colour::green;
}
enum class Wide { none, all };  // of an int's size
constexpr Wide last_value(Wide) {
    return Wide::all;
}

TEST_CASE("numbers are little-endian in their own size, text and lists begin with a count, an optional with 0 or 1") {
    CHECK(encoded(std::uint8_t{0xFE}) == "\xFE");
    CHECK(encoded(std::uint16_t{0x0102}) == "\x02\x01");
    CHECK(encoded(std::uint32_t{0xF1020304}) == "\x04\x03\x02\xF1");
    CHECK(encoded(std::int64_t{-2}) == "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
    CHECK(encoded(true) == "\x01");
    CHECK(encoded(Colour::green) == "\x01");
    CHECK(encoded(Wide::all) == "\x01\0\0\0"s);
    CHECK(encoded("ab"s) == "\x02\0\0\0ab"s);
    CHECK(encoded(std::vector<std::uint16_t>{1, 2}) == "\x02\0\0\0\x01\0\x02\0"s);
    CHECK(encoded(std::optional<std::uint8_t>{}) == "\0"s);
    CHECK(encoded(std::optional<std::uint8_t>{7}) == "\x01\x07");
    CHECK(encoded(std::chrono::seconds(3)) == "\x03\0\0\0\0\0\0\0"s);
}

template <class T>
void comes_back(const T& value) {
    const auto back = decoded<T>(encoded(value));
    REQUIRE(back.has_value());
    CHECK(*back == value);
}

TEST_CASE("the ends of every number's range come back") {
    comes_back(std::numeric_limits<std::uint64_t>::max());
    comes_back(std::numeric_limits<std::int64_t>::min());
    comes_back(std::numeric_limits<std::int64_t>::max());
    comes_back(std::numeric_limits<std::uint32_t>::max());
    comes_back(std::numeric_limits<std::uint16_t>::max());
    comes_back(std::chrono::seconds::min());
    comes_back(std::chrono::steady_clock::duration::max());
    comes_back(""s);
    comes_back("\0\n\xFF"s);
    comes_back(std::vector<std::string>{});
    comes_back(std::vector<std::string>{"", "a", ""});
    comes_back(std::optional<std::string>(""));
}

TEST_CASE("a bool is 0 or 1, an optional too, an enum one of its values") {
    CHECK(decoded<bool>("\0"s) == false);
    CHECK(decoded<bool>("\x01") == true);
    CHECK_FALSE(decoded<bool>("\x02").has_value());
    CHECK_FALSE(decoded<bool>("\xFF").has_value());
    CHECK_FALSE(decoded<std::optional<std::uint8_t>>("\x02\x07").has_value());
    CHECK_FALSE(decoded<std::optional<std::uint8_t>>("\0\x07"s).has_value());
    CHECK((decoded<Colour>("\x01") == Colour::green));
    CHECK_FALSE(decoded<Colour>("\x02").has_value());
    CHECK_FALSE(decoded<Colour>("\xFF").has_value());
    CHECK_FALSE(decoded<Wide>("\x02\0\0\0"s).has_value());
    CHECK_FALSE(decoded<Wide>("\x01\0\0\x80"s).has_value());
}

TEST_CASE("nothing is missing, and nothing follows") {
    CHECK_FALSE(decoded<std::uint32_t>("\x01\0\0"s).has_value());
    CHECK_FALSE(decoded<std::uint32_t>("\x01\0\0\0\0"s).has_value());
    CHECK_FALSE(decoded<std::string>("").has_value());
    CHECK_FALSE(decoded<std::string>("\x02\0\0\0a"s).has_value());
    CHECK_FALSE(decoded<std::string>("\x02\0\0\0abc"s).has_value());
    CHECK_FALSE(decoded<std::vector<std::uint8_t>>("\x02\0\0\0a"s).has_value());
    CHECK_FALSE(decoded<std::vector<std::uint8_t>>("\x02\0\0\0abc"s).has_value());
}

TEST_CASE("memory is for what is there, not for what a count says") {
    const std::string most = "\xFF\xFF\xFF\xFF";
    CHECK_FALSE(decoded<std::string>(most + "abc").has_value());
    const std::string bytes = most + std::string(1000, '\0');
    Decoder decoder(bytes);
    std::vector<std::string> list;
    decoder& list;
    CHECK_FALSE(decoder.is_whole());
    CHECK(list.empty());
    // A count that the bytes would allow, were each element one byte.
    const std::string small = "\xE8\x03\0\0"s + std::string(1000, '\0');
    Decoder second(small);
    second& list;
    CHECK_FALSE(second.is_whole());
    CHECK(list.size() <= 251);
}

TEST_CASE("after the first wrong byte nothing is read any more") {
    Decoder decoder("\x02\x01\x01");
    bool wrong = false;
    bool right = false;
    decoder& wrong& right;
    CHECK_FALSE(right);
    CHECK_FALSE(decoder.is_whole());
}

TEST_CASE("bounded text is as long as its limit and no longer") {
    for (const std::size_t size : {4, 5, 6}) {
        std::string text(size, 'x');
        const std::string bytes = encoded(text);
        Decoder decoder(bytes);
        bounded(decoder, text, 5);
        CHECK(decoder.is_whole() == (size <= 5));
        std::optional<std::string> perhaps(text);
        const std::string optional_bytes = encoded(perhaps);
        Decoder second(optional_bytes);
        bounded(second, perhaps, 5);
        CHECK(second.is_whole() == (size <= 5));
    }
}

}  // namespace
}  // namespace postrider::service
