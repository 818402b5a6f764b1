#include "load/message.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace postrider::bench {

namespace {

constexpr std::array<std::string_view, 16> words = {"about",  "before",  "carrier", "delivery", "every",  "folder",
                                                    "great",  "harbour", "invoice", "journey",  "letter", "meeting",
                                                    "number", "office",  "postal",  "question"};

}  // namespace

MessageText::MessageText(std::uint64_t seed, unsigned who, std::size_t size)
    : seed_(seed), who_(who), size_(std::max(size, min_size)), random_(seed * 1'000'003 + who) {}

std::string MessageText::next() {
    const auto word = [this] { return words[random_() % words.size()]; };
    const std::string id = std::to_string(seed_) + '.' + std::to_string(who_) + '.' + std::to_string(++number_);
    std::string text =
        "Return-Path: <ann@example.com>\r\nFrom: Ann Example <ann@example.com>\r\nTo: Ben Example "
        "<ben@example.net>\r\nDate: Mon, 7 Feb 2022 21:52:25 +0000\r\nMessage-ID: <" +
        id + "@bench.example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n";
    text.append("Subject: ").append(word()).append(" ").append(word()).append("\r\n\r\n");
    while (text.size() + 2 < size_) {
        const std::size_t line_end = text.size() + 60;
        while (text.size() < line_end) {
            text.append(word()).append(" ");
        }
        text += "\r\n";
    }
    text.resize(size_ - 2);
    if (text.ends_with('\r')) {
        text.back() = '.';
    }
    return text + "\r\n";
}

}  // namespace postrider::bench
