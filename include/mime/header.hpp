// Header fields of a message or body part. RFC 5322 section 2.2.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::mime {

/// One header field as it stands in the text. Views into the header text.
struct Field {
    std::string_view name;   ///< without the colon and blanks before it
    std::string_view value;  ///< all after the colon, folding and line ends included, without the last line end
    std::string_view raw;    ///< the whole field with its last line end
};

/// Calls visit for each field of a header text (LF or CRLF line ends, ends at the first empty line or at its end).
/// A line that is no field (no colon, no name) is passed over. Pure, linear.
void each_field(std::string_view header, const std::function<void(const Field&)>& visit);

/// The unfolded value of the first field of that name (ASCII case ignored), blanks at both ends removed.
std::optional<std::string> field_value(std::string_view header, std::string_view name);

/// Line ends taken out, the white space of folds kept. RFC 5322 section 2.2.3.
std::string unfolded(std::string_view value);

/// A parameter of Content-Type or Content-Disposition, in the order of the text, name in lower case.
/// RFC 2231 names stay as they are ("name*0*"): clients decode them.
struct Parameter {
    std::string name;
    std::string value;
    friend bool operator==(const Parameter&, const Parameter&) = default;
};
using Parameters = std::vector<Parameter>;

/// RFC 2045 section 5.1. type and subtype in lower case. At most limits::mime_parameters parameters.
struct ContentType {
    std::string type = "text";
    std::string subtype = "plain";
    Parameters parameters;

    /// The value of a parameter, RFC 2231 continuations and encodings joined and decoded to UTF-8 bytes where present.
    std::optional<std::string> parameter(std::string_view name) const;
    friend bool operator==(const ContentType&, const ContentType&) = default;
};

/// RFC 2183.
struct Disposition {
    std::string type;  ///< lower case
    Parameters parameters;
    friend bool operator==(const Disposition&, const Disposition&) = default;
};

/// None when the value has no type/subtype (RFC 2045 section 5.2: the part's default applies).
std::optional<ContentType> parse_content_type(std::string_view value);
std::optional<Disposition> parse_disposition(std::string_view value);

}  // namespace postrider::mime
