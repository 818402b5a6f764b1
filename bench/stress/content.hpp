// The messages of a stress run: each is made from the run's seed and its number, so none is kept and any can be
// compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace postrider::bench::stress {

/// 1 and up, in the order of storing, over all folders of a run.
using ContentId = Number<struct ContentIdTag, std::uint32_t>;

/// The field that names a message's content.
inline constexpr std::string_view content_field = "X-Stress";

/// A whole message with CRLF line ends: 300 bytes to some 30 KB, mostly small; a third are multipart. Ends with CRLF.
std::string content_of(std::uint64_t seed, ContentId id);
/// Its header, with the empty line.
std::string_view header_of(std::string_view content);
/// Behind the header.
std::string_view text_of_message(std::string_view content);
/// A word of the body that only this content has.
std::string body_word(ContentId id);
/// The whole field, as HEADER.FIELDS gives it: with CRLF and the empty line.
std::string id_lines(std::uint64_t seed, ContentId id);
/// What the field's value names; none where it is not one of this run.
std::optional<ContentId> id_in(std::uint64_t seed, std::string_view header);

}  // namespace postrider::bench::stress
