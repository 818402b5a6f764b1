// The syntax of authdaemonrc as Courier's daemon reads it, which is not a shell's. compat/config.md section 8.
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/syntax.hpp"
#include "core/text.hpp"

namespace postrider::config {

boost::system::result<std::vector<Assignment>, FileSyntaxError> parse_authdaemonrc(std::string_view text,
                                                                                   const std::string& file) {
    if (auto unreadable = unreadable_text(text)) {
        return *unreadable;
    }
    std::vector<Assignment> found;
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        line = line.substr(0, line.find('#'));
        if (trimmed(line).empty()) {
            continue;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) {
            return FileSyntaxError{.line = number,
                                   .reason = "expected NAME=value, found \"" + log_safe(trimmed(line), 40) + '"'};
        }
        std::string_view value = trimmed(line.substr(equals + 1));
        if (value.starts_with('"')) {
            const auto close = value.find('"', 1);
            if (close == std::string_view::npos) {
                return FileSyntaxError{.line = number,
                                       .reason = "no closing \" on this line (a # ends it, also within quotes)"};
            }
            value = value.substr(1, close - 1);
        }
        // The name stays as it is written: indented, it is not the setting, for Courier neither.
        found.push_back(
            {.name = std::string(line.substr(0, equals)), .value = std::string(value), .file = file, .line = number});
    }
    return found;
}

}  // namespace postrider::config
