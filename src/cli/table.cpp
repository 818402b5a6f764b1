#include "cli/table.hpp"

#include <sys/ioctl.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace postrider::cli {

namespace {

constexpr std::size_t widest_column = 50;  ///< that others are aligned behind
constexpr std::string_view gap = "  ";

struct Character {
    std::string_view bytes;
    UChar32 code;  ///< negative: no UTF-8
};

Character next_character(std::string_view text, std::size_t& at) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const std::size_t begin = at;
    UChar32 code = 0;
    U8_NEXT(bytes, at, text.size(), code);
    return {text.substr(begin, at - begin), code};
}

bool is_shown(UChar32 code) {
    constexpr std::uint32_t not_shown =
        U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK | U_GC_CN_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
    return code >= 0 && (U_GET_GC_MASK(code) & not_shown) == 0;
}

std::size_t width_of(UChar32 code) {
    if ((U_GET_GC_MASK(code) & (U_GC_MN_MASK | U_GC_ME_MASK)) != 0) {
        return 0;
    }
    const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

/// The longest beginning that takes at most so many columns.
std::string_view cut(std::string_view text, std::size_t most) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        width += width_of(next_character(text, at).code);
        if (width > most) {
            return text.substr(0, begin);
        }
    }
    return text;
}

using Cells = std::vector<std::string>;

std::vector<std::size_t> widths_of(const std::vector<Cells>& lines, std::size_t columns) {
    std::vector<std::size_t> widths(columns);
    for (const Cells& line : lines) {
        for (std::size_t i = 0; i < columns; ++i) {
            widths[i] = std::max(widths[i], std::min(display_width(line[i]), widest_column));
        }
    }
    return widths;
}

std::string line_text(std::span<const Column> columns, const std::vector<std::size_t>& widths, const Cells& cells,
                      std::size_t width) {
    std::string line;
    for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
        const std::size_t taken = display_width(cells[i]);
        const std::string padding(widths[i] > taken ? widths[i] - taken : 0, ' ');
        line += columns[i].align == Align::right ? padding + cells[i] : cells[i] + padding;
        line += gap;
    }
    const std::size_t before = display_width(line);
    const std::string& last = cells.back();
    line += width == 0 ? std::string_view(last) : cut(last, width > before ? width - before : 0);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

}  // namespace

std::string harmless(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const Character next = next_character(text, at);
        if (is_shown(next.code)) {
            out += next.bytes;
        } else {
            out.append(next.code < 0 ? next.bytes.size() : 1, '.');
        }
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        width += width_of(next_character(text, at).code);
    }
    return width;
}

std::string table_text(std::span<const Column> columns, std::span<const std::vector<std::string>> rows,
                       std::size_t width) {
    std::vector<Cells> lines(1);
    for (const Column& column : columns) {
        lines.front().emplace_back(column.heading);
    }
    for (const Cells& row : rows) {
        Cells& line = lines.emplace_back();
        for (const std::string& cell : row) {
            line.push_back(cell.empty() ? "-" : harmless(cell));
        }
    }
    const auto widths = widths_of(lines, columns.size());
    std::string out;
    for (const Cells& line : lines) {
        out += line_text(columns, widths, line, width);
    }
    return out;
}

std::size_t terminal_width() {
    winsize size{};
    return ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string duration_text(std::int64_t seconds) {
    const long long all = std::max<std::int64_t>(seconds, 0);
    const auto pair = [](long long large, char large_unit, long long small, char small_unit) {
        char small_text[8];
        std::snprintf(small_text, sizeof small_text, "%02d%c", static_cast<int>(small), small_unit);
        return std::to_string(large) + large_unit + small_text;
    };
    constexpr long long minute = 60;
    constexpr long long hour = 60 * minute;
    constexpr long long day = 24 * hour;
    if (all < minute) {
        return std::to_string(all) + 's';
    }
    if (all < hour) {
        return pair(all / minute, 'm', all % minute, 's');
    }
    return all < day ? pair(all / hour, 'h', all % hour / minute, 'm') : pair(all / day, 'd', all % day / hour, 'h');
}

}  // namespace postrider::cli
