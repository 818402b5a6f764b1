// The messages of a POP3 list in little memory: what the sessions of an account share. Immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/maildir/pop3_list.hpp"

namespace postrider::store::maildir {

/// Rows go by their index, 0..size()-1, in the order of the entries. 32 bytes and its name a message.
class Pop3Table {
public:
    Pop3Table() = default;
    explicit Pop3Table(const std::vector<Pop3Entry>& entries);

    std::size_t size() const { return rows_.size(); }
    /// A view into the table.
    std::string_view name(std::size_t index) const;
    std::uint64_t octets(std::size_t index) const { return rows_[index].octets; }
    bool is_utf8(std::size_t index) const { return utf8_[index]; }
    std::string uidl(std::size_t index) const;
    Pop3Entry entry(std::size_t index) const;
    /// Bytes on the heap.
    std::size_t memory() const { return names_.capacity() + rows_.capacity() * sizeof(Row) + utf8_.capacity() / 8; }

private:
    struct Row {
        std::uint64_t octets;
        std::uint64_t number;
        std::uint64_t uid_validity;
        std::uint64_t name_end;  ///< in names_; the next row's begins there
    };

    std::string names_;
    std::vector<Row> rows_;
    std::vector<bool> utf8_;
};

}  // namespace postrider::store::maildir
