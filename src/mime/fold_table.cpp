// Pages of the table are filled when the first character of theirs is met; all threads share them, none is freed.
#include "mime/fold_table.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>

namespace postrider::mime {

namespace {

constexpr std::int32_t page_size = 256;
using Page = std::array<std::uint16_t, page_size>;

const icu::Normalizer2& normalizer() {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* instance = icu::Normalizer2::getNFKCCasefoldInstance(error);
    if (U_FAILURE(error)) {
        throw std::runtime_error("ICU has no NFKC_Casefold data");
    }
    return *instance;
}

std::uint16_t fold_of(std::int32_t point) {
    if (U_IS_SURROGATE(point) || !normalizer().hasBoundaryBefore(point)) {
        return 0;
    }
    if (u_isUWhiteSpace(point)) {
        return ' ';
    }
    UErrorCode error = U_ZERO_ERROR;
    const icu::UnicodeString folded = normalizer().normalize(icu::UnicodeString(static_cast<UChar32>(point)), error);
    return U_SUCCESS(error) && folded.length() == 1 ? static_cast<std::uint16_t>(folded.charAt(0)) : std::uint16_t{0};
}

const Page& page_of(std::int32_t point) {
    static std::array<std::atomic<const Page*>, 0x10000 / page_size> pages{};
    std::atomic<const Page*>& place = pages[static_cast<std::size_t>(point / page_size)];
    if (const Page* page = place.load(std::memory_order_acquire)) {
        return *page;
    }
    auto filled = std::make_unique<Page>();
    const std::int32_t first = point / page_size * page_size;
    for (std::int32_t i = 0; i < page_size; ++i) {
        (*filled)[static_cast<std::size_t>(i)] = fold_of(first + i);
    }
    const Page* other = nullptr;
    return place.compare_exchange_strong(other, filled.get(), std::memory_order_acq_rel) ? *filled.release() : *other;
}

}  // namespace

std::uint16_t simple_fold(std::int32_t point) {
    return point < 0x10000 ? page_of(point)[static_cast<std::size_t>(point % page_size)] : std::uint16_t{0};
}

bool may_begin(std::int32_t point) {
    return normalizer().hasBoundaryBefore(point);
}

}  // namespace postrider::mime
