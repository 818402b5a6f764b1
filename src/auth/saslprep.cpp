#include "auth/saslprep.hpp"

#include <openssl/crypto.h>
#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "core/limits.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t most_growth = 18;  // U+FDFA, one UTF-16 unit, becomes so many: none grows more in NFKC

using Profile = std::unique_ptr<UStringPrepProfile, decltype(&usprep_close)>;

/// ICU keeps the tables: to open them again is to count a reference.
Profile open_profile() {
    UErrorCode error = U_ZERO_ERROR;
    Profile profile(::usprep_openByType(USPREP_RFC4013_SASLPREP, &error), usprep_close);
    if (U_FAILURE(error)) {
        throw std::runtime_error("ICU has no SASLprep");
    }
    return profile;
}

/// UTF-16 that is zeros when it ends: it may hold a password.
struct WideText {
    explicit WideText(std::size_t most) : units(most, u'\0') {}
    WideText(const WideText&) = delete;
    WideText& operator=(const WideText&) = delete;
    ~WideText() { OPENSSL_cleanse(units.data(), units.size() * sizeof units.front()); }

    char16_t* data() { return units.data(); }
    std::int32_t capacity() const { return static_cast<std::int32_t>(units.size()); }

    std::u16string units;
    std::int32_t size = 0;
};

std::int32_t length_of(std::string_view text) {
    return static_cast<std::int32_t>(text.size());
}

}  // namespace

std::optional<std::string> saslprep(std::string_view text, Unassigned unassigned) {
    if (text.empty() || text.size() > limits::credential_bytes) {
        return std::nullopt;
    }
    if (std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) {
        return std::string(text);
    }
    UErrorCode error = U_ZERO_ERROR;
    WideText in(text.size());
    ::u_strFromUTF8(in.data(), in.capacity(), &in.size, text.data(), length_of(text), &error);
    WideText out(most_growth * text.size());
    const auto profile = open_profile();
    out.size =
        ::usprep_prepare(profile.get(), in.data(), in.size, out.data(), out.capacity(),
                         unassigned == Unassigned::allowed ? USPREP_ALLOW_UNASSIGNED : USPREP_DEFAULT, nullptr, &error);
    if (U_FAILURE(error) || out.size == 0) {
        return std::nullopt;
    }
    std::string prepared(3 * static_cast<std::size_t>(out.size), '\0');
    std::int32_t size = 0;
    ::u_strToUTF8(prepared.data(), static_cast<std::int32_t>(prepared.size()), &size, out.data(), out.size, &error);
    if (U_FAILURE(error)) {
        return std::nullopt;
    }
    prepared.resize(static_cast<std::size_t>(size));
    return prepared;
}

}  // namespace postrider::auth
