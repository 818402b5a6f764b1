// Messages to store and deliver: the same ones for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace postrider::bench {

/// Makes messages of one exact size, each with a Message-ID and words of its own. A header and lines of plain text.
class MessageText {
public:
    static constexpr std::size_t min_size = 500;

    /// who: of several makers with the same seed.  size: bytes with CR LF, at least min_size.
    MessageText(std::uint64_t seed, unsigned who, std::size_t size);

    /// With CR LF line ends.
    std::string next();

private:
    std::uint64_t seed_;
    unsigned who_;
    std::size_t size_;
    std::uint64_t number_ = 0;
    std::mt19937_64 random_;
};

}  // namespace postrider::bench
