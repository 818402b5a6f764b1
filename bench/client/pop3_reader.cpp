#include "client/pop3_reader.hpp"

#include "client/connection.hpp"

namespace postrider::bench {

void Pop3Reader::begin(Answer answer) {
    *this = Pop3Reader();
    answer_ = answer;
}

std::size_t Pop3Reader::feed(std::string_view input, const OnLine& on_line) {
    std::size_t used = 0;
    while (!is_complete_ && used < input.size()) {
        const std::string_view rest = input.substr(used);
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) {
            partial_.append(rest);
            used = input.size();
        } else if (partial_.empty()) {
            take(rest.substr(0, end), on_line);
            used += end + 1;
        } else {
            partial_.append(rest.substr(0, end));
            take(partial_, on_line);
            partial_.clear();
            used += end + 1;
        }
        if (partial_.size() > max_line) {
            throw ConnectionError("a line of more than " + std::to_string(max_line) + " bytes");
        }
    }
    return used;
}

void Pop3Reader::take(std::string_view line, const OnLine& on_line) {
    if (!line.ends_with('\r')) {
        throw ConnectionError("a line ends in LF without CR: " + std::string(line.substr(0, 200)));
    }
    line.remove_suffix(1);
    if (!in_lines_) {
        reply_.ok = line.starts_with("+OK");
        reply_.text = line;
        if (!reply_.ok && !line.starts_with("-ERR")) {
            throw ConnectionError("not an answer: " + reply_.text.substr(0, 200));
        }
        in_lines_ = reply_.ok && answer_ == Answer::lines;
        is_complete_ = !in_lines_;
    } else if (line == ".") {
        is_complete_ = true;
    } else if (on_line) {
        on_line(line.starts_with('.') ? line.substr(1) : line);
    }
}

}  // namespace postrider::bench
