#include "auth/source_file.hpp"

#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view marker = "##NAME: MARKER:";

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// A line, joined by one blank each with those that it goes on with.
std::string take_joined(std::string_view& text, int& number) {
    std::string whole(trimmed(take_line(text)));
    ++number;
    while (whole.ends_with('\\') && !whole.starts_with('#') && !text.empty()) {
        whole.pop_back();
        whole = std::string(trimmed(whole)) + " " + std::string(trimmed(take_line(text)));
        ++number;
    }
    return whole;
}

}  // namespace

SourceFile::SourceFile(std::string_view text, std::string path) : path_(std::move(path)) {
    if (text.find('\0') != std::string_view::npos) {
        throw std::runtime_error(path_ + ": NUL character");
    }
    if (!text.starts_with(marker) && text.find("\n" + std::string(marker)) == std::string_view::npos) {
        throw std::runtime_error(path_ + ": no line that begins with \"" + std::string(marker) +
                                 "\": the file is not whole");
    }
    read(text);
}

void SourceFile::read(std::string_view text) {
    for (int number = 0; !text.empty();) {
        const int first = number + 1;
        const std::string line = take_joined(text, number);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto end = line.find_first_of(blanks);
        const auto value = end == std::string::npos ? "" : trimmed(std::string_view(line).substr(end));
        values_.try_emplace(line.substr(0, end), Value{std::string(value), first});  // the first one counts
    }
}

const std::string& SourceFile::text(std::string_view name) const {
    static const std::string nothing;
    const auto found = values_.find(name);
    return found == values_.end() ? nothing : found->second.text;
}

const std::string& SourceFile::required(std::string_view name) const {
    const std::string& value = text(name);
    if (value.empty()) {
        refuse(name, "is required");
    }
    return value;
}

unsigned SourceFile::number(std::string_view name, unsigned standard, unsigned least, unsigned most) const {
    const std::string& value = text(name);
    if (value.empty()) {
        return standard;
    }
    const auto number = parse_decimal<unsigned>(value);
    if (!number || *number < least || *number > most) {
        refuse(name, "expected a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return *number;
}

bool SourceFile::is_on(std::string_view name) const {
    return number(name, 0, 0, std::numeric_limits<unsigned>::max()) != 0;
}

void SourceFile::refuse(std::string_view name, const std::string& reason) const {
    const auto found = values_.find(name);
    const std::string line = found == values_.end() ? "" : ":" + std::to_string(found->second.line);
    throw std::runtime_error(path_ + line + ": " + std::string(name) + ": " + reason);
}

SourceFile read_source_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(limits::source_file_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.eof() && !in.fail()) {
        throw std::runtime_error(path + ": longer than 1 MiB");
    }
    if (in.bad() || !in.is_open()) {
        throw std::runtime_error(path + ": cannot be read");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    return SourceFile(text, path);
}

}  // namespace postrider::auth
