#include "client/response.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "client/connection.hpp"
#include "core/text.hpp"

namespace postrider::bench {

namespace {

/// Whether text begins with the word and the word ends there.
bool begins_with_word(std::string_view text, std::string_view word) {
    return istarts_with(text, word) && (text.size() == word.size() || text[word.size()] == ' ');
}

/// The size in "{123}" at the end of a line; none where it does not end so.
std::optional<std::uint32_t> literal_size(std::string_view line) {
    if (!line.ends_with('}')) {
        return std::nullopt;
    }
    const std::size_t open = line.rfind('{');
    if (open == std::string_view::npos) {
        return std::nullopt;
    }
    return parse_decimal<std::uint32_t>(line.substr(open + 1, line.size() - open - 2));
}

}  // namespace

std::string_view Response::body() const {
    return std::string_view(text).substr(is_untagged() ? 2 : 0);
}

bool Response::is(std::string_view word) const {
    return is_untagged() && begins_with_word(body(), word);
}

std::optional<std::uint32_t> Response::number(std::string_view word) const {
    const std::size_t blank = body().find(' ');
    if (!is_untagged() || blank == std::string_view::npos || !begins_with_word(body().substr(blank + 1), word)) {
        return std::nullopt;
    }
    return parse_decimal<std::uint32_t>(body().substr(0, blank));
}

bool Response::has_free_text() const {
    static constexpr std::array<std::string_view, 5> words = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
    return !is_untagged() || std::any_of(words.begin(), words.end(), [this](auto word) { return is(word); });
}

std::size_t ResponseReader::feed(std::string_view input) {
    std::size_t used = 0;
    while (!is_complete_ && used < input.size()) {
        const std::string_view rest = input.substr(used);
        used += literal_left_ > 0 ? feed_literal(rest) : feed_line(rest);
    }
    return used;
}

std::size_t ResponseReader::feed_literal(std::string_view input) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), literal_left_));
    if (literals_ == Literals::keep && !response_.literals.empty()) {
        response_.literals.back().append(input.substr(0, size));
    }
    literal_left_ -= size;
    return size;
}

std::size_t ResponseReader::feed_line(std::string_view input) {
    const std::size_t end = input.find('\n');
    const std::size_t size = end == std::string_view::npos ? input.size() : end + 1;
    response_.text.append(input.substr(0, size));
    if (response_.text.size() > max_line) {
        throw ConnectionError("a response line of more than " + std::to_string(max_line) + " bytes");
    }
    if (end != std::string_view::npos) {
        end_line();
    }
    return size;
}

void ResponseReader::end_line() {
    std::string& text = response_.text;
    if (!text.ends_with("\r\n")) {
        throw ConnectionError("a response line ends in LF without CR: " + text.substr(0, 200));
    }
    text.resize(text.size() - 2);
    const auto size = response_.has_free_text() ? std::nullopt : literal_size(text);
    if (!size) {
        is_complete_ = true;
        return;
    }
    literal_left_ = *size;
    response_.literal_bytes += *size;
    if (literals_ == Literals::keep) {
        response_.literals.emplace_back();
    }
}

Response ResponseReader::take() {
    is_complete_ = false;
    return std::exchange(response_, Response());
}

}  // namespace postrider::bench
