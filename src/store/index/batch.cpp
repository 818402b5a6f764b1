#include "store/index/batch.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "store/index/file_check.hpp"
#include "store/index/pages.hpp"
#include "store/index/record.hpp"
#include "store/index/tree_reader.hpp"

namespace postrider::store::index {

namespace {

constexpr int open_flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

/// LMDB's errors below zero are its own.
Error lmdb_error(int number, const char* what) {
    if (number == MDB_MAP_FULL) {
        return Error(Code::limit, "INDEX_MAX_SIZE");
    }
    return number > 0 ? system_error(number, what)
                      : Error(Code::invalid_data, std::string(what) + ": " + ::mdb_strerror(number));
}

std::optional<FileState> state_of(int fd) {
    struct stat status {};
    const auto meta = PageFile(fd).meta();
    if (!meta || ::fstat(fd, &status) != 0) {
        return std::nullopt;
    }
    return FileState{status.st_ino, static_cast<std::uint64_t>(status.st_size), status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec, meta->transaction};
}

MDB_val value_of(const std::string& bytes) {
    return {bytes.size(), const_cast<char*>(bytes.data())};
}

using Transaction = std::unique_ptr<MDB_txn, decltype(&::mdb_txn_abort)>;
using Cursor = std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)>;

/// One transaction on an open file.
class Writing {
public:
    Writing() = default;
    ~Writing() {
        transaction_.reset();
        ::mdb_env_close(environment_);
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

    Result<void> begin(int fd, const BatchSettings& settings);
    Result<void> put(const std::string& key, const std::string& value);
    Result<void> remove(const std::string& key);
    Result<void> remove_folder(std::uint64_t inode);
    Result<void> commit();

private:
    MDB_env* environment_ = nullptr;
    Transaction transaction_{nullptr, ::mdb_txn_abort};
    MDB_dbi table_ = 0;
};

Result<void> Writing::begin(int fd, const BatchSettings& settings) {
    // By the descriptor: it is the file that was checked, whatever has its name by now. Locks are ours (write_batch).
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const unsigned flags = MDB_NOSUBDIR | MDB_NOLOCK | (settings.durable ? 0u : MDB_NOSYNC);
    int error = ::mdb_env_create(&environment_);
    if (error == 0) {
        error = ::mdb_env_set_mapsize(environment_, settings.most_bytes);
    }
    if (error == 0) {
        error = ::mdb_env_open(environment_, path.c_str(), flags, 0600);
    }
    MDB_txn* transaction = nullptr;
    if (error == 0) {
        error = ::mdb_txn_begin(environment_, nullptr, 0, &transaction);
        transaction_.reset(transaction);
    }
    if (error == 0) {
        error = ::mdb_dbi_open(transaction, nullptr, 0, &table_);
    }
    return error == 0 ? Result<void>() : lmdb_error(error, "opening the index");
}

Result<void> Writing::put(const std::string& key, const std::string& value) {
    MDB_val name = value_of(key);
    MDB_val bytes = value_of(value);
    const int error = ::mdb_put(transaction_.get(), table_, &name, &bytes, 0);
    return error == 0 ? Result<void>() : lmdb_error(error, "writing to the index");
}

Result<void> Writing::remove(const std::string& key) {
    MDB_val name = value_of(key);
    const int error = ::mdb_del(transaction_.get(), table_, &name, nullptr);
    return error == 0 || error == MDB_NOTFOUND ? Result<void>() : lmdb_error(error, "removing from the index");
}

Result<void> Writing::remove_folder(std::uint64_t inode) {
    const std::string first = key_of(inode, RecordKind::file, Uid());
    MDB_cursor* opened = nullptr;
    int error = ::mdb_cursor_open(transaction_.get(), table_, &opened);
    const Cursor cursor(opened, ::mdb_cursor_close);
    MDB_val key = value_of(first);
    MDB_val bytes{};
    if (error == 0) {
        error = ::mdb_cursor_get(opened, &key, &bytes, MDB_SET_RANGE);
    }
    const auto is_inside = [&] {
        const std::string_view found(static_cast<const char*>(key.mv_data), key.mv_size);
        return found.substr(0, sizeof inode) == std::string_view(first).substr(0, sizeof inode);
    };
    while (error == 0 && is_inside()) {
        error = ::mdb_cursor_del(opened, 0);
        if (error == 0) {
            error = ::mdb_cursor_get(opened, &key, &bytes, MDB_NEXT);
        }
    }
    return error == 0 || error == MDB_NOTFOUND ? Result<void>() : lmdb_error(error, "removing from the index");
}

Result<void> Writing::commit() {
    const int error = ::mdb_txn_commit(transaction_.release());
    return error == 0 ? Result<void>() : lmdb_error(error, "writing to the index");
}

/// The index's folder with the right to write in it, until this ends.
class Work {
public:
    Work(Descriptor folder, const Place& place, const BatchSettings& settings)
        : folder_(std::move(folder)), place_(place), settings_(settings) {}

    Result<void> lock() const;
    Result<Written> write(const Batch& batch, const std::optional<FileState>& known);

private:
    Result<void> take(const std::optional<FileState>& known);
    Result<void> inspect();
    Result<void> begin_anew();
    Result<void> fill(const Batch& batch) const;
    Result<FileState> give_back();

