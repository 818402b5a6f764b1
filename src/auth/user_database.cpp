// Reading the compiled userdb. The file is never changed in place, only replaced, so readers need no lock.
#include "auth/user_database.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>

#include <cerrno>

#include "auth/userdb_seal.hpp"
#include "auth/userdb_source.hpp"
#include "core/descriptor.hpp"

namespace postrider::auth {

namespace {

/// What tells one file at a path from its successor.
struct FileId {
    dev_t device;
    ino_t inode;
    off_t size;
    time_t seconds;
    long nanoseconds;

    friend bool operator==(const FileId&, const FileId&) = default;
};

FileId id_of(const struct stat& status) {
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

Error lmdb_error(const std::string& path, int number) {
    return {Code::invalid_data, path + ": " + ::mdb_strerror(number)};
}

Error missing(const std::string& path, int errno_value) {
    return {Code::unavailable, system_error(errno_value, path).detail};
}

std::string_view view_of(const MDB_val& value) {
    return {static_cast<const char*>(value.mv_data), value.mv_size};
}

Result<UserRecord> record_of(std::string_view value) {
    const auto middle = value.find('\0');
    if (middle == std::string_view::npos) {
        return Error(Code::invalid_data, "a userdb record without its shadow half");
    }
    return UserRecord(std::string(value.substr(0, middle)), std::string(value.substr(middle + 1)));
}

}  // namespace

/// One open file, and one transaction for as long: since the file never changes, every call sees what the first saw,
/// and none pays for a beginning and an end. Without a lock table it holds up no writer.
class UserDatabase::Environment {
public:
    static Result<std::unique_ptr<Environment>> open(const std::string& path);
    Environment() = default;
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() {
        if (reading_ != nullptr) {
            ::mdb_txn_abort(reading_);
        }
        if (environment_ != nullptr) {
            ::mdb_env_close(environment_);
        }
    }

    const FileId& id() const { return id_; }
    Result<std::optional<UserRecord>> find(std::string_view name) const;
    Result<void> each(const std::function<void(std::string_view, const UserRecord&)>& visit) const;

private:
    int open_pages(const std::string& path);

    MDB_env* environment_ = nullptr;
    MDB_txn* reading_ = nullptr;
    MDB_dbi table_ = 0;
    FileId id_{};
};

int UserDatabase::Environment::open_pages(const std::string& path) {
    int error = ::mdb_env_create(&environment_);
    if (error == 0) {
        error = ::mdb_env_open(environment_, path.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0);
    }
    if (error == 0) {
        error = ::mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &reading_);
    }
    return error != 0 ? error : ::mdb_dbi_open(reading_, nullptr, 0, &table_);
}

Result<std::unique_ptr<UserDatabase::Environment>> UserDatabase::Environment::open(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat sealed {};
    if (!file || ::fstat(file.get(), &sealed) != 0) {
        return missing(path, errno);
    }
    if (!has_seal(file.get())) {
        return Error(Code::invalid_data, path + ": not a userdb, or damaged; run makeuserdb");
    }
    auto opened = std::make_unique<Environment>();
    // LMDB opens by path alone; this one leads to the file whose seal was seen, whatever stands at the other by now.
    if (const int error = opened->open_pages("/proc/self/fd/" + std::to_string(file.get())); error != 0) {
        return lmdb_error(path, error);
    }
    opened->id_ = id_of(sealed);
    return opened;
}

Result<std::optional<UserRecord>> UserDatabase::Environment::find(std::string_view name) const {
    if (name.empty() || name.size() > most_name_bytes) {
        return std::optional<UserRecord>();
    }
    MDB_val key{name.size(), const_cast<char*>(name.data())};
    MDB_val value{};
    const int error = ::mdb_get(reading_, table_, &key, &value);
    if (error == MDB_NOTFOUND) {
        return std::optional<UserRecord>();
    }
    if (error != 0) {
        return lmdb_error("userdb", error);
    }
    auto record = record_of(view_of(value));
    if (!record) {
        return record.error();
    }
    return std::optional<UserRecord>(std::move(*record));
}

Result<void> UserDatabase::Environment::each(
    const std::function<void(std::string_view, const UserRecord&)>& visit) const {
    MDB_cursor* opened = nullptr;
    if (const int failed = ::mdb_cursor_open(reading_, table_, &opened); failed != 0) {
        return lmdb_error("userdb", failed);
    }
    const std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)> cursor(opened, ::mdb_cursor_close);
    MDB_val key{};
    MDB_val value{};
    int error = 0;
    while ((error = ::mdb_cursor_get(opened, &key, &value, MDB_NEXT)) == 0) {
        const auto record = record_of(view_of(value));
        if (!record) {
            return record.error();
        }
        visit(view_of(key), *record);
    }
    return error == MDB_NOTFOUND ? Result<void>() : lmdb_error("userdb", error);
}

UserDatabase::UserDatabase(std::string path) : path_(std::move(path)) {}

UserDatabase::~UserDatabase() = default;

Result<void> UserDatabase::reopen_if_replaced() {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
        const int error = errno;
        environment_.reset();
        return missing(path_, error);
    }
    if (environment_ != nullptr && environment_->id() == id_of(status)) {
        return {};
    }
    environment_.reset();
    auto opened = Environment::open(path_);
    if (!opened) {
        return opened.error();
    }
    environment_ = std::move(*opened);
    return {};
}

Result<std::optional<UserRecord>> UserDatabase::find(std::string_view name) {
    if (const auto ready = reopen_if_replaced(); !ready) {
        return ready.error();
    }
    return environment_->find(name);
}

Result<void> UserDatabase::each(const std::function<void(std::string_view name, const UserRecord&)>& visit) {
    if (const auto ready = reopen_if_replaced(); !ready) {
        return ready.error();
    }
    return environment_->each(visit);
}

}  // namespace postrider::auth
