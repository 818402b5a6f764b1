// Account options. compat/auth.md section 6.
#include "auth/account.hpp"

#include "auth/fields.hpp"
#include "core/text.hpp"

namespace postrider::auth {

std::optional<std::string_view> Account::option(std::string_view name) const {
    return item_value(options, ',', name);
}

bool Account::is_on(std::string_view name) const {
    const auto value = option(name);
    if (!value) {
        return false;
    }
    std::string_view text = trimmed(*value);
    if (text.starts_with('-') || text.starts_with('+')) {
        text.remove_prefix(1);
    } else if (!text.empty() && (to_lower(text.front()) == 't' || to_lower(text.front()) == 'y')) {
        return true;
    }
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    return digits.find_first_not_of('0') != std::string_view::npos;
}

std::string Account::maildir_path(const std::string& standard) const {
    const std::string path = maildir.value_or(standard);
    if (path.empty() || path.front() == '/') {
        return path;
    }
    return home.empty() ? path : home + "/" + path;
}

}  // namespace postrider::auth
