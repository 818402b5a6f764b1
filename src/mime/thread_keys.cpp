#include "mime/thread_keys.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "mime/lexer.hpp"

namespace postrider::mime {

namespace {

/// Blanks and tabs in runs become one blank, none at the ends.
std::string with_single_blanks(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!is_blank(c)) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    if (out.ends_with(' ')) {
        out.pop_back();
    }
    return out;
}

std::string_view without_blanks_before(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// subj-blob: what is behind "[...] "; the text itself when it begins with none.
std::string_view behind_blob(std::string_view text) {
    if (!text.starts_with('[')) {
        return text;
    }
    const std::size_t end = text.find_first_of("[]", 1);
    if (end == std::string_view::npos || text[end] == '[') {
        return text;
    }
    return without_blanks_before(text.substr(end + 1));
}

/// subj-refwd: what is behind "re:", "fw [x]:" and the like; an unchanged length when it begins with none.
std::string_view behind_refwd(std::string_view text) {
    const std::size_t word = istarts_with(text, "fwd")                              ? 3
                             : istarts_with(text, "re") || istarts_with(text, "fw") ? 2
                                                                                    : 0;
    if (word == 0) {
        return text;
    }
    const auto rest = behind_blob(without_blanks_before(text.substr(word)));
    return rest.starts_with(':') ? without_blanks_before(rest.substr(1)) : text;
}

/// Steps 3 to 5. Blobs that do not lead to a subj-refwd are taken off all together: none of them does.
std::string_view without_leaders(std::string_view text, bool& is_reply) {
    for (;;) {
        std::string_view last_blob = text;
        std::string_view rest = text;
        for (auto next = behind_blob(rest); next.size() != rest.size(); next = behind_blob(rest)) {
            last_blob = rest;
            rest = next;
        }
        const auto behind = behind_refwd(rest);
        if (behind.size() == rest.size()) {
            return rest.empty() ? last_blob : rest;
        }
        is_reply = true;
        text = behind;
    }
}

/// Step 2.
std::string_view without_trailers(std::string_view text, bool& is_reply) {
    constexpr std::string_view forwarded = "(fwd)";
    for (;;) {
        while (text.ends_with(' ')) {
            text.remove_suffix(1);
        }
        if (text.size() < forwarded.size() || !iequals(text.substr(text.size() - forwarded.size()), forwarded)) {
            return text;
        }
        text.remove_suffix(forwarded.size());
        is_reply = true;
    }
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
    constexpr std::string_view forwarded = "[fwd:";
    const std::string line = with_single_blanks(subject);
    std::string_view text = line;
    BaseSubject base;
    for (;;) {
        text = without_leaders(without_trailers(text, base.is_reply), base.is_reply);
        if (!istarts_with(text, forwarded) || !text.ends_with(']')) {
            base.text = text;
            return base;
        }
        text = without_blanks_before(text.substr(forwarded.size(), text.size() - forwarded.size() - 1));
        base.is_reply = true;
    }
}

std::vector<std::string> message_ids(std::string_view value) {
    std::vector<std::string> ids;
    Lexer in(value);
    for (in.until("<"); in.accept('<'); in.until("<")) {
        std::string id;
        while (!in.at_end() && in.peek() != '>') {
            if (in.peek() == '"') {
                id += in.quoted();
            } else if (is_blank(in.peek())) {
                in.skip_blanks();
            } else {
                id += in.until("> \t\r\n\"");
            }
        }
        if (in.accept('>') && !id.empty() && id.size() <= limits::message_id_bytes) {
            ids.push_back(std::move(id));
        }
    }
    if (ids.size() > limits::message_ids) {
        ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(limits::message_ids));
    }
    return ids;
}

}  // namespace postrider::mime
