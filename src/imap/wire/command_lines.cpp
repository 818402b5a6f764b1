// Literal marks, tags and command words. RFC 3501 sections 2.2.1 and 9, RFC 7888.
#include "imap/wire/command_lines.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "imap/wire/arg_reader.hpp"

namespace postrider::imap::wire {

namespace {

constexpr std::size_t tag_bytes = 128;
constexpr std::size_t word_bytes = 64;

std::size_t skip_blanks(std::string_view line, std::size_t at) {
    return std::min(line.find_first_not_of(' ', at), line.size());
}

std::string_view run_at(std::string_view line, std::size_t at, bool (*fits)(char)) {
    const auto rest = line.substr(at);
    return rest.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(rest, fits) - rest.begin()));
}

/// The command word at args_at, which moves behind it and its blanks. Sets the problem when there is none.
std::string_view take_word(std::string_view line, CommandHead& head) {
    const auto word = run_at(line, head.args_at, is_atom_char);
    const auto end = head.args_at + word.size();
    const bool ends_well = end == line.size() || line[end] == ' ' || line[end] == '(';
    if (word.empty() || word.size() > word_bytes || !ends_well) {
        head.problem = end == line.size() && word.empty() ? "no command behind the tag" : "not a command word";
        return {};
    }
    head.args_at = skip_blanks(line, end);
    return word;
}

/// Sets tag and args_at, or the problem.
void take_tag(std::string_view line, CommandHead& head) {
    const auto begin = skip_blanks(line, 0);
    if (begin == line.size()) {
        head.problem = "empty command line";
        return;
    }
    const auto tag = run_at(line, begin, is_astring_char);
    const auto end = begin + tag.size();
    if (tag.empty() || tag.front() == '+' || (end < line.size() && line[end] != ' ')) {
        head.problem = "not a tag";
        return;
    }
    if (tag.size() > tag_bytes) {
        head.problem = "tag too long";
        return;
    }
    head.tag = tag;
    head.args_at = skip_blanks(line, end);
}

}  // namespace

std::optional<LiteralMark> literal_mark(std::string_view line) {
    LiteralMark mark;
    auto rest = line;
    if (!rest.ends_with('}')) {
        return std::nullopt;
    }
    rest.remove_suffix(1);
    if (rest.ends_with('+')) {
        rest.remove_suffix(1);
        mark.synchronising = false;
    }
    const auto open = rest.find_last_not_of("0123456789");
    if (open == std::string_view::npos || rest[open] != '{') {
        return std::nullopt;
    }
    const auto size = parse_decimal<std::uint64_t>(rest.substr(open + 1));
    if (!size || *size > INT64_MAX) {
        return std::nullopt;
    }
    mark.size = *size;
    mark.binary = open > 0 && rest[open - 1] == '~';
    mark.length = line.size() - open + (mark.binary ? 1 : 0);
    return mark;
}

CommandHead parse_command_head(std::string_view line) {
    CommandHead head{.tag = "*", .args_at = line.size()};
    take_tag(line, head);
    if (!head.problem.empty()) {
        return head;
    }
    head.name = upper(take_word(line, head));
    if (head.name == "UID") {
        const auto word = take_word(line, head);
        head.name = word.empty() ? "" : "UID " + upper(word);
        if (word.empty()) {
            head.problem = "no command behind UID";
        }
    }
    if (!head.problem.empty()) {
        head.args_at = line.size();
    }
    return head;
}

}  // namespace postrider::imap::wire
