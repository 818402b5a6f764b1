#include "stress/content.hpp"

#include <array>

#include "core/text.hpp"
#include "stress/random.hpp"

namespace postrider::bench::stress {

namespace {

constexpr std::array<std::string_view, 16> words = {"letter", "road",   "horse",  "saddle",      "rain",  "inn",
                                                    "seal",   "bridge", "mile",   "stable",      "night", "river",
                                                    "relay",  "parcel", "winter", "na\xC3\xAFve"};

void add_lines(std::string& text, Random& random, std::size_t lines) {
    for (std::size_t line = 0; line < lines; ++line) {
        for (std::size_t word = 0; word < 9; ++word) {
            text += words[random.below(words.size())];
            text += word < 8 ? " " : "\r\n";
        }
    }
}

void add_text_header(std::string& text, std::string_view type) {
    text += "Content-Type: " + std::string(type) + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
}

void add_text(std::string& text, Random& random, ContentId id, std::size_t lines) {
    add_text_header(text, "text/plain; charset=utf-8");
    add_lines(text, random, lines);
    text += body_word(id) + "\r\n";
}

void add_multipart(std::string& text, Random& random, ContentId id, std::size_t lines) {
    const std::string boundary = "part-" + std::to_string(id.value());
    text += "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n";
    add_text(text, random, id, lines / 2);
    text += "--" + boundary + "\r\n";
    add_text_header(text, "application/octet-stream");
    add_lines(text, random, lines / 2);
    text += "--" + boundary + "--\r\n";
}

std::string id_value(std::uint64_t seed, ContentId id) {
    return std::to_string(seed) + "-" + std::to_string(id.value());
}

}  // namespace

std::string content_of(std::uint64_t seed, ContentId id) {
    Random random(seed ^ (std::uint64_t{id.value()} << 32));
    const std::string number = std::to_string(id.value());
    // One in sixteen is long.
    const std::size_t lines = random.below(16) == 0 ? random.below(500) : random.below(20);
    std::string text = "From: Rider " + number + " <rider" + number + "@example.com>\r\nTo: inn@example.com\r\n" +
                       "Subject: " + std::string(words[random.below(15)]) + " " + number + "\r\n" +
                       "Date: Mon, 7 Feb 2022 21:52:25 +0000\r\nMessage-ID: <" + id_value(seed, id) +
                       "@stress.example>\r\n" + std::string(content_field) + ": " + id_value(seed, id) +
                       "\r\nMIME-Version: 1.0\r\n";
    if (random.below(3) == 0) {
        add_multipart(text, random, id, lines);
    } else {
        add_text(text, random, id, lines);
    }
    return text;
}

std::string_view header_of(std::string_view content) {
    return content.substr(0, content.find("\r\n\r\n") + 4);
}

std::string_view text_of_message(std::string_view content) {
    return content.substr(header_of(content).size());
}

std::string body_word(ContentId id) {
    return "word" + std::to_string(id.value()) + "end";
}

std::string id_lines(std::uint64_t seed, ContentId id) {
    return std::string(content_field) + ": " + id_value(seed, id) + "\r\n\r\n";
}

std::optional<ContentId> id_in(std::uint64_t seed, std::string_view header) {
    const std::string begin = std::string(content_field) + ": " + std::to_string(seed) + "-";
    const auto place = header.find(begin);
    if (place == std::string_view::npos) {
        return std::nullopt;
    }
    header.remove_prefix(place + begin.size());
    const auto number = parse_decimal<std::uint32_t>(header.substr(0, header.find('\r')));
    return number ? std::optional(ContentId(*number)) : std::nullopt;
}

}  // namespace postrider::bench::stress
