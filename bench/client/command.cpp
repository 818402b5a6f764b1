#include "client/command.hpp"

#include <algorithm>
#include <utility>

namespace postrider::bench {

Command& Command::text(std::string_view text) {
    parts_.back().append(text);
    return *this;
}

Command& Command::literal(std::string bytes) {
    parts_.push_back(std::move(bytes));
    parts_.emplace_back();
    return *this;
}

Command& Command::string(std::string_view value) {
    const bool quotable = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    text(" ");
    if (!quotable) {
        return literal(std::string(value));
    }
    text("\"");
    for (const char c : value) {
        text(c == '"' || c == '\\' ? "\\" : "").text(std::string_view(&c, 1));
    }
    return text("\"");
}

}  // namespace postrider::bench
