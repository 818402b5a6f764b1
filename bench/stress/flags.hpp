// The flags and keywords that the stress mode uses, as a set of bits. \Recent is apart: it is no state of a message.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::bench::stress {

inline constexpr std::size_t flag_count = 9;
using Flags = std::bitset<flag_count>;

inline constexpr std::array<std::string_view, flag_count> flag_names = {
    "\\Seen", "\\Deleted", "\\Answered", "\\Flagged", "\\Draft", "$Forwarded", "stress-red", "stress-blue", "$Junk"};
inline constexpr std::size_t seen_flag = 0;
inline constexpr std::size_t deleted_flag = 1;
/// Keywords begin here: they are flags for whom a server may have another place than for the others.
inline constexpr std::size_t first_keyword = 5;

/// A list of flags as FETCH tells it.
struct ToldFlags {
    Flags flags;
    bool recent = false;
};

/// text: "(\Seen $Junk)". None where it is no list, or has a flag that nobody sets.
std::optional<ToldFlags> parse_flags(std::string_view text);

/// "(\Seen $Junk)"
std::string flag_list(const Flags& flags);

/// Only this flag.
Flags flag(std::size_t index);

}  // namespace postrider::bench::stress
