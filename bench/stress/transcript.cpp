#include "stress/transcript.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace postrider::bench::stress {

void SessionTranscript::add(Direction direction, std::string_view bytes) {
    const char who = direction == Direction::sent ? 'C' : 'S';
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const std::string_view line = bytes.substr(0, end);
        if (is_open_ && last_who_ == who) {
            lines_.back().append(line);
            bytes_ += line.size();
        } else {
            add_line(who, line);
        }
        is_open_ = end == std::string_view::npos;
        if (!is_open_ && lines_.back().ends_with('\r')) {
            lines_.back().pop_back();
            --bytes_;
        }
        bytes.remove_prefix(is_open_ ? bytes.size() : end + 1);
    }
}

void SessionTranscript::note(std::string_view text) {
    add_line('-', text);
    is_open_ = false;
}

void SessionTranscript::add_line(char who, std::string_view line) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin_;
    std::array<char, 32> prefix{};
    std::snprintf(prefix.data(), prefix.size(), "%11.6f %c: ", since.count(), who);
    lines_.push_back(prefix.data() + std::string(line));
    bytes_ += lines_.back().size();
    last_who_ = who;
    while (bytes_ > most_ && lines_.size() > 1) {
        bytes_ -= lines_.front().size();
        lines_.pop_front();
    }
}

std::string SessionTranscript::text() const {
    std::string text;
    for (const std::string& line : lines_) {
        text += line + "\n";
    }
    return text;
}

}  // namespace postrider::bench::stress
