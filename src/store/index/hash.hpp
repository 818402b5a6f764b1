// A fast hash of bytes, the same on every machine and in every version: for checksums, names and content. It is no
// guard against somebody who chooses the bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace postrider::store::index {

namespace detail {

inline constexpr std::uint64_t hash_keys[] = {0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 0x8CB92BA72F3D8DD7};

/// Both halves of the product, one upon the other.
inline std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t little_endian(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    if constexpr (std::endian::native == std::endian::big) {
        word = __builtin_bswap64(word);
    }
    return word;
}

}  // namespace detail

inline std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed = 0) {
    using detail::folded_product;
    using detail::little_endian;
    const auto& keys = detail::hash_keys;
    std::uint64_t one = seed ^ keys[0];
    std::uint64_t two = seed ^ keys[1];
    const std::size_t size = bytes.size();
    const char* at = bytes.data();
    std::size_t left = size;
    for (; left >= 32; left -= 32, at += 32) {  // two lanes, which the processor works at side by side
        one = folded_product(little_endian(at) ^ keys[1], little_endian(at + 8) ^ one);
        two = folded_product(little_endian(at + 16) ^ keys[2], little_endian(at + 24) ^ two);
    }
    char rest[32] = {};
    if (left > 0) {
        std::memcpy(rest, at, left);
    }
    one = folded_product(little_endian(rest) ^ keys[1], little_endian(rest + 8) ^ one);
    two = folded_product(little_endian(rest + 16) ^ keys[2], little_endian(rest + 24) ^ two);
    return folded_product(one ^ keys[0] ^ size, two ^ keys[2]);
}

}  // namespace postrider::store::index
