// Listings for people: aligned columns, whatever clients put into them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::cli {

/// Text of strangers made safe to show: what a terminal would obey rather than show (control characters, marks of
/// writing direction and other invisible ones) and each byte that is not UTF-8 become '.'.
std::string harmless(std::string_view text);

/// The columns that harmless text takes on a terminal: East Asian wide characters two, combining ones none.
std::size_t display_width(std::string_view text);

enum class Align : std::uint8_t { left, right };

struct Column {
    std::string_view heading;
    Align align = Align::left;
};

/// One line for the headings and one for each row, which has a cell for each column; cells are made harmless, an empty
/// one is shown as "-". A cell much wider than usual shifts its own line only.
/// width: the last column is cut so that lines fit into so many columns; 0: nothing is cut. Pure.
std::string table_text(std::span<const Column> columns, std::span<const std::vector<std::string>> rows,
                       std::size_t width);

/// Of standard output; 0 when that is no terminal.
std::size_t terminal_width();

/// "59s", "5m07s", "3h05m", "12d04h"; what is negative counts as 0. Pure.
std::string duration_text(std::int64_t seconds);

}  // namespace postrider::cli
