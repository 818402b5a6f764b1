// Reads the Content-* fields of a part; of several fields of one name the first counts. RFC 2045 section 3.
#include "mime/part_header.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "mime/lexer.hpp"

namespace postrider::mime {

namespace {

enum Slot : std::size_t { type, encoding, id, description, md5, disposition, language, location, slots };

constexpr std::array<std::string_view, slots> names{
    "type", "transfer-encoding", "id", "description", "md5", "disposition", "language", "location",
};

using Values = std::array<std::optional<std::string_view>, slots>;

Values content_fields(std::string_view header) {
    Values values;
    each_field(header, [&](const Field& field) {
        constexpr std::string_view prefix = "content-";
        if (!istarts_with(field.name, prefix)) {
            return;
        }
        const std::string_view rest = field.name.substr(prefix.size());
        const auto* name = std::find_if(names.begin(), names.end(), [&](auto n) { return iequals(n, rest); });
        if (name != names.end()) {
            auto& value = values[static_cast<std::size_t>(name - names.begin())];
            value = value.value_or(field.value);
        }
    });
    return values;
}

std::optional<std::string> text_of(std::optional<std::string_view> value) {
    if (!value || trimmed(*value).empty()) {
        return std::nullopt;
    }
    return unfolded(trimmed(*value));
}

std::string encoding_name_of(std::string_view value) {
    Lexer in(value);
    in.skip_cfws();
    return lower(in.peek() == '"' ? std::string(trimmed(in.quoted())) : std::string(in.until(" \t\r\n;(,")));
}

Encoding encoding_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Encoding>, 6> encodings{{
        {"", Encoding::seven_bit},
        {"7bit", Encoding::seven_bit},
        {"8bit", Encoding::eight_bit},
        {"binary", Encoding::binary},
        {"quoted-printable", Encoding::quoted_printable},
        {"base64", Encoding::base64},
    }};
    const auto* found = std::find_if(encodings.begin(), encodings.end(), [&](auto& e) { return e.first == name; });
    return found == encodings.end() ? Encoding::other : found->second;
}

std::vector<std::string> languages_of(std::string_view value) {
    std::vector<std::string> languages;
    Lexer in(value);
    for (in.skip_cfws(); !in.at_end() && languages.size() < limits::mime_parameters; in.skip_cfws()) {
        if (const std::string_view tag = in.until(" \t\r\n,("); !tag.empty()) {
            languages.emplace_back(tag);
        } else {
            in.skip(1);
        }
    }
    return languages;
}

}  // namespace

void read_part_header(std::string_view header, Place place, Part& part) {
    const Values values = content_fields(header);
    if (place == Place::digest) {
        part.content_type = {"message", "rfc822", {}};
    }
    if (auto content_type = parse_content_type(values[type].value_or(""))) {
        part.content_type = std::move(*content_type);
    }
    part.encoding_name = encoding_name_of(values[encoding].value_or(""));
    part.encoding = encoding_of(part.encoding_name);
    part.id = text_of(values[id]);
    part.description = text_of(values[description]);
    part.md5 = text_of(values[md5]);
    part.disposition = parse_disposition(values[disposition].value_or(""));
    part.languages = languages_of(values[language].value_or(""));
    part.location = text_of(values[location]);
}

bool holds_message(const Part& part) {
    const std::string& subtype = part.content_type.subtype;
    const bool is_plain = part.encoding == Encoding::seven_bit || part.encoding == Encoding::eight_bit ||
                          part.encoding == Encoding::binary;
    return is_plain && part.content_type.type == "message" && (subtype == "rfc822" || subtype == "global");
}

}  // namespace postrider::mime
