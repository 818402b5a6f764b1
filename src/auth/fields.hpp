// "name=value" lists: userdb records (separated by "|") and account options (separated by ",").
// compat/userdb.md section 4.1, compat/auth.md section 6. Neither has a way to quote its separator.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

/// Calls visit(item) for each non-empty item of the list, in order, until visit gives false.
template <class Visit>
void each_item(std::string_view list, char separator, Visit visit) {
    std::size_t begin = 0;
    while (begin < list.size()) {
        const std::size_t end = std::min(list.find(separator, begin), list.size());
        if (end > begin && !visit(list.substr(begin, end - begin))) {
            return;
        }
        begin = end + 1;
    }
}

/// The part of "name=value" before the first "=", or all of it.
constexpr std::string_view item_name(std::string_view item) {
    return item.substr(0, item.find('='));
}

/// The value of the first item of that name; "" when it stands without "=". None: not there.
std::optional<std::string_view> item_value(std::string_view list, char separator, std::string_view name);

/// The account's own options, then those of `defaults` whose names it does not have. compat/auth.md section 3.4.
std::string with_default_options(std::string own, std::string_view defaults);

}  // namespace postrider::auth