    Descriptor folder_;
    const Place& place_;
    BatchSettings settings_;
    Descriptor file_;
};

Result<void> Work::lock() const {
    if (::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0) {
        return {};
    }
    return errno == EWOULDBLOCK ? Error(Code::in_use, "the index is being written") : system_error(errno, "flock");
}

/// Opens the file, takes its name away and looks whether it can be used.
Result<void> Work::take(const std::optional<FileState>& known) {
    file_ = Descriptor(::openat(folder_.get(), data_name, O_RDWR | open_flags));
    const int error = file_ ? 0 : errno;
    // Before the rename, which leaves a mark of its own.
    const bool is_as_written = file_ && known && state_of(file_.get()) == known;
    if (::renameat(folder_.get(), data_name, folder_.get(), busy_name) != 0) {
        if (errno != ENOENT) {
            return system_error(errno, "rename of the index");
        }
        // That of a batch which a crash interrupted is as good.
        file_ = Descriptor(::openat(folder_.get(), busy_name, O_RDWR | open_flags));
    }
    if (is_as_written) {
        return {};
    }
    if (file_) {
        return inspect();
    }
    if (error == ENOENT) {
        return Error(Code::expunged, "no index");
    }
    const bool is_odd = error == ELOOP || error == ENXIO || error == EISDIR || error == EACCES;
    return is_odd ? Error(Code::invalid_data, "it cannot be opened") : system_error(error, "open the index");
}

Result<void> Work::inspect() {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) {
        return system_error(errno, "the index");
    }
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != ::geteuid()) {
        return Error(Code::invalid_data, "it is no file of its own");
    }
    if (auto good = check_file(file_.get(), settings_.most_bytes); !good) {
        return good;
    }
    TreeReader reader(file_.get());
    if (reader.find(key_of(0, RecordKind::file, Uid())) != file_record(place_.maildir_inode())) {
        return Error(Code::invalid_data, "it was made for another Maildir, or by another version");
    }
    return {};
}

Result<void> Work::begin_anew() {
    if (::unlinkat(folder_.get(), busy_name, 0) != 0 && errno != ENOENT) {
        return system_error(errno, "removing the index");
    }
    file_ = Descriptor(::openat(folder_.get(), busy_name, O_RDWR | O_CREAT | O_EXCL | open_flags, 0600));
    return file_ ? Result<void>() : system_error(errno, "making the index");
}

Result<void> Work::fill(const Batch& batch) const {
    Writing writing;
    auto done = writing.begin(file_.get(), settings_);
    if (done) {
        done = writing.put(key_of(0, RecordKind::file, Uid()), file_record(place_.maildir_inode()));
    }
    for (auto record = batch.records.begin(); done && record != batch.records.end(); ++record) {
        done = writing.put(record->key, record->value);
    }
    for (auto key = batch.gone.begin(); done && key != batch.gone.end(); ++key) {
        done = writing.remove(*key);
    }
    for (auto folder = batch.folders_gone.begin(); done && folder != batch.folders_gone.end(); ++folder) {
        done = writing.remove_folder(*folder);
    }
    return done ? writing.commit() : done;
}

Result<FileState> Work::give_back() {
    if (::renameat(folder_.get(), busy_name, folder_.get(), data_name) != 0) {
        return system_error(errno, "rename of the index");
    }
    const auto state = state_of(file_.get());
    return state ? Result<FileState>(*state) : Error(Code::invalid_data, "the index was changed meanwhile");
}

/// Whether a new file helps.
bool is_useless(const Error& error) {
    return error.code == Code::expunged || error.code == Code::invalid_data || error.code == Code::limit;
}

Result<Written> Work::write(const Batch& batch, const std::optional<FileState>& known) {
    Written written;
    auto done = take(known);
    if (done) {
        done = fill(batch);
    }
    if (!done && is_useless(done.error())) {
        written.began_anew = done.error().code == Code::expunged ? "" : done.error().detail;
        done = begin_anew();
        if (done) {
            done = fill(batch);
        }
    }
    const auto state = give_back();
    if (!done) {
        return done.error();
    }
    if (!state) {
        return state.error();
    }
    written.state = *state;
    return written;
}

}  // namespace

Result<Written> write_batch(const Place& place, const Batch& batch, const std::optional<FileState>& known,
                            const BatchSettings& settings) {
    auto folder = place.enter(Place::Missing::is_made);
    if (!folder) {
        return folder.error();
    }
    Work work(std::move(*folder), place, settings);
    if (auto locked = work.lock(); !locked) {
        return locked.error();
    }
    return work.write(batch, known);
}

Result<Descriptor> open_data(const Place& place) {
    auto folder = place.enter(Place::Missing::is_error);
    if (!folder) {
        return folder.error();
    }
    Descriptor file(::openat(folder->get(), data_name, O_RDONLY | open_flags));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return errno == ENOENT ? Error(Code::expunged, "no index") : system_error(errno, "open the index");
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(Code::invalid_data, "the index is no file");
    }
    return file;
}

}  // namespace postrider::store::index
