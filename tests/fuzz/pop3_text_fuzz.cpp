// Messages on the wire: the first byte is TOP's number of lines and the size of the pieces. However it is cut, a client
// that takes the doubled dots and CRs away gets the text, or its beginning.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pop3/wire/message_text.hpp"

using namespace postrider::pop3::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::string printed(std::string_view text, std::uint64_t lines, std::size_t step, std::uint64_t& octets) {
    MessageText printer(lines);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += step) {
        printer.add(text.substr(at, step), out);
    }
    printer.end_line(out);
    octets = printer.octets();
    return out;
}

/// As a client reads it; each line ends in CR LF and none is a dot alone.
std::string read_back(std::string_view wire) {
    std::string text;
    while (!wire.empty()) {
        const auto end = wire.find("\r\n");
        require(end != std::string_view::npos);
        std::string_view line = wire.substr(0, end);
        require(line != "." && line.find('\n') == std::string_view::npos);
        if (line.starts_with('.')) {
            require(line.starts_with(".."));
            line.remove_prefix(1);
        }
        text += line;
        text += '\n';
        wire.remove_prefix(end + 2);
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::uint64_t octets = 0;
    std::string whole = read_back(printed(text, all_lines, size, octets));
    require(octets == text.size());
    if (!text.ends_with('\n')) {
        require(whole.ends_with('\n'));
        whole.pop_back();
    }
    require(whole == text);
    const std::uint64_t lines = data[0] % 16;
    const std::string at_once = printed(text, lines, size, octets);
    require(octets <= text.size() && read_back(at_once).starts_with(text.substr(0, octets)));
    require(at_once == printed(text, lines, data[0] / 16 + 1, octets));
    return 0;
}
