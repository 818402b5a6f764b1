#include "auth/process_secret.hpp"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

/// VmFlags of every mapping of this process.
std::string mapping_flags() {
    std::ifstream maps("/proc/self/smaps");
    std::string flags;
    for (std::string line; std::getline(maps, line);) {
        flags += line.starts_with("VmFlags:") ? line + " \n" : "";
    }
    return flags;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

TEST_CASE("the secret's page stays out of core dumps") {
    const auto before = count_of(mapping_flags(), " dd ");
    const ProcessSecret secret;
    CHECK(count_of(mapping_flags(), " dd ") == before + 1);
}

}  // namespace
}  // namespace postrider::auth
