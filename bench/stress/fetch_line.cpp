#include "stress/fetch_line.hpp"

#include "core/text.hpp"

namespace postrider::bench::stress {

namespace {

/// Reads behind "FETCH". Every function gives false, or none, where the grammar is broken.
class Reader {
public:
    Reader(std::string_view text, const std::vector<std::string>& literals) : text_(text), literals_(literals) {}

    bool skip(char c) {
        if (!text_.starts_with(c)) {
            return false;
        }
        text_.remove_prefix(1);
        return true;
    }
    bool at_end() const { return text_.empty() && used_ == literals_.size(); }

    std::optional<std::string> name() {
        std::string name;
        while (!text_.empty() && text_.front() != ' ' && text_.front() != '[' && text_.front() != ')') {
            name += to_upper(take());
        }
        if (text_.starts_with('[')) {
            const auto end = text_.find(']');
            if (end == std::string_view::npos) {
                return std::nullopt;
            }
            const std::string_view section = text_.substr(0, end);
            name += upper(section.substr(0, section.find(' '))) + "]";
            text_.remove_prefix(end + 1);
            while (!text_.empty() && text_.front() != ' ') {
                name += take();
            }
        }
        return name.empty() ? std::nullopt : std::optional(name);
    }

    std::optional<std::string> value() {
        if (text_.empty()) {
            return std::nullopt;
        }
        switch (text_.front()) {
            case '"':
                return quoted();
            case '{':
                return literal();
            case '(':
                return list();
            default:
                return atom();
        }
    }

private:
    char take() {
        const char c = text_.front();
        text_.remove_prefix(1);
        return c;
    }

    std::optional<std::string> quoted() {
        std::string value;
        take();
        while (!text_.empty() && text_.front() != '"') {
            if (text_.front() == '\\') {
                take();
                if (text_.empty()) {
                    return std::nullopt;
                }
            }
            value += take();
        }
        return skip('"') ? std::optional(value) : std::nullopt;
    }

    std::optional<std::string> literal() {
        const auto end = text_.find('}');
        if (end == std::string_view::npos || used_ == literals_.size()) {
            return std::nullopt;
        }
        text_.remove_prefix(end + 1);
        return literals_[used_++];
    }

    /// A list as text; nested ones are counted, not called.
    std::optional<std::string> list() {
        std::string value;
        std::size_t depth = 0;
        do {
            if (text_.empty()) {
                return std::nullopt;
            }
            const char c = text_.front();
            if (c == '"' || c == '{') {
                const auto string = c == '"' ? quoted() : literal();
                if (!string) {
                    return std::nullopt;
                }
                value += '"' + *string + '"';
                continue;
            }
            depth = c == '(' ? depth + 1 : c == ')' ? depth - 1 : depth;
            value += take();
        } while (depth > 0);
        return value;
    }

    std::optional<std::string> atom() {
        std::string value;
        while (!text_.empty() && text_.front() != ' ' && text_.front() != ')') {
            value += take();
        }
        return value.empty() ? std::nullopt : std::optional(value);
    }

    std::string_view text_;
    const std::vector<std::string>& literals_;
    std::size_t used_ = 0;
};

}  // namespace

const std::string* FetchLine::value(std::string_view name) const {
    for (const FetchItem& item : items) {
        if (item.name == name) {
            return &item.value;
        }
    }
    return nullptr;
}

std::optional<FetchLine> parse_fetch(const Response& response) {
    const auto number = response.number("FETCH");
    const auto open = response.text.find('(');
    if (!number || open == std::string::npos) {
        return std::nullopt;
    }
    Reader reader(std::string_view(response.text).substr(open + 1), response.literals);
    FetchLine line{.number = *number, .items = {}};
    do {
        auto name = reader.name();
        if (!name || !reader.skip(' ')) {
            return std::nullopt;
        }
        auto value = reader.value();
        if (!value) {
            return std::nullopt;
        }
        line.items.push_back({std::move(*name), std::move(*value)});
    } while (reader.skip(' '));
    return reader.skip(')') && reader.at_end() ? std::optional(std::move(line)) : std::nullopt;
}

}  // namespace postrider::bench::stress
