// What is in force, for people (in the files' own syntax) and for programs (JSON).
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/syntax.hpp"
#include "config/value.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

/// The setting of one row: its assignment, or none where the standard holds.
struct InForce {
    const Setting& setting;
    const Assignment* assignment;

    std::string_view value() const {
        return assignment != nullptr ? std::string_view(assignment->value) : setting.standard;
    }
};

/// Loaded::in_force has the table's order, so the two are walked together.
std::vector<InForce> in_force(const Loaded& loaded) {
    std::vector<InForce> out;
    auto next = loaded.in_force.begin();
    for (const Setting& setting : settings_table()) {
        const bool is_set =
            next != loaded.in_force.end() && next->setting->name == setting.name && next->setting->file == setting.file;
        out.push_back({.setting = setting, .assignment = is_set ? &next++->assignment : nullptr});
    }
    return out;
}

std::string explanation(const Setting& setting) {
    std::string out = "\n# " + std::string(setting.sentence) + '\n';
    out += "# " + std::string(setting.limits) + (setting.unit.empty() ? "" : ' ' + std::string(setting.unit));
    out += setting.standard.empty() ? "; unset by default" : "; default " + std::string(setting.standard);
    out += setting.courier.empty() ? "" : ", Courier's " + std::string(setting.courier);
    return out + '\n';
}

std::string line_of(const InForce& row) {
    std::string out;
    if (row.assignment == nullptr && row.setting.standard.empty()) {
        out = '#' + std::string(row.setting.name) + '=';
    } else {
        out = std::string(row.setting.name) + '=' + shell_quoted(row.value());
    }
    constexpr std::size_t comment_column = 40;
    out.resize(std::max(out.size() + 1, comment_column), ' ');
    return out + "# " + (row.assignment != nullptr ? place_of(*row.assignment) : "default") + '\n';
}

/// Values are printable text in any encoding; bytes that are not UTF-8 are written as if they were Latin-1.
std::string json_text(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const bool utf8 = is_utf8(text);
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (is_control(c) || (byte > 127 && !utf8)) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string json_of(const InForce& row) {
    const Setting& setting = row.setting;
    const bool has_value = row.assignment != nullptr || !setting.standard.empty();
    std::string out = "{\"name\":" + json_text(setting.name) + ",\"file\":" + json_text(setting.file) + ",\"value\":";
    out += has_value ? json_text(row.value()) : "null";
    out += ",\"set_at\":" + (row.assignment != nullptr ? json_text(place_of(*row.assignment)) : "null");
    out += ",\"default\":" + (setting.standard.empty() ? "null" : json_text(setting.standard));
    out += ",\"courier_default\":" + (setting.courier.empty() ? "null" : json_text(setting.courier));
    out += ",\"unit\":" + json_text(setting.unit) + ",\"limits\":" + json_text(setting.limits);
    return out + ",\"sentence\":" + json_text(setting.sentence) + '}';
}

}  // namespace

std::string show(const Loaded& loaded, bool explain, bool json) {
    std::string out;
    std::string_view file;
    for (const InForce& row : in_force(loaded)) {
        if (json) {
            out += (out.empty() ? "[\n" : ",\n") + json_of(row);
            continue;
        }
        if (row.setting.file != file) {
            out += (file.empty() ? "## " : "\n## ") + std::string(row.setting.file) + '\n';
            file = row.setting.file;
        }
        out += (explain ? explanation(row.setting) : "") + line_of(row);
    }
    return json ? out + "\n]\n" : out;
}

}  // namespace postrider::config
