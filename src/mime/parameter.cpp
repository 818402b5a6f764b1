// The value of a MIME parameter: plain, or in the pieces and encodings of RFC 2231 sections 3 and 4.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/text.hpp"
#include "mime/decode.hpp"
#include "mime/hex.hpp"

namespace postrider::mime {

namespace {

/// name*0, name*1*, ...
struct Piece {
    std::uint32_t number = 0;
    bool encoded = false;
    std::string_view value;
};

/// What follows the parameter's name and the first "*", as a piece: "" is the whole in encoded form.
std::optional<Piece> piece_of(std::string_view suffix, std::string_view value) {
    if (suffix.empty()) {
        return Piece{0, true, value};
    }
    const bool encoded = suffix.ends_with('*');
    if (encoded) {
        suffix.remove_suffix(1);
    }
    const auto number = parse_decimal<std::uint32_t>(suffix);
    if (!number) {
        return std::nullopt;
    }
    return Piece{*number, encoded, value};
}

/// The pieces in order, from 0 without a hole; a number that stands twice counts once.
std::vector<Piece> pieces_of(const Parameters& parameters, std::string_view name) {
    std::vector<Piece> pieces;
    for (const Parameter& parameter : parameters) {
        const std::string_view full = parameter.name;
        if (full.size() > name.size() && full[name.size()] == '*' && iequals(full.substr(0, name.size()), name)) {
            if (const auto piece = piece_of(full.substr(name.size() + 1), parameter.value)) {
                pieces.push_back(*piece);
            }
        }
    }
    std::stable_sort(pieces.begin(), pieces.end(), [](auto& a, auto& b) { return a.number < b.number; });
    const auto same = [](auto& a, auto& b) { return a.number == b.number; };
    pieces.erase(std::unique(pieces.begin(), pieces.end(), same), pieces.end());
    std::size_t length = 0;
    while (length < pieces.size() && pieces[length].number == length) {
        ++length;
    }
    pieces.resize(length);
    return pieces;
}

std::string percent_decoded(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? hex_byte(text.substr(i + 1)) : std::nullopt;
        bytes += byte.value_or(text[i]);
        i += byte ? 2 : 0;
    }
    return bytes;
}

/// Takes "charset'language'" off the front; empty when there is none.
std::string_view take_charset(std::string_view& value) {
    const std::size_t first = value.find('\'');
    const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
    if (second == std::string_view::npos) {
        return {};
    }
    const std::string_view charset = value.substr(0, first);
    value.remove_prefix(second + 1);
    return charset;
}

std::string joined(std::vector<Piece> pieces) {
    const std::string_view charset = pieces.front().encoded ? take_charset(pieces.front().value) : std::string_view();
    std::string bytes;
    for (const Piece& piece : pieces) {
        bytes += piece.encoded ? percent_decoded(piece.value) : std::string(piece.value);
    }
    return to_utf8(bytes, charset).value_or(bytes);
}

}  // namespace

std::optional<std::string> ContentType::parameter(std::string_view name) const {
    if (auto pieces = pieces_of(parameters, name); !pieces.empty()) {
        return joined(std::move(pieces));
    }
    for (const Parameter& parameter : parameters) {
        if (iequals(parameter.name, name)) {
            return parameter.value;
        }
    }
    return std::nullopt;
}

}  // namespace postrider::mime
