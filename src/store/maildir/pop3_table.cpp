#include "store/maildir/pop3_table.hpp"

namespace postrider::store::maildir {

Pop3Table::Pop3Table(const std::vector<Pop3Entry>& entries) {
    std::size_t bytes = 0;
    for (const auto& entry : entries) {
        bytes += entry.name.size();
    }
    names_.reserve(bytes);
    rows_.reserve(entries.size());
    utf8_.reserve(entries.size());
    for (const auto& entry : entries) {
        names_ += entry.name;
        rows_.push_back({.octets = entry.size,
                         .number = entry.number,
                         .uid_validity = entry.uid_validity,
                         .name_end = names_.size()});
        utf8_.push_back(entry.utf8);
    }
}

std::string_view Pop3Table::name(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : rows_[index - 1].name_end;
    return std::string_view(names_).substr(begin, rows_[index].name_end - begin);
}

std::string Pop3Table::uidl(std::size_t index) const {
    const Row& row = rows_[index];
    Pop3Entry numbers{.number = row.number, .uid_validity = row.uid_validity};
    if (row.number == 0) {
        numbers.name = name(index);
    }
    return uidl_of(numbers);
}

Pop3Entry Pop3Table::entry(std::size_t index) const {
    const Row& row = rows_[index];
    return {.name = std::string(name(index)),
            .size = row.octets,
            .number = row.number,
            .uid_validity = row.uid_validity,
            .utf8 = utf8_[index]};
}

}  // namespace postrider::store::maildir
