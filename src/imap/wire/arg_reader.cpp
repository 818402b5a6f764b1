// The tokens: atoms, strings, numbers. What is made of them is in arg_values.cpp.
#include "imap/wire/arg_reader.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace postrider::imap::wire {

namespace {

bool is_list_char(char c) {
    return is_astring_char(c) || c == '%' || c == '*';
}

}  // namespace

bool is_atom_char(char c) {
    constexpr std::string_view specials = "(){%*\"\\]";
    return c > ' ' && c < '\x7F' && specials.find(c) == std::string_view::npos;
}

bool is_astring_char(char c) {
    return c == ']' || is_atom_char(c);
}

std::string shown(std::string_view text) {
    constexpr std::size_t most = 32;
    std::string out = log_safe(text, most);
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) > 0x7E; }, '.');
    return '"' + out + (text.size() > most ? "...\"" : "\"");
}

bool ArgReader::take(char c) {
    if (at_end() || peek() != c) {
        return false;
    }
    ++at_;
    if (c == ')') {
        closed_at_ = at_;
    }
    return true;
}

bool ArgReader::take_word(std::string_view word) {
    if (!istarts_with(rest(), word)) {
        return false;
    }
    at_ += word.size();
    return true;
}

std::string_view ArgReader::take_run(bool (*fits)(char)) {
    const auto run = rest();
    const auto end = std::ranges::find_if_not(run, fits);
    const auto length = static_cast<std::size_t>(end - run.begin());
    at_ += length;
    return run.substr(0, length);
}

bool ArgReader::take_nil() {
    ArgReader in = *this;
    if (!iequals(in.take_run(is_astring_char), "NIL")) {
        return false;
    }
    *this = in;
    return true;
}

Parsed<bool> ArgReader::space() {
    const bool delimited = peek() == '(' || (at_ > 0 && at_ == closed_at_);
    if (peek() != ' ' && !delimited) {
        return error("blank expected");
    }
    optional_space();
    return true;
}

void ArgReader::optional_space() {
    take_run([](char c) { return c == ' '; });
}

bool ArgReader::done() {
    optional_space();
    return at_end();
}

Parsed<std::string> ArgReader::atom() {
    const auto run = take_run(is_atom_char);
    if (run.empty()) {
        return error("atom expected");
    }
    return std::string(run);
}

Parsed<std::string> ArgReader::quoted() {
    ArgReader in = *this;
    if (!in.take('"')) {
        return error("quoted string expected");
    }
    std::string out;
    while (!in.take('"')) {
        if (in.at_end()) {
            return in.error("the quoted string has no end");
        }
        const char c = in.peek();
        if (c == '\0' || c == '\r' || c == '\n') {
            return in.error("NUL, CR or LF in a quoted string");
        }
        if (in.take('\\') && in.peek() != '"' && in.peek() != '\\') {
            return in.error("only a quote or a backslash can stand behind a backslash");
        }
        out += in.peek();
        ++in.at_;
    }
    if (!is_utf8(out)) {
        return error("a quoted string is UTF-8");
    }
    *this = in;
    return out;
}

Parsed<std::string> ArgReader::literal() {
    ArgReader in = *this;
    if (!in.take('{')) {
        return error("literal expected");
    }
    const auto size = parse_decimal<std::size_t>(in.take_run(is_digit));
    if (!size) {
        return in.error("size of a literal expected");
    }
    in.take('+');
    if (!in.take_word("}\r\n")) {
        return in.error("the announcement of a literal ends with \"}\" and the line");
    }
    if (*size > in.rest().size()) {
        return error("the literal is cut short");
    }
    const auto bytes = in.rest().substr(0, *size);
    if (const auto nul = bytes.find('\0'); nul != std::string_view::npos) {
        in.at_ += nul;
        return in.error("NUL in a literal");
    }
    in.at_ += *size;
    *this = in;
    return std::string(bytes);
}

Parsed<std::string> ArgReader::string() {
    if (peek() == '"') {
        return quoted();
    }
    if (peek() == '{') {
        return literal();
    }
    return error("string expected");
}

Parsed<std::string> ArgReader::astring() {
    const auto run = take_run(is_astring_char);
    return run.empty() ? string() : Parsed<std::string>(std::string(run));
}

Parsed<std::optional<std::string>> ArgReader::nstring() {
    if (take_nil()) {
        return std::optional<std::string>();
    }
    auto text = string();
    if (!text) {
        return text.error();
    }
    return std::optional<std::string>(std::move(*text));
}

Parsed<std::string> ArgReader::list_mailbox() {
    const auto run = take_run(is_list_char);
    return run.empty() ? string() : Parsed<std::string>(std::string(run));
}

Parsed<std::uint32_t> ArgReader::number() {
    ArgReader in = *this;
    const auto digits = in.take_run(is_digit);
    if (digits.empty()) {
        return error("number expected");
    }
    const auto value = parse_decimal<std::uint32_t>(digits);
    if (!value) {
        return error("number beyond 32 bits");
    }
    *this = in;
    return *value;
}

Parsed<std::uint32_t> ArgReader::nz_number() {
    if (peek() == '0') {
        return error("number beginning with 1 to 9 expected");
    }
    return number();
}

}  // namespace postrider::imap::wire
