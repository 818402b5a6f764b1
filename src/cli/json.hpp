// JSON text for the --json form of listings. RFC 8259.
#pragma once

#include <string>
#include <string_view>

namespace postrider::cli {

/// The text as a JSON string, with its quotes. Text that is not UTF-8 is taken as Latin-1, so that every byte is shown.
std::string json_string(std::string_view text);

}  // namespace postrider::cli
