// NAME=value lines as /bin/sh reads them, as far as that needs no shell. compat/config.md section 1.1; the quoting is
// that of POSIX.1-2017, Shell Command Language, sections 2.2 (quoting), 2.3 (words) and 2.6.2 (parameters).
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/syntax.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

bool starts_name(char c) {
    return c == '_' || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

bool continues_name(char c) {
    return starts_name(c) || is_digit(c);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

class Reader {
public:
    Reader(std::string_view text, const std::string& file, const std::map<std::string, std::string>& known)
        : text_(text), file_(file), values_(known.begin(), known.end()) {}

    /// Gives the error that ended the reading early.
    std::optional<FileSyntaxError> read_lines();
    std::vector<Assignment> take() { return std::move(found_); }

private:
    // A backslash before a line's end joins two lines everywhere but in comments and single quotes.
    bool more() {
        while (text_.substr(at_, 2) == "\\\n") {
            at_ += 2;
            ++line_;
        }
        return !error_ && at_ < text_.size();
    }
    char here() const { return text_[at_]; }
    void advance() { line_ += text_[at_++] == '\n' ? 1 : 0; }
    void fail(int line, std::string reason) {
        if (!error_) {
            error_ = FileSyntaxError{.line = line, .reason = std::move(reason)};
        }
    }

    void remember_values();
    void end_line();
    void read_word();
    void refuse_word(std::size_t start, int line);
    std::string read_name();
    std::string read_value();
    void read_plain(std::string& value, bool tilde_expands);
    void read_single_quoted(std::string& value);
    void read_double_quoted(std::string& value);
    void expand(std::string& value, bool quoted);
    void append(std::string& value, std::string_view more);

    std::string_view text_;
    const std::string& file_;
    std::map<std::string, std::string, std::less<>> values_;
    std::vector<Assignment> found_;
    std::optional<FileSyntaxError> error_;
    std::size_t at_ = 0;
    std::size_t remembered_ = 0;   ///< of found_, in values_
    std::size_t value_bytes_ = 0;  ///< of all values together: "A=$A$A" doubles with every line
    int line_ = 1;
    int words_ = 0;  ///< read on this line
    bool exporting_ = false;
};

std::optional<FileSyntaxError> Reader::read_lines() {
    while (more()) {
        if (here() == '\n') {
            end_line();
            advance();
        } else if (is_blank(here())) {
            advance();
        } else if (here() == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else {
            read_word();
            ++words_;
        }
    }
    end_line();
    return error_;
}

void Reader::remember_values() {
    for (; remembered_ < found_.size(); ++remembered_) {
        values_.insert_or_assign(found_[remembered_].name, found_[remembered_].value);
    }
}

/// The words of an export are all expanded before the first is assigned; so its values count from the next line.
void Reader::end_line() {
    remember_values();
    if (exporting_ && words_ == 1) {
        fail(line_, "\"export\" needs a name: export NAME=value");
    }
    words_ = 0;
    exporting_ = false;
}

void Reader::read_word() {
    const std::size_t start = at_;
    const int line = line_;
    std::string name = read_name();
    if (!name.empty() && more() && here() == '=') {
        advance();
        std::string value = read_value();
        found_.push_back({.name = std::move(name), .value = std::move(value), .file = file_, .line = line});
        if (!exporting_) {
            remember_values();
        }
        return;
    }
    const bool word_ends = !more() || is_blank(here()) || here() == '\n';
    if (word_ends && words_ == 0 && name == "export") {
        exporting_ = true;
    } else if (!word_ends || name.empty() || !exporting_) {
        refuse_word(start, line);
    }
}

void Reader::refuse_word(std::size_t start, int line) {
    const auto rest = text_.substr(start, text_.find('\n', start) - start);
    const auto end = rest.find_first_of(" \t");
    const auto next = rest.find_first_not_of(" \t", std::min(end, rest.size()));
    const std::string word = '"' + log_safe(rest.substr(0, end), 40) + '"';
    if (next != std::string_view::npos && rest[next] == '=') {
        fail(line, "expected NAME=value: no blank may stand between " + word + " and =");
    } else {
        fail(line, "expected NAME=value, found " + word + "; commands are not run");
    }
}

/// "" when there is none.
std::string Reader::read_name() {
    std::string name;
    while (more() && (name.empty() ? starts_name(here()) : continues_name(here()))) {
        name += here();
        advance();
    }
    return name;
}

std::string Reader::read_value() {
    std::string value;
    bool tilde_expands = true;
    while (more() && !is_blank(here()) && here() != '\n') {
        const char c = here();
        if (c == '\'') {
            read_single_quoted(value);
        } else if (c == '"') {
            read_double_quoted(value);
        } else if (c == '$') {
            expand(value, false);
        } else {
            read_plain(value, tilde_expands);
        }
        tilde_expands = c == ':';
    }
    return value;
}

void Reader::read_plain(std::string& value, bool tilde_expands) {
    const char c = here();
    if (is_one_of(c, ";&|<>()`")) {
        fail(line_, std::string("\"") + c + "\" means something to a shell only; put it in single quotes");
    } else if (c == '~' && tilde_expands) {
        fail(line_, "\"~\" is not replaced by a home directory; write the path in full");
    } else if (c == '\\' && at_ + 1 == text_.size()) {
        fail(line_, "the file ends behind a backslash");
    } else {
        if (c == '\\') {
            advance();
        }
        append(value, text_.substr(at_, 1));
        advance();
    }
}

void Reader::read_single_quoted(std::string& value) {
    const int opened = line_;
    const auto end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) {
        fail(opened, "this line opens a ' that is never closed");
        return;
    }
    append(value, text_.substr(at_ + 1, end - at_ - 1));
    while (at_ <= end) {
        advance();
    }
}

void Reader::read_double_quoted(std::string& value) {
    const int opened = line_;
    advance();
    while (more() && here() != '"') {
        if (here() == '$') {
            expand(value, true);
        } else if (here() == '`') {
            fail(line_, "\"`\" means something to a shell only; write \\` for the character itself");
        } else {
            if (here() == '\\' && at_ + 1 < text_.size() && is_one_of(text_[at_ + 1], "$`\"\\")) {
                advance();
            }
            append(value, text_.substr(at_, 1));
            advance();
        }
    }
    if (!more()) {
        fail(opened, "this line opens a \" that is never closed");
        return;
    }
    advance();
}

/// At a '$'. A name that has no value yet stands for nothing, as in sh.
void Reader::expand(std::string& value, bool quoted) {
    const int line = line_;
    advance();
    const bool braces = more() && here() == '{';
    if (braces) {
        advance();
    }
    const std::string name = read_name();
    const char next = more() ? here() : '\n';
    if (braces && (name.empty() || next != '}')) {
        fail(line, "of ${...} only ${NAME} is understood");
    } else if (name.empty() && (is_digit(next) || is_one_of(next, "(@*#?-$!") || (!quoted && is_one_of(next, "'\"")))) {
        fail(line, std::string("\"$") + next + "\" means something to a shell only; $NAME and ${NAME} are understood");
    } else if (name.empty()) {
        append(value, "$");
    } else {
        if (braces) {
            advance();
        }
        const auto found = values_.find(name);
        append(value, found == values_.end() ? std::string_view{} : std::string_view(found->second));
    }
}

void Reader::append(std::string& value, std::string_view more) {
    value_bytes_ += more.size();
    if (value_bytes_ > settings_bytes) {
        fail(line_, "the values of this file grow beyond 1 MiB");
        return;
    }
    value += more;
}

}  // namespace

boost::system::result<std::vector<Assignment>, FileSyntaxError> parse_shell_assignments(
    std::string_view text, const std::string& file, const std::map<std::string, std::string>& known) {
    if (auto unreadable = unreadable_text(text)) {
        return *unreadable;
    }
    Reader reader(text, file, known);
    if (auto error = reader.read_lines()) {
        return *error;
    }
    return reader.take();
}

}  // namespace postrider::config
