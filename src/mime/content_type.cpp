// Content-Type and Content-Disposition. RFC 2045 section 5.1, RFC 2183 section 2. What mailers get wrong is read as it
// was meant: values with blanks and no quotes, a missing semicolon, parameters without a value.
#include <algorithm>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "mime/header.hpp"
#include "mime/lexer.hpp"

namespace postrider::mime {

namespace {

bool is_token(char c) {
    return c > ' ' && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::string token(Lexer& in) {
    in.skip_cfws();
    return lower(in.run(is_token));
}

/// Whether "name =" comes next: a parameter whose semicolon was forgotten.
bool at_parameter(const Lexer& in) {
    Lexer ahead = in;
    const bool named = !ahead.run(is_token).empty();
    ahead.skip_blanks();
    return named && ahead.peek() == '=';
}

/// A word of an unquoted value. Wider than a token: "boundary=----=_Part" and "name=a/b" are met often.
std::string_view value_word(Lexer& in) {
    return in.run([](char c) { return !is_blank(c) && c != ';' && c != '(' && c != '"'; });
}

std::string parameter_value(Lexer& in) {
    in.skip_cfws();
    const bool is_quoted = in.peek() == '"';
    std::string value = is_quoted ? in.quoted() : std::string(value_word(in));
    for (in.skip_cfws(); !in.at_end() && in.peek() != ';' && !at_parameter(in); in.skip_cfws()) {
        const std::string word = in.peek() == '"' ? in.quoted() : std::string(value_word(in));
        if (!is_quoted) {
            value += ' ' + word;
        }
    }
    return value;
}

Parameters parameters(Lexer& in) {
    Parameters list;
    while (list.size() < limits::mime_parameters) {
        in.skip_cfws();
        if (in.at_end()) {
            break;
        }
        if (in.accept(';')) {
            continue;
        }
        std::string name = token(in);
        in.skip_cfws();
        if (!name.empty() && in.accept('=')) {
            list.push_back({std::move(name), parameter_value(in)});
        } else if (name.empty() && in.peek() == '"') {
            in.quoted();
        } else if (name.empty() && in.peek() != ';') {
            in.skip(std::min<std::size_t>(1, in.rest().size()));
        }
    }
    return list;
}

}  // namespace

std::optional<ContentType> parse_content_type(std::string_view value) {
    Lexer in(value);
    std::string type = token(in);
    in.skip_cfws();
    if (type.empty() || !in.accept('/')) {
        return std::nullopt;
    }
    std::string subtype = token(in);
    if (subtype.empty()) {
        return std::nullopt;
    }
    return ContentType{std::move(type), std::move(subtype), parameters(in)};
}

std::optional<Disposition> parse_disposition(std::string_view value) {
    Lexer in(value);
    in.skip_cfws();
    std::string type = in.peek() == '"' ? lower(in.quoted()) : token(in);
    if (type.empty()) {
        return std::nullopt;
    }
    return Disposition{std::move(type), parameters(in)};
}

}  // namespace postrider::mime
