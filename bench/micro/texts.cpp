#include "micro/texts.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string_view>

#include "core/text.hpp"

namespace postrider::bench {

namespace {

constexpr auto words = std::to_array<std::string_view>(
    {"mail",    "server",   "folder", "message", "please", "find",  "attached", "report",   "meeting", "tomorrow",
     "regards", "thanks",   "order",  "invoice", "the",    "and",   "question", "answer",   "project", "release",
     "of",      "customer", "street", "letter",  "a",      "train", "morning",  "evening,", "draft",   "review.",
     "change",  "Table",    "to",     "result",  "we",     "is",    "paper",    "Water",    "summer",  "winter"});

constexpr auto words_utf8 = std::to_array<std::string_view>(
    {"für", "Grüße", "schön", "und", "die", "Straße", "Termin", "über", "Rechnung", "das", "können", "Mail", "nicht"});

/// The engine's numbers are the same everywhere, those of std's distributions are not.
class Chance {
public:
    std::size_t below(std::size_t end) { return engine_() % end; }

private:
    std::mt19937 engine_{4711};
};

/// Lines of words behind `indent`, each ended by `end`, until there are `size` bytes.
template <std::size_t n>
std::string lines_of(const std::array<std::string_view, n>& from, std::size_t size, std::string_view end) {
    constexpr std::size_t width = 65;
    Chance chance;
    std::string text;
    std::size_t line = 0;
    while (text.size() < size) {
        text += from[chance.below(n)];
        if (text.size() - line < width) {
            text += ' ';
        } else {
            text += end;
            line = text.size();
        }
    }
    return text.substr(0, text.rfind(end) + end.size());
}

std::string trace_fields() {
    std::string text = "Return-Path: <ann17@example.org>\nDelivered-To: bench@example.com\n";
    for (const char hop : {'1', '2', '3'}) {
        text += "Received: from relay" + std::string(1, hop) + ".example.org (relay.example.org [192.0.2.1])\n";
        text += "\tby mx1.example.com with ESMTPS id 0000417A" + std::string(1, hop) + "\n";
        text += "\tfor <bench@example.com>; Mon, 5 Feb 2024 10:11:12 +0100\n";
    }
    text += "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=key1;\n";
    text += "\th=from:to:subject:date:message-id:mime-version; bh=" + base64_lines(40).substr(0, 44) + ";\n";
    for (int line = 0; line < 5; ++line) {
        text += '\t' + base64_lines(76).substr(0, 70) + '\n';
    }
    return text;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::string prose(std::size_t size) {
    return lines_of(words, size, "\n");
}

std::string prose_utf8(std::size_t size) {
    return lines_of(words_utf8, size, "\n");
}

std::string base64_lines(std::size_t size) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Chance chance;
    std::string text;
    while (text.size() < size) {
        for (int i = 0; i < 76; ++i) {
            text += digits[chance.below(digits.size())];
        }
        text += '\n';
    }
    return text;
}

std::string in_base64(const std::string& text) {
    constexpr std::size_t line = 57;  // bytes that 76 digits hold
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += line) {
        out += base64_encode(std::string_view(text).substr(at, line)) + '\n';
    }
    return out;
}

std::string html(std::size_t size) {
    return "<html><body>\n<table>\n" +
           lines_of(words, size, "</td></tr>\n    <tr>\n      <td style=\"padding: 0 4px\" class=\"cell\">") +
           "\n</table></body></html>\n";
}

std::string quoted_printable(std::size_t size) {
    return lines_of(words, size, "=20und f=C3=BCr=\n");
}

std::string with_cr(const std::string& text) {
    std::string out;
    for (const char c : text) {
        out += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return out;
}

std::string header() {
    return trace_fields() +
           "Date: Mon, 5 Feb 2024 10:11:12 +0100\nFrom: =?utf-8?B?QW5uIE3DvGxsZXI=?= <ann17@example.org>\n"
           "To: Bench <bench@example.com>, \"Ben, the second\" <ben@example.net>,\n carla@example.net (Carla)\n"
           "Cc: Dieter <dieter@example.net>, Eva <eva@example.net>, Franz <franz@example.net>\n"
           "In-Reply-To: <4242@example.org>\nReferences: <4240@example.org>\n <4241@example.org> <4242@example.org>\n"
           "Subject: Re: =?utf-8?Q?order_invoice_=C3=BCber_4243?= and a question of the\n customer\n"
           "Message-ID: <4243.0815@example.org>\nX-Mailer: Example 7.1\nX-Spam-Status: No, score=-1.9\n"
           "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_outer_4243\"\n\n";
}

std::string message() {
    constexpr std::string_view text_type = "Content-Type: text/plain; charset=utf-8\n\n";
    constexpr std::string_view html_type =
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n";
    return header() + "--=_outer_4243\nContent-Type: multipart/alternative; boundary=inner\n\n--inner\n" +
           std::string(text_type) + prose(3000) + "--inner\n" + std::string(html_type) + html(4000) +
           "--inner--\n\n--=_outer_4243\nContent-Type: application/pdf; name=\"report.pdf\"\n"
           "Content-Disposition: attachment; filename=\"report.pdf\"\nContent-Transfer-Encoding: base64\n\n" +
           base64_lines(3500) + "--=_outer_4243--\n";
}

const std::vector<std::string>& real_messages() {
    static const auto messages = [] {
        std::vector<std::filesystem::path> paths;
        for (const auto& entry : std::filesystem::directory_iterator(POSTRIDER_MESSAGES)) {
            paths.push_back(entry.path());
        }
        std::ranges::sort(paths);
        std::vector<std::string> texts;
        std::ranges::transform(paths, std::back_inserter(texts), read_file);
        if (texts.empty()) {
            throw std::runtime_error("no messages in " POSTRIDER_MESSAGES);
        }
        return texts;
    }();
    return messages;
}

}  // namespace postrider::bench
