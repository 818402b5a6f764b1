// What a PAM child and its parent send each other: what is read is what would be written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/pam/message.hpp"

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace postrider::auth;
    const std::string_view packet(reinterpret_cast<const char*>(data), size);
    if (const auto request = decoded_request(packet)) {
        require(encoded(*request) == packet);
        require(is_pam_service(request->service));
    }
    if (const auto answer = decoded_answer(packet)) {
        const auto again = decoded_answer(encoded(*answer));
        require(again && again->verdict == answer->verdict && again->detail == answer->detail);
    }
    return 0;
}
