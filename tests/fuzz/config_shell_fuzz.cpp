// Settings files with any bytes: no crash, bounded memory, and values that read back from their quoted form.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/syntax.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace postrider::config;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(parse_authdaemonrc(text, "file"));
    const auto parsed = parse_shell_assignments(text, "file", {{"KNOWN", "a b"}});
    if (!parsed) {
        return 0;
    }
    std::string again;
    std::size_t bytes = 0;
    for (const Assignment& found : *parsed) {
        again += found.name + '=' + shell_quoted(found.value) + '\n';
        bytes += found.value.size();
    }
    if (bytes > settings_bytes) {
        std::abort();
    }
    const auto second = parse_shell_assignments(again, "file", {});
    if (!second) {
        return again.size() > settings_bytes ? 0 : (std::abort(), 0);
    }
    for (std::size_t i = 0; i < parsed->size(); ++i) {
        if (second->at(i).name != parsed->at(i).name || second->at(i).value != parsed->at(i).value) {
            std::abort();
        }
    }
    return 0;
}
