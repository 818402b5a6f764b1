#include "auth/fields.hpp"

namespace postrider::auth {

std::optional<std::string_view> item_value(std::string_view list, char separator, std::string_view name) {
    std::optional<std::string_view> value;
    each_item(list, separator, [&](std::string_view item) {
        if (item_name(item) == name) {
            value = item.substr(std::min(name.size() + 1, item.size()));
        }
        return !value;
    });
    return value;
}

std::string with_default_options(std::string own, std::string_view defaults) {
    const std::size_t own_size = own.size();
    each_item(defaults, ',', [&](std::string_view item) {
        if (!item_value(std::string_view(own).substr(0, own_size), ',', item_name(item))) {
            own += own.empty() ? "" : ",";
            own += item;
        }
        return true;
    });
    return own;
}

}  // namespace postrider::auth
