// The low-level digests of OpenSSL are the one way to a hash's state; they are deprecated, not gone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "auth/hmac_state.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "auth/crypt.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t block_size = 64;  // of all three hashes
constexpr std::size_t word_size = 4;
using Word = SHA_LONG;

struct Md5 {
    using Context = MD5_CTX;
    static constexpr auto digest = EVP_md5;
    static constexpr auto init = MD5_Init;
    static constexpr auto update = MD5_Update;
    static constexpr auto finish = MD5_Final;
    static constexpr bool is_big_endian = false;
    static std::array<Word*, 4> words(Context& context) { return {&context.A, &context.B, &context.C, &context.D}; }
};

struct Sha1 {
    using Context = SHA_CTX;
    static constexpr auto digest = EVP_sha1;
    static constexpr auto init = SHA1_Init;
    static constexpr auto update = SHA1_Update;
    static constexpr auto finish = SHA1_Final;
    static constexpr bool is_big_endian = true;
    static std::array<Word*, 5> words(Context& context) {
        return {&context.h0, &context.h1, &context.h2, &context.h3, &context.h4};
    }
};

struct Sha256 {
    using Context = SHA256_CTX;
    static constexpr auto digest = EVP_sha256;
    static constexpr auto init = SHA256_Init;
    static constexpr auto update = SHA256_Update;
    static constexpr auto finish = SHA256_Final;
    static constexpr bool is_big_endian = true;
    static std::array<Word*, 8> words(Context& context) {
        std::array<Word*, 8> all{};
        std::ranges::transform(context.h, all.begin(), [](Word& word) { return &word; });
        return all;
    }
};

/// A context that is zeros when it ends.
template <class Hash>
struct Running {
    typename Hash::Context context{};

    Running() { Hash::init(&context); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { OPENSSL_cleanse(&context, sizeof context); }
};

template <class Hash>
constexpr unsigned shift_of(std::size_t byte) {
    return static_cast<unsigned>(8 * (Hash::is_big_endian ? word_size - 1 - byte : byte));
}

template <class Hash>
std::string state_after(std::string_view block) {
    Running<Hash> running;
    Hash::update(&running.context, block.data(), block.size());
    std::string state;
    for (const Word* word : Hash::words(running.context)) {
        for (std::size_t i = 0; i < word_size; ++i) {
            state += static_cast<char>((*word >> shift_of<Hash>(i)) & 0xFF);
        }
    }
    return state;
}

/// What the hash gives for the block that the state stands for and the text behind it.
template <class Hash>
std::string resumed(std::string_view state, std::string_view text) {
    Running<Hash> running;
    std::size_t at = 0;
    for (Word* word : Hash::words(running.context)) {
        *word = 0;
        for (std::size_t i = 0; i < word_size; ++i) {
            *word |= static_cast<Word>(static_cast<unsigned char>(state.at(at++))) << shift_of<Hash>(i);
        }
    }
    running.context.Nl = block_size * 8;
    Hash::update(&running.context, text.data(), text.size());
    std::string out(state.size(), '\0');
    Hash::finish(reinterpret_cast<unsigned char*>(out.data()), &running.context);
    return out;
}

template <class Hash>
HmacStates states_of(std::string_view key) {
    std::string block;
    block.reserve(block_size);  // so that no shorter copy of it is left in freed memory
    block = key.size() > block_size ? digest_of(Hash::digest(), key) : key;
    block.resize(block_size);
    const auto turn = [&block](unsigned pad) {
        for (char& c : block) {
            c = static_cast<char>(static_cast<unsigned char>(c) ^ pad);
        }
    };
    HmacStates states;
    turn(0x5C);
    states.outer = state_after<Hash>(block);
    turn(0x5C ^ 0x36);
    states.inner = state_after<Hash>(block);
    wipe(block);
    return states;
}

/// call: with the hash's type as a tag.
template <class Call>
auto with_hash(HmacHash hash, Call call) {
    switch (hash) {
        case HmacHash::md5:
            return call(Md5{});
        case HmacHash::sha1:
            return call(Sha1{});
        case HmacHash::sha256:
            return call(Sha256{});
    }
    throw std::invalid_argument("no such hash");
}

}  // namespace

HmacStates hmac_states_of(HmacHash hash, std::string_view key) {
    return with_hash(hash, [key]<class Hash>(Hash) { return states_of<Hash>(key); });
}

std::string hmac_of(HmacHash hash, const HmacStates& states, std::string_view text) {
    return with_hash(hash,
                     [&]<class Hash>(Hash) { return resumed<Hash>(states.outer, resumed<Hash>(states.inner, text)); });
}

std::size_t size_of(HmacHash hash) {
    return with_hash(hash, []<class Hash>(Hash) {
        typename Hash::Context context{};
        return Hash::words(context).size() * word_size;
    });
}

std::optional<HmacStates> read_hmac_states(HmacHash hash, std::string_view stored) {
    const std::size_t size = size_of(hash);
    const auto bytes = bytes_of_hex(stored);
    if (!bytes || bytes->size() != 2 * size) {
        return std::nullopt;
    }
    return HmacStates{bytes->substr(0, size), bytes->substr(size)};
}

}  // namespace postrider::auth
