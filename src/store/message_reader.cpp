#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/limits.hpp"
#include "store/index/hash.hpp"
#include "store/mailbox.hpp"

namespace postrider::store {

namespace {

constexpr std::size_t first_look = 8 * 1024;
constexpr std::size_t piece = 128 * 1024;
constexpr std::uint64_t small_file = 64 * 1024;

/// Where the header ends: behind its empty line. npos: not in these bytes. from: where the last look stopped.
std::size_t header_end(std::string_view text, std::size_t from) {
    for (std::size_t at = from > 3 ? from - 3 : 0;; ++at) {
        at = text.find('\n', at);
        if (at == std::string_view::npos) {
            return at;
        }
        const std::string_view next = text.substr(at + 1);
        if (next.starts_with('\n')) {
            return at + 2;
        }
        if (next.starts_with("\r\n")) {
            return at + 3;
        }
    }
}

}  // namespace

Result<MessageReader> MessageReader::over(Descriptor file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        return system_error(errno, "fstat of a message");
    }
    const std::chrono::sys_seconds date{std::chrono::seconds(status.st_mtim.tv_sec)};
    return MessageReader(file.release(), static_cast<std::uint64_t>(status.st_size), date);
}

MessageReader::MessageReader(MessageReader&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      date_(other.date_),
      small_(std::move(other.small_)),
      header_(std::move(other.header_)),
      structure_(std::move(other.structure_)),
      content_id_(other.content_id_) {}

MessageReader& MessageReader::operator=(MessageReader&& other) noexcept {
    std::swap(fd_, other.fd_);
    size_ = other.size_;
    date_ = other.date_;
    small_ = std::move(other.small_);
    header_ = std::move(other.header_);
    structure_ = std::move(other.structure_);
    content_id_ = other.content_id_;
    return *this;
}

MessageReader::~MessageReader() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Result<std::string_view> MessageReader::read(std::uint64_t offset, std::size_t most, std::string& room) const {
    if (size_ > small_file) {
        if (auto done = read_file(offset, most, room); !done) {
            return done.error();
        }
        return std::string_view(room);
    }
    const std::uint64_t end = std::min(size_, offset + std::min<std::uint64_t>(most, small_file));
    if (small_.size() < end) {
        std::string text;
        if (auto done = read_file(0, end <= first_look ? first_look : small_file, text); !done) {
            return done.error();
        }
        small_ = std::move(text);
    }
    return std::string_view(small_).substr(static_cast<std::size_t>(std::min<std::uint64_t>(offset, small_.size())),
                                           most);
}

Result<void> MessageReader::read_file(std::uint64_t offset, std::size_t most, std::string& out) const {
    // The size at open is the end: what a careless program appends later is not part of this answer.
    const std::uint64_t left = offset < size_ ? size_ - offset : 0;
    out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, left)));
    std::size_t got = 0;
    while (got < out.size()) {
        const ssize_t n = ::pread(fd_, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return system_error(errno, "reading a message");
        }
        if (n == 0) {
            break;
        }
        got += static_cast<std::size_t>(n);
    }
    out.resize(got);
    return {};
}

Result<mime::Extent> MessageReader::extent(std::uint64_t begin, std::uint64_t end) const {
    mime::Extent extent{begin, begin, 0};
    std::string room;
    bool after_cr = false;
    while (extent.end < end) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(piece, end - extent.end));
        const auto got = read(extent.end, most, room);
        if (!got) {
            return got.error();
        }
        const std::string_view bytes = *got;
        if (bytes.empty()) {
            break;
        }
        extent.end += bytes.size();
        for (std::size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
            const bool has_cr = at > 0 ? bytes[at - 1] == '\r' : after_cr;
            extent.bare_lf += has_cr ? 0 : 1;
        }
        after_cr = bytes.ends_with('\r');
    }
    return extent;
}

Result<std::string_view> MessageReader::header() {
    if (!header_) {
        std::string text;
        std::string room;
        std::size_t end = std::string::npos;
        for (std::size_t want = first_look; end == std::string::npos && text.size() < limits::header_bytes;
             want = piece) {
            const auto more = read(text.size(), want, room);
            if (!more) {
                return more.error();
            }
            if (more->empty()) {
                break;
            }
            const std::size_t looked = text.size();
            text += *more;
            end = text.starts_with('\n') ? 1 : text.starts_with("\r\n") ? 2 : header_end(text, looked);
        }
        text.resize(std::min({end, text.size(), limits::header_bytes}));
        header_ = std::move(text);
    }
    return std::string_view(*header_);
}

/// The tree, if it is not known yet, and the hashes, in one reading.
Result<void> MessageReader::scan(Identify identify) {
    mime::Scanner scanner;
    std::array<std::uint64_t, 2> hashes = {1, 2};  // two of one text
    std::string room;
    for (std::uint64_t offset = 0;;) {
        const auto bytes = read(offset, piece, room);
        if (!bytes) {
            return bytes.error();
        }
        if (bytes->empty()) {
            break;
        }
        offset += bytes->size();
        if (!structure_) {
            scanner.feed(*bytes);
        }
        if (identify == Identify::yes) {
            std::ranges::for_each(hashes, [&](std::uint64_t& half) { half = index::hash_of(*bytes, half); });
        }
    }
    if (!structure_) {
        structure_ = scanner.finish();
    }
    if (identify == Identify::yes) {
        content_id_ = hashes;
    }
    return {};
}

Result<const mime::Part*> MessageReader::structure() {
    if (!structure_) {
        if (auto done = scan(Identify::no); !done) {
            return done.error();
        }
    }
    return &*structure_;
}

Result<std::array<std::uint64_t, 2>> MessageReader::content_id() {
    if (!content_id_) {
        if (auto done = scan(Identify::yes); !done) {
            return done.error();
        }
    }
    return *content_id_;
}

}  // namespace postrider::store
