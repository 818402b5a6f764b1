// The words of structured header fields. RFC 5322 section 3.2.
#include "mime/lexer.hpp"

#include <algorithm>

namespace postrider::mime {

bool Lexer::accept(char c) {
    if (at_end() || text_[at_] != c) {
        return false;
    }
    ++at_;
    return true;
}

void Lexer::skip_blanks() {
    run(is_blank);
}

void Lexer::skip_cfws() {
    skip_blanks();
    while (peek() == '(') {
        comment();
        skip_blanks();
    }
}

std::string Lexer::comment() {
    std::string text;
    std::size_t depth = 0;
    while (!at_end()) {
        char c = text_[at_++];
        if (c == '(' && depth++ == 0) {
            continue;
        }
        if (c == ')' && --depth == 0) {
            break;
        }
        if (c == '\\' && !at_end()) {
            c = text_[at_++];
        }
        if (c != '\r' && c != '\n') {
            text += c;
        }
    }
    return text;
}

std::string Lexer::quoted() {
    std::string text;
    ++at_;
    while (!at_end()) {
        char c = text_[at_++];
        if (c == '"') {
            break;
        }
        if (c == '\\' && !at_end()) {
            c = text_[at_++];
        }
        if (c != '\r' && c != '\n') {
            text += c;
        }
    }
    return text;
}

std::string_view Lexer::until(std::string_view stops) {
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
    return text_.substr(begin, at_ - begin);
}

}  // namespace postrider::mime
