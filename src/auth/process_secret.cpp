#include "auth/process_secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/mman.h>

#include <stdexcept>

#include "auth/crypt.hpp"
#include "auth/password.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t secret_size = 32;
constexpr std::size_t page_size = 4096;

}  // namespace

ProcessSecret::ProcessSecret() {
    void* page = ::mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        throw std::runtime_error("no memory for the process's secret");
    }
    page_ = static_cast<unsigned char*>(page);
    ::madvise(page_, page_size, MADV_DONTDUMP);
    ::mlock(page_, page_size);
    if (RAND_bytes(page_, secret_size) != 1) {
        ::munmap(page_, page_size);
        throw std::runtime_error("no random numbers");
    }
}

ProcessSecret::~ProcessSecret() {
    OPENSSL_cleanse(page_, secret_size);
    ::munmap(page_, page_size);
}

std::string ProcessSecret::mac(std::string_view purpose, std::initializer_list<std::string_view> parts) const {
    std::size_t size = purpose.size() + 1;
    for (const auto part : parts) {
        size += sizeof(std::uint64_t) + part.size();
    }
    std::string text;
    text.reserve(size);  // parts may be secret: no shorter copy is left in freed memory
    text.append(purpose).push_back('\0');
    for (const auto part : parts) {
        const auto length = static_cast<std::uint64_t>(part.size());
        text.append(reinterpret_cast<const char*>(&length), sizeof length).append(part);
    }
    auto mac = hmac_of(EVP_sha256(), {reinterpret_cast<const char*>(page_), secret_size}, text);
    wipe(text);
    return mac;
}

}  // namespace postrider::auth
