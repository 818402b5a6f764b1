#include "config/row.hpp"

#include <algorithm>

#include "config/listener_rows.hpp"

namespace postrider::config {

std::span<const Row> rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> out;
        for (const auto part : {plain_listener_rows(Protocol::imap), imapd_rows(), tls_listener_rows(Protocol::imap),
                                plain_listener_rows(Protocol::pop3), pop3d_rows(), tls_listener_rows(Protocol::pop3),
                                auth_rows(), other_rows(), index_rows(), role_rows()}) {
            out.insert(out.end(), part.begin(), part.end());
        }
        return out;
    }();
    return all;
}

std::span<const Setting> settings_table() {
    static const std::vector<Setting> all = [] {
        std::vector<Setting> out;
        std::ranges::transform(rows(), std::back_inserter(out), &Row::setting);
        return out;
    }();
    return all;
}

const Row* row_of(std::string_view name, std::string_view file) {
    const auto found = std::ranges::find_if(
        rows(), [&](const Row& row) { return row.setting.name == name && (file.empty() || row.setting.file == file); });
    return found == rows().end() ? nullptr : &*found;
}

}  // namespace postrider::config
