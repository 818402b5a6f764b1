#include "auth/userdb_text.hpp"

#include <algorithm>

namespace postrider::auth {

namespace {

struct Line {
    std::size_t begin = 0;
    std::size_t end = 0;  ///< of its text; a newline or the end of the file stands there
};

/// Calls visit(name, line) for each record until it gives false.
template <class Visit>
void each_record(std::string_view text, Visit visit) {
    Line line;
    while (line.begin < text.size()) {
        line.end = std::min(text.find('\n', line.begin), text.size());
        const auto content = text.substr(line.begin, line.end - line.begin);
        const bool is_record = !content.empty() && content.front() != '#';
        if (is_record && !visit(content.substr(0, content.find('\t')), line)) {
            return;
        }
        line.begin = line.end + 1;
    }
}

std::optional<Line> line_of(std::string_view text, std::string_view name) {
    std::optional<Line> found;
    each_record(text, [&](std::string_view each_name, Line line) {
        if (each_name == name) {
            found = line;
        }
        return !found;
    });
    return found;
}

std::string_view name_of(std::string_view field) {
    return field.substr(0, field.find('='));
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    const auto tab = line.find('\t');
    std::size_t begin = tab == std::string_view::npos ? line.size() : tab + 1;
    while (begin < line.size()) {
        const auto end = std::min(line.find('|', begin), line.size());
        if (end > begin) {
            fields.push_back(line.substr(begin, end - begin));
        }
        begin = end + 1;
    }
    return fields;
}

std::string joined(std::string_view name, const std::vector<std::string_view>& fields) {
    std::string line(name);
    char separator = '\t';
    for (const auto field : fields) {
        line += separator;
        line += field;
        separator = '|';
    }
    return line;
}

std::string replaced(std::string_view text, Line line, std::string_view content) {
    std::string out(text.substr(0, line.begin));
    out += content;
    out += text.substr(line.end);
    return out;
}

}  // namespace

std::vector<std::string_view> record_names(std::string_view text) {
    std::vector<std::string_view> names;
    each_record(text, [&](std::string_view name, Line) {
        names.push_back(name);
        return true;
    });
    return names;
}

std::optional<std::vector<std::string_view>> record_fields(std::string_view text, std::string_view name) {
    const auto line = line_of(text, name);
    if (!line) {
        return std::nullopt;
    }
    return fields_of(text.substr(line->begin, line->end - line->begin));
}

std::string with_fields(std::string_view text, std::string_view name, const std::vector<std::string>& fields) {
    const auto line = line_of(text, name);
    if (!line) {
        const std::string_view gap = text.empty() || text.back() == '\n' ? "" : "\n";
        const auto added = joined(name, std::vector<std::string_view>(fields.begin(), fields.end()));
        return std::string(text) + std::string(gap) + added + '\n';
    }
    auto kept = fields_of(text.substr(line->begin, line->end - line->begin));
    for (const std::string_view field : fields) {
        const auto old = std::ranges::find(kept, name_of(field), name_of);
        if (old == kept.end()) {
            kept.push_back(field);
        } else {
            *old = field;
        }
    }
    return replaced(text, *line, joined(name, kept));
}

std::string without_fields(std::string_view text, std::string_view name, const std::vector<std::string>& names) {
    const auto line = line_of(text, name);
    if (!line || names.empty()) {
        return std::string(text);
    }
    auto kept = fields_of(text.substr(line->begin, line->end - line->begin));
    std::erase_if(kept,
                  [&](std::string_view field) { return std::ranges::find(names, name_of(field)) != names.end(); });
    return replaced(text, *line, joined(name, kept));
}

std::string without_record(std::string_view text, std::string_view name) {
    const auto line = line_of(text, name);
    if (!line) {
        return std::string(text);
    }
    return replaced(text, {line->begin, std::min(line->end + 1, text.size())}, "");
}

}  // namespace postrider::auth
