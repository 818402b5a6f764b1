// authldaprc and its like: a file with its marker is read whatever else stands in it, and no value has a line end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "auth/source_file.hpp"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string whole = "##NAME: MARKER:0\n" + text;
    if (text.find('\0') != std::string::npos) {
        return 0;
    }
    const postrider::auth::SourceFile file(whole, "rc");
    for (const std::string_view name : {"LDAP_URI", "LDAP_TIMEOUT", "A", "\\"}) {
        const std::string& value = file.text(name);
        require(value.find('\n') == std::string::npos);
        require(value.empty() || (value.front() != ' ' && value.back() != ' '));
        try {
            require(file.number(name, 5, 1, 60) <= 60);
        } catch (const std::runtime_error& error) {
            require(std::string_view(error.what()).starts_with("rc:"));
        }
    }
    return 0;
}
