// Messages between our processes, and the settings of roles: what is read is written as it came. The first byte chooses
// the struct: a message's kind, then FrontSettings and WorkerSettings.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "service/every_message.hpp"
#include "service/messages.hpp"
#include "service/role_settings.hpp"

using namespace postrider::service;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// An address in text has more than one form.
template <class M>
constexpr bool has_address = std::is_same_v<M, Serve> || std::is_same_v<M, HandOver>;

template <class M>
void check(std::string_view bytes) {
    const auto message = decoded<M>(bytes);
    if (!message) {
        return;
    }
    const std::string written = encoded(*message);
    require(has_address<M> || written == bytes);
    const auto again = decoded<M>(written);
    require(again.has_value());
    require(encoded(*again) == written);
}

using Every = decltype(std::tuple_cat(std::declval<postrider::test::EveryMessage>(),
                                      std::declval<std::tuple<FrontSettings, WorkerSettings>>()));

template <std::size_t... I>
void check_one(std::size_t which, std::string_view bytes, std::index_sequence<I...>) {
    ((which == I ? check<std::tuple_element_t<I, Every>>(bytes) : void()), ...);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 0) {
        const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
        check_one(data[0], bytes, std::make_index_sequence<std::tuple_size_v<Every>>());
    }
    return 0;
}
