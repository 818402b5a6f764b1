#include "auth/crypt.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <memory>
#include <stdexcept>

#include "auth/password.hpp"

namespace postrider::auth {

void wipe(std::string& text) {
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

namespace {

/// crypt_r's work area (32 KiB) holds what the hash was made from.
struct WipedArea {
    void operator()(crypt_data* area) const {
        OPENSSL_cleanse(area, sizeof *area);
        delete area;
    }
};

}  // namespace

std::optional<std::string> crypt_password(std::string_view password, std::string_view setting) {
    if (password.find('\0') != std::string_view::npos || setting.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string phrase(password);
    const std::string how(setting);
    const std::unique_ptr<crypt_data, WipedArea> area(new crypt_data{});
    const char* made = ::crypt_r(phrase.c_str(), how.c_str(), area.get());
    wipe(phrase);
    if (made == nullptr || *made == '*' || *made == '\0') {
        return std::nullopt;
    }
    return std::string(made);
}

std::string digest_of(const EVP_MD* hash, std::string_view text, std::string_view more) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (context == nullptr || EVP_DigestInit_ex(context.get(), hash, nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
        EVP_DigestUpdate(context.get(), more.data(), more.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), out.data(), &size) != 1) {
        throw std::runtime_error("OpenSSL cannot make a digest");
    }
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hmac_of(const EVP_MD* hash, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (::HMAC(hash, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
               text.size(), out.data(), &size) == nullptr) {
        throw std::runtime_error("OpenSSL cannot make a HMAC");
    }
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) != 1) {
        throw std::runtime_error("no random numbers");
    }
    return bytes;
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const char c : bytes) {
        hex += digits[static_cast<unsigned char>(c) >> 4];
        hex += digits[static_cast<unsigned char>(c) & 15];
    }
    return hex;
}

std::optional<std::string> bytes_of_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        unsigned char byte = 0;
        const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
        if (error != std::errc{} || end != hex.data() + i + 2) {
            return std::nullopt;
        }
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

bool is_same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace postrider::auth
