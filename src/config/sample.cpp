// Sample files and the settings part of the manual page, both from the table.
#include <algorithm>
#include <string>
#include <string_view>

#include "config/row.hpp"

namespace postrider::config {

namespace {

struct FileRow {
    std::string_view name;
    std::string_view purpose;
};

constexpr FileRow files[] = {
    {"imapd", "the IMAP server: addresses, mailboxes, behaviour."},
    {"imapd-ssl", "TLS for the IMAP server; read together with imapd."},
    {"pop3d", "the POP3 server: whether it runs, addresses, behaviour."},
    {"pop3d-ssl", "TLS for the POP3 server; read together with pop3d."},
    {"authdaemonrc", "where accounts come from."},
    {"postrider", "what Courier has no setting for: threads, processes, proxies, durability, limits, log."},
};

/// Comment lines of at most 78 characters.
std::string comment(std::string_view text) {
    constexpr std::size_t width = 76;
    std::string out;
    while (!text.empty()) {
        std::size_t end = text.size();
        if (end > width) {
            end = text.rfind(' ', width);
            end = end == std::string_view::npos ? std::min(text.find(' '), text.size()) : end;
        }
        out += "# " + std::string(text.substr(0, end)) + '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string limits_sentence(const Setting& setting) {
    std::string out = std::string(setting.limits) + (setting.unit.empty() ? "" : ' ' + std::string(setting.unit));
    out += setting.standard.empty() ? ". Unset by default" : ". Default: " + std::string(setting.standard);
    return out + (setting.courier.empty() ? "." : " (Courier: " + std::string(setting.courier) + ").");
}

/// Text for troff: a backslash is written \e, a hyphen that must stay one \-, and no line begins with a control
/// character.
std::string troff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if ((c == '.' || c == '\'') && out.empty()) {
            out += std::string("\\&") + c;
        } else {
            out += c;
        }
    }
    return out;
}

/// As both syntaxes read it.
std::string quoted(std::string_view value) {
    const bool has_blank = value.find(' ') != std::string_view::npos;
    return has_blank ? '"' + std::string(value) + '"' : std::string(value);
}

}  // namespace

std::string sample_file(std::string_view file) {
    const auto* about = std::ranges::find(files, file, &FileRow::name);
    if (about == std::ranges::end(files)) {
        return {};
    }
    std::string out = "##VERSION: postrider-1\n#\n";
    out += comment(std::string(file) + ": settings of " + std::string(about->purpose));
    out += "#\n" + comment(
                       "Lines NAME=value as in sh: quotes, backslash, $NAME, comments. Nothing is executed. "
                       "A line that begins with #NAME= is not set. postrider.5 has more; "
                       "\"postrider config check\" reads the files without starting anything.");
    for (const Row& row : rows()) {
        if (row.setting.file == file) {
            out += "\n##NAME: " + std::string(row.section) + "\n#\n" + comment(row.setting.sentence) + "#\n" +
                   comment(limits_sentence(row.setting)) + '\n' + (row.setting.standard.empty() ? "#" : "") +
                   std::string(row.setting.name) + '=' + quoted(row.setting.standard) + '\n';
        }
    }
    return out;
}

std::string manual_section(std::string_view file) {
    std::string out;
    for (const Setting& setting : settings_table()) {
        if (setting.file == file) {
            out += ".TP\n.B " + troff(setting.name) + '\n' + troff(setting.sentence) + "\n.br\n" +
                   troff(limits_sentence(setting)) + '\n';
        }
    }
    return out;
}

}  // namespace postrider::config
