// Every decision about a maildirsize that other programs write too: none of its contents can make us wait, loop or
// fail.
#include "store/maildir/quota.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/log.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

using namespace std::chrono_literals;

constexpr const char* quota_file = "maildirsize";
constexpr const char* folder_mark = "maildirfolder";
/// A file of this size is written anew: the sum of its lines then takes too long.
constexpr std::size_t most_file_bytes = 5120;
/// So long the sum of a new count is believed when it says no.
constexpr auto count_is_young = 15min;
/// How often messages are counted while others change the folders.
constexpr int most_counts = 5;

void warn(const std::string& what) {
    log_line(LogLevel::warning, std::string(quota_file) + ": " + what);
}

/// As much of the file as counts: a longer one is written anew for its limits alone.
Result<std::string> read_start(int file) {
    std::array<char, most_file_bytes> buffer;
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const ssize_t got = ::pread(file, buffer.data() + filled, buffer.size() - filled, static_cast<off_t>(filled));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error(errno, "read");
        }
        if (got == 0) {
            break;
        }
        filled += static_cast<std::size_t>(got);
    }
    return std::string(buffer.data(), filled);
}

/// A time in the future says nothing.
bool is_young(timespec written, Quota::Clock::time_point now) {
    const auto age = now - Quota::Clock::from_time_t(written.tv_sec);
    return age >= -1s && age < count_is_young;
}

bool same_time(timespec a, timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

/// What stands in the file, or would stand there.
struct Quota::Present {
    QuotaLimits limits;
    Usage used;
    bool is_wrong = false;  ///< to be counted anew before it is believed
    bool is_count = false;  ///< one sum, and no change since
    timespec written{};
};

Quota::Options quota_options(const Settings& settings) {
    return {.limits = parse_quota_limits(settings.quota),
            .host = settings.host_name,
            .durability = settings.durable ? Durability::durable : Durability::relaxed};
}

Quota::Quota(int folder, std::string_view directory, Options options)
    : folder_(folder), counts_(folder_counts(directory)), options_(std::move(options)) {}

Result<Descriptor> Quota::root() const {
    return open_directory(folder_, file_id(folder_, folder_mark) ? ".." : ".");
}

/// None: no quota by a file.
Descriptor Quota::open_file(int root) const {
    // As Courier: a file that cannot be written is none. O_NONBLOCK: a FIFO must not hold us up.
    Descriptor file(::openat(root, quota_file, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status {};
    if (!file && errno != ENOENT) {
        warn(std::string("not in force: ") + std::strerror(errno));
    } else if (file && (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))) {
        warn("not in force: no regular file");
        return {};
    }
    return file;
}

/// None: nothing limits.
std::optional<Quota::Present> Quota::read(int root) const {
    const auto file = open_file(root);
    if (!file) {
        return options_.limits.any() ? std::optional(Present{.limits = options_.limits, .is_wrong = true})
                                     : std::nullopt;
    }
    struct stat status {};
    const auto text = read_start(file.get());
    if (!text || ::fstat(file.get(), &status) != 0) {
        warn("not in force: it cannot be read");
        return std::nullopt;
    }
    const auto said = parse_quota_file(*text);
    Present present{.limits = said.limits,
                    .used = said.used,
                    .is_wrong = said.damaged || said.lines == 0 || text->size() >= most_file_bytes,
                    .is_count = said.lines == 1,
                    .written = status.st_mtim};
    if (options_.limits.any() && options_.limits != said.limits) {
        present.limits = options_.limits;
        present.is_wrong = true;
    }
    return present.limits.any() ? std::optional(present) : std::nullopt;
}

/// Courier's way: count, write, and look whether the directories are as they were before; else again. None: messages
/// cannot be counted, or not while others change the folders.
std::optional<Usage> Quota::count(int root, const QuotaLimits& limits) const {
    for (int counts = 0; counts < most_counts; ++counts) {
        const auto counted = count_messages(root);
        if (!counted) {
            warn("messages were not counted: " + counted.error().detail);
            break;
        }
        replace(root, print_quota_limits(limits) + "\n" + print_usage(counted->used));
        const auto newest = newest_directory(root);
        if (newest && same_time(*newest, counted->newest)) {
            return counted->used;
        }
    }
    return std::nullopt;
}

void Quota::replace(int root, std::string_view text) const {
    const auto tmp = open_directory(root, "tmp");
    const auto written =
        tmp ? replace_file(root, quota_file, tmp->get(), unique_name(options_.host), text, options_.durability)
            : Result<void>(tmp.error());
    if (!written) {
        warn("not written: " + written.error().detail);
    }
}

Result<void> Quota::check(const Usage& more, Clock::time_point now) const {
    if (!counts_ || more == Usage{}) {
        return {};
    }
    const auto maildir = root();
    if (!maildir) {
        return {};
    }
    const auto answer = [&](const QuotaLimits& limits, Usage used) -> Result<void> {
        used += more;
        return fits(limits, used) ? Result<void>() : Error(Code::over_quota, "the mail quota is used up");
    };
    const auto present = read(maildir->get());
    if (!present) {
        return {};
    }
    if (!present->is_wrong) {
        auto said = answer(present->limits, present->used);
        if (said || (present->is_count && is_young(present->written, now))) {
            return said;
        }
    }
    const auto used = count(maildir->get(), present->limits);
    return used ? answer(present->limits, *used) : Result<void>();
}

void Quota::recount() const {
    const auto maildir = counts_ ? root() : Result<Descriptor>(Error());
    if (const auto present = maildir ? read(maildir->get()) : std::nullopt) {
        (void)count(maildir->get(), present->limits);
    }
}

void Quota::charge(const Usage& change) const {
    const auto maildir = counts_ && change != Usage{} ? root() : Result<Descriptor>(Error());
    if (!maildir) {
        return;
    }
    const auto file = open_file(maildir->get());
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        if (options_.limits.any()) {
            recount();
        }
    } else if (static_cast<std::size_t>(status.st_size) >= most_file_bytes) {
        recount();
    } else if (status.st_size > 0) {
        char last = '\n';
        const bool is_cut = ::pread(file.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
        append(file.get(), (is_cut ? "\n" : "") + print_usage(change));
    }
}

/// In one write, so that lines of several programs do not mix. What a full disk cuts off is damage that the next look
/// finds.
void Quota::append(int file, std::string_view line) const {
    const ssize_t written = ::write(file, line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) {
        warn(std::string("a change was not noted: ") + (written < 0 ? std::strerror(errno) : "cut short"));
    }
}

}  // namespace postrider::store::maildir
