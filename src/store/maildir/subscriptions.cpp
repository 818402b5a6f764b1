#include "store/maildir/subscriptions.hpp"

#include <algorithm>
#include <string_view>

#include "core/text.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

constexpr const char* subscriptions_file = "courierimapsubscribed";
constexpr std::size_t most_bytes = 16 * 1024 * 1024;

/// How many bytes of the name are the word INBOX: compared in any case.
std::size_t inbox_part(std::string_view name) {
    constexpr std::string_view inbox = "INBOX";
    const bool below = istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == '.');
    return below ? inbox.size() : 0;
}

bool same_name(std::string_view a, std::string_view b) {
    const auto part = inbox_part(a);
    return part == inbox_part(b) && a.substr(part) == b.substr(part);
}

Result<std::string> read_text(int maildir) {
    auto text = read_file(maildir, subscriptions_file, most_bytes);
    if (!text) {
        return text.error();
    }
    return text->value_or("");
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

Result<std::vector<std::string>> read_subscriptions(int maildir) {
    const auto text = read_text(maildir);
    if (!text) {
        return text.error();
    }
    std::vector<std::string> names;
    for (const auto line : lines_of(*text)) {
        if (!line.empty()) {
            names.emplace_back(line);
        }
    }
    return names;
}

Result<void> set_subscribed(int maildir, const std::string& name, Subscribed subscribed, const std::string& host,
                            Durability durability) {
    if (name.empty() || name.find('\n') != std::string::npos) {
        return Error(Code::invalid_name, log_safe(name));
    }
    const auto text = read_text(maildir);
    if (!text) {
        return text.error();
    }
    const auto lines = lines_of(*text);
    const bool listed = std::ranges::any_of(lines, [&](std::string_view line) { return same_name(line, name); });
    if (listed == (subscribed == Subscribed::yes)) {
        return {};
    }
    std::string changed;
    for (const auto line : lines) {
        if (!same_name(line, name)) {
            changed.append(line) += '\n';
        }
    }
    if (subscribed == Subscribed::yes) {
        changed.append(name) += '\n';
    }
    const auto tmp = open_directory(maildir, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    auto done = replace_file(maildir, subscriptions_file, tmp->get(), unique_name(host), changed, durability);
    if (!done) {
        // What is refused has not happened, also where the new list is in its place already but may not last.
        if (const auto present = read_text(maildir); present && *present == changed) {
            (void)replace_file(maildir, subscriptions_file, tmp->get(), unique_name(host), *text, durability);
        }
    }
    return done;
}

}  // namespace postrider::store::maildir
