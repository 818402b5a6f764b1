#include "store/maildir/delivery.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

/// Then the open file is copied; ENOENT: its name changed since it was opened.
bool link_is_impossible(int error) {
    return error == EXDEV || error == EMLINK || error == EPERM || error == EOPNOTSUPP || error == ENOENT;
}

bool is_same_file(int directory, const std::string& name, int fd) {
    struct stat named {};
    struct stat open {};
    return ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(fd, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

Result<void> set_modified(int fd, timespec modified) {
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, modified};
    if (::futimens(fd, times) != 0) {
        return system_error(errno, "futimens of a message");
    }
    return {};
}

}  // namespace

Delivery::Delivery(SharedDirectory tmp, std::string name, Descriptor file)
    : tmp_(std::move(tmp)), name_(std::move(name)), file_(std::move(file)) {}

Delivery::Delivery(Delivery&& other) noexcept
    : flags(other.flags),
      keywords(std::move(other.keywords)),
      tmp_(std::move(other.tmp_)),
      name_(std::exchange(other.name_, {})),
      file_(std::move(other.file_)),
      device_(other.device_),
      inode_(other.inode_),
      size_(other.size_),
      pending_cr_(other.pending_cr_),
      finished_(other.finished_) {}

Delivery& Delivery::operator=(Delivery&& other) noexcept {
    std::swap(flags, other.flags);
    std::swap(keywords, other.keywords);
    std::swap(tmp_, other.tmp_);
    std::swap(name_, other.name_);
    std::swap(file_, other.file_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    std::swap(size_, other.size_);
    std::swap(pending_cr_, other.pending_cr_);
    std::swap(finished_, other.finished_);
    return *this;
}

Delivery::~Delivery() {
    if (!name_.empty()) {
        ::unlinkat(tmp_->get(), name_.c_str(), 0);
    }
}

Result<Delivery::SharedDirectory> Delivery::open_tmp(int folder) {
    auto tmp = open_directory(folder, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    return SharedDirectory(std::make_shared<const Descriptor>(std::move(*tmp)));
}

Result<Delivery> Delivery::create(int folder, const std::string& host) {
    auto tmp = open_tmp(folder);
    if (!tmp) {
        return tmp.error();
    }
    return create_in(std::move(*tmp), host);
}

Result<Delivery> Delivery::create_in(SharedDirectory tmp, const std::string& host) {
    auto name = unique_name(host);
    Descriptor file(::openat(tmp->get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file) {
        return system_error(errno, "create " + name);
    }
    return Delivery(std::move(tmp), std::move(name), std::move(file));
}

Result<Delivery> Delivery::link(SharedDirectory tmp, const std::string& host, int source_cur,
                                const std::string& source_name, Durability durability) {
    auto source = open_message_file(source_cur, source_name);
    if (!source) {
        return source.error();
    }
    auto name = unique_name(host);
    if (::linkat(source_cur, source_name.c_str(), tmp->get(), name.c_str(), 0) == 0) {
        if (is_same_file(tmp->get(), name, source->get())) {
            Delivery delivery(std::move(tmp), std::move(name), std::move(*source));
            if (auto completed = delivery.complete(); !completed) {
                return completed.error();
            }
            return delivery;
        }
        ::unlinkat(tmp->get(), name.c_str(), 0);
    } else if (!link_is_impossible(errno)) {
        return system_error(errno, "link " + name);
    }
    auto copy = create_in(std::move(tmp), host);
    if (!copy) {
        return copy;
    }
    if (auto copied = copy->copy_from(source->get()); !copied) {
        return copied.error();
    }
    if (auto finished = copy->finish(std::nullopt, durability); !finished) {
        return finished.error();
    }
    return copy;
}

Result<void> Delivery::complete() {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) {
        return system_error(errno, "fstat of a message");
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
    size_ = static_cast<std::uint64_t>(status.st_size);
    file_ = Descriptor();
    finished_ = true;
    return {};
}

Result<void> Delivery::copy_from(int source) {
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        const ssize_t got = ::read(source, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error(errno, "read a message to copy it");
        }
        if (got == 0) {
            break;
        }
        if (auto written = write_all(file_.get(), {buffer.data(), static_cast<std::size_t>(got)}); !written) {
            return written;
        }
    }
    struct stat status {};
    if (::fstat(source, &status) != 0) {
        return system_error(errno, "fstat of a message");
    }
    return set_modified(file_.get(), status.st_mtim);
}

Result<void> Delivery::write(std::string_view wire_text) {
    std::string text;
    text.reserve(wire_text.size() + 1);
    while (!wire_text.empty()) {
        if (std::exchange(pending_cr_, false) && wire_text.front() != '\n') {
            text += '\r';
        }
        const auto cr = wire_text.find('\r');
        text += wire_text.substr(0, cr);
        pending_cr_ = cr != std::string_view::npos;
        wire_text.remove_prefix(pending_cr_ ? cr + 1 : wire_text.size());
    }
    return write_all(file_.get(), text);
}

Result<void> Delivery::finish(std::optional<std::chrono::sys_seconds> date, Durability durability) {
    if (finished_) {
        return {};
    }
    if (std::exchange(pending_cr_, false)) {
        if (auto written = write_all(file_.get(), "\r"); !written) {
            return written;
        }
    }
    if (date) {
        const timespec modified{.tv_sec = date->time_since_epoch().count(), .tv_nsec = 0};
        if (auto set = set_modified(file_.get(), modified); !set) {
            return set;
        }
    }
    // fsync, not fdatasync: the time of the file is the message's internal date.
    if (durability == Durability::durable && ::fsync(file_.get()) != 0) {
        return system_error(errno, "fsync of a message");
    }
    return complete();
}

Result<std::string> Delivery::final_base() const {
    if (!finished_) {
        return Error(Code::internal, "a delivery that was not finished");
    }
    return delivered_name(name_, device_, inode_, size_);
}

}  // namespace postrider::store::maildir
