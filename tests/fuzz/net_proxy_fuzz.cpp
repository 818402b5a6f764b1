// PROXY headers: in pieces the answer is the same as whole, and it comes within the longest header.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_header.hpp"

using namespace postrider;
using namespace postrider::net;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = parse_proxy_header(bytes);
    require(whole.has_error() || whole->has_value() || size < proxy_header_bytes);
    for (std::size_t part = 0; part < std::min(size, proxy_header_bytes + 1); ++part) {
        const auto early = parse_proxy_header(bytes.substr(0, part));
        if (early && !*early) {
            continue;
        }
        require(early.has_error() == whole.has_error());
        require(early ? **early == **whole : early.error() == whole.error());
        require(!early || (**early).size == part);
        return 0;
    }
    if (whole && *whole) {
        require((**whole).size == size);
        require(!(**whole).source || (**whole).source->address.is_v4() ||
                !(**whole).source->address.to_v6().is_v4_mapped());
    }
    return 0;
}
