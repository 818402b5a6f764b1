#include "pop3/wire/message_text.hpp"

namespace postrider::pop3::wire {

void MessageText::add(std::string_view text, std::string& out) {
    out.reserve(out.size() + text.size() + text.size() / 16);
    while (!text.empty() && !is_full()) {
        const auto end = text.find('\n');
        const std::string_view part = text.substr(0, end);
        if (!part.empty()) {
            if (line_ == Line::nothing && part.front() == '.') {
                out += '.';
            }
            line_ = line_ == Line::nothing && part == "\r" ? Line::cr : Line::text;
            out += part;
            octets_ += part.size();
        }
        if (end == std::string_view::npos) {
            return;
        }
        out += "\r\n";
        ++octets_;
        end_of_line();
        text.remove_prefix(end + 1);
    }
}

void MessageText::end_of_line() {
    if (!in_header_) {
        --body_lines_;
    } else if (line_ != Line::text) {
        in_header_ = false;
    }
    line_ = Line::nothing;
}

void MessageText::end_line(std::string& out) {
    if (line_ != Line::nothing || octets_ == 0) {
        out += "\r\n";
    }
    if (line_ != Line::nothing) {
        end_of_line();
    }
}

}  // namespace postrider::pop3::wire
