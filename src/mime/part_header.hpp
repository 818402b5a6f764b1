// What a part's header says about the part. RFC 2045, RFC 2183, RFC 3282, RFC 2557.
#pragma once

#include <cstdint>
#include <string_view>

#include "mime/structure.hpp"

namespace postrider::mime {

/// What a part without Content-Type is: text/plain, or in a multipart/digest message/rfc822.
enum class Place : std::uint8_t { ordinary, digest };

/// Fills everything in part that comes from the text of its header, but for the envelope.
void read_part_header(std::string_view header, Place place, Part& part);

/// Whether the body is to be read as a message. RFC 2046 section 5.2.1, RFC 6532 section 3.7.
bool holds_message(const Part& part);

}  // namespace postrider::mime
