// Walks through the text of a structured header field: blanks, comments, quoted strings, runs of other bytes.
// RFC 5322 section 3.2. Every call moves forward, none looks twice at a byte: whatever uses it is linear.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mime {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    /// The next byte; NUL at the end.
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    std::string_view rest() const { return text_.substr(at_); }

    void skip(std::size_t count) { at_ += count; }
    void skip_to_end() { at_ = text_.size(); }
    bool accept(char c);
    void skip_blanks();
    /// Blanks and comments.
    void skip_cfws();

    /// At "(": the text of the comment, escapes taken off, comments inside it with their parentheses. A comment
    /// without end reaches to the end of the text.
    std::string comment();
    /// At a double quote: the text inside, escapes and line ends taken off.
    std::string quoted();
    /// The bytes up to the first of `stops`.
    std::string_view until(std::string_view stops);
    /// The bytes for which `wanted` holds.
    template <class F>
    std::string_view run(F wanted) {
        const std::size_t begin = at_;
        while (!at_end() && wanted(text_[at_])) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace postrider::mime
