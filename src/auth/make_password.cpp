// Making what is stored: crypt(3) forms with a random salt, and CRAM secrets. compat/userdb.md section 6.
#define OPENSSL_SUPPRESS_DEPRECATED  // the chaining states below are reached through the low-level digests alone
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "auth/crypt.hpp"
#include "auth/password.hpp"

namespace postrider::auth {

namespace {

std::string random_salt(std::size_t size) {
    constexpr std::string_view alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static_assert(alphabet.size() == 64);
    std::string salt(size, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(size)) != 1) {
        throw std::runtime_error("no random numbers");
    }
    for (char& c : salt) {
        c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    }
    return salt;
}

std::string make_crypt(std::string_view password, const std::string& setting) {
    auto made = crypt_password(password, setting);
    if (!made) {
        throw std::invalid_argument("the password is too long or holds a NUL character");
    }
    return std::move(*made);
}

constexpr std::size_t block_size = 64;  // of all three hashes
using Block = std::array<unsigned char, block_size>;

enum class ByteOrder : std::uint8_t { little, big };

template <class Word>
void append_hex(std::string& out, std::span<const Word> state, ByteOrder order) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const Word word : state) {
        for (int i = 0; i < 4; ++i) {
            const auto byte = (word >> (order == ByteOrder::big ? 24 - 8 * i : 8 * i)) & 0xFF;
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
}

// Each gives the hash's state after exactly one block.
void append_md5_state(std::string& out, const Block& block) {
    MD5_CTX context;
    MD5_Init(&context);
    MD5_Update(&context, block.data(), block.size());
    const std::array state{context.A, context.B, context.C, context.D};
    append_hex<MD5_LONG>(out, state, ByteOrder::little);
    OPENSSL_cleanse(&context, sizeof context);
}

void append_sha1_state(std::string& out, const Block& block) {
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, block.data(), block.size());
    const std::array state{context.h0, context.h1, context.h2, context.h3, context.h4};
    append_hex<SHA_LONG>(out, state, ByteOrder::big);
    OPENSSL_cleanse(&context, sizeof context);
}

void append_sha256_state(std::string& out, const Block& block) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, block.data(), block.size());
    append_hex<SHA_LONG>(out, context.h, ByteOrder::big);
    OPENSSL_cleanse(&context, sizeof context);
}

struct HmacParts {
    const EVP_MD* digest;
    void (*append_state)(std::string& out, const Block& block);
};

HmacParts parts_of(HmacHash hash) {
    switch (hash) {
        case HmacHash::md5:
            return {EVP_md5(), append_md5_state};
        case HmacHash::sha1:
            return {EVP_sha1(), append_sha1_state};
        case HmacHash::sha256:
            return {EVP_sha256(), append_sha256_state};
    }
    throw std::invalid_argument("no such hash");
}

}  // namespace

std::string make_sha512_crypt(std::string_view password) {
    return make_crypt(password, "$6$" + random_salt(16));
}

std::string make_md5_crypt(std::string_view password) {
    return make_crypt(password, "$1$" + random_salt(8));
}

std::string make_des_crypt(std::string_view password) {
    return make_crypt(password, random_salt(2));
}

std::string make_hmac_secret(HmacHash hash, std::string_view password) {
    const HmacParts parts = parts_of(hash);
    std::string key;
    key.reserve(block_size);  // so that no shorter copy of it is left in freed memory
    key = password.size() > block_size ? digest_of(parts.digest, password) : password;
    key.resize(block_size);
    std::string out;
    Block block{};
    for (const unsigned pad : {0x5Cu, 0x36u}) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            block[i] = static_cast<unsigned char>(static_cast<unsigned char>(key[i]) ^ pad);
        }
        parts.append_state(out, block);
    }
    OPENSSL_cleanse(block.data(), block.size());
    wipe(key);
    return out;
}

}  // namespace postrider::auth
