#include "auth/userdb_seal.hpp"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

namespace {

constexpr std::string_view letters = "PRuserdb";
constexpr off_t digest_size = 32;
constexpr off_t seal_size = static_cast<off_t>(letters.size()) + digest_size;

off_t size_of(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : -1;
}

/// SHA-256 of the first `size` bytes and the letters. None: not as many there, or an error.
std::optional<std::string> seal_of(int fd, off_t size) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
        errno = ENOMEM;
        return std::nullopt;
    }
    std::string piece(65536, '\0');
    for (off_t at = 0; at < size;) {
        const auto wanted = std::min<off_t>(size - at, static_cast<off_t>(piece.size()));
        const ssize_t got = ::pread(fd, piece.data(), static_cast<std::size_t>(wanted), at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return std::nullopt;
        }
        EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(got));
        at += got;
    }
    EVP_DigestUpdate(context.get(), letters.data(), letters.size());
    std::string seal(letters);
    seal.resize(seal_size);
    EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(seal.data()) + letters.size(), nullptr);
    return seal;
}

}  // namespace

bool write_seal(int fd) {
    const off_t size = size_of(fd);
    if (size < 0) {
        return false;
    }
    const auto seal = seal_of(fd, size);
    if (!seal) {
        return false;
    }
    const ssize_t written = ::pwrite(fd, seal->data(), seal->size(), size);
    if (written >= 0 && written < seal_size) {
        errno = ENOSPC;
    }
    return written == seal_size;
}

bool has_seal(int fd) {
    const off_t content = size_of(fd) - seal_size;
    if (content <= 0) {
        return false;
    }
    std::string found(seal_size, '\0');
    return ::pread(fd, found.data(), found.size(), content) == seal_size && found.starts_with(letters) &&
           seal_of(fd, content) == found;
}

}  // namespace postrider::auth
