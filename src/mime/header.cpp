// Splits a header text into its fields. RFC 5322 section 2.2.
#include "mime/header.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace postrider::mime {

namespace {

/// Behind the LF that ends the line, or the end of the text.
std::size_t line_end(std::string_view text, std::size_t at) {
    const std::size_t lf = text.find('\n', at);
    return lf == std::string_view::npos ? text.size() : lf + 1;
}

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) {
        line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    }
    return line;
}

bool is_name(std::string_view name) {
    return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) { return c == ' ' || is_control(c); });
}

/// None when the line has no colon or no name before it ("From " lines of mbox files, text that strayed).
std::optional<Field> field_of(std::string_view raw) {
    const std::size_t colon = raw.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view name = raw.substr(0, colon);
    while (name.ends_with(' ') || name.ends_with('\t')) {
        name.remove_suffix(1);
    }
    if (!is_name(name)) {
        return std::nullopt;
    }
    return Field{name, without_line_end(raw.substr(colon + 1)), raw};
}

}  // namespace

void each_field(std::string_view header, const std::function<void(const Field&)>& visit) {
    std::size_t at = 0;
    while (at < header.size()) {
        std::size_t end = line_end(header, at);
        const std::string_view line = header.substr(at, end - at);
        if (line == "\n" || line == "\r\n") {
            return;
        }
        while (end < header.size() && (header[end] == ' ' || header[end] == '\t')) {
            end = line_end(header, end);
        }
        if (const auto field = field_of(header.substr(at, end - at))) {
            visit(*field);
        }
        at = end;
    }
}

std::optional<std::string> field_value(std::string_view header, std::string_view name) {
    std::optional<std::string> value;
    each_field(header, [&](const Field& field) {
        if (!value && iequals(field.name, name)) {
            value = unfolded(trimmed(field.value));
        }
    });
    return value;
}

std::string unfolded(std::string_view value) {
    std::string line;
    line.reserve(value.size());
    std::size_t at = 0;
    while (at < value.size()) {
        const std::size_t end = line_end(value, at);
        line += without_line_end(value.substr(at, end - at));
        at = end;
    }
    return line;
}

}  // namespace postrider::mime
