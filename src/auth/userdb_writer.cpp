#include "auth/userdb_writer.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "auth/userdb_seal.hpp"
#include "core/descriptor.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t page_bytes = 4096;

MDB_val val_of(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}

/// Room for the records, whatever the page size: twice their bytes in leaf pages, whole pages for long values.
std::size_t map_bytes(const std::vector<SourceRecord>& records) {
    const std::size_t page = std::max<std::size_t>(page_bytes, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
    std::size_t sum = 256 * page;
    for (const auto& record : records) {
        const std::size_t bytes = record.name.size() + record.fields.size() + record.shadow.size() + 64;
        sum += 2 * bytes + (bytes > page / 4 ? 2 * page : 0);
    }
    return (sum + page - 1) / page * page;
}

/// All records in one transaction. Gives LMDB's error number.
int put_all(MDB_env* environment, const std::vector<SourceRecord>& records) {
    MDB_txn* begun = nullptr;
    if (const int error = ::mdb_txn_begin(environment, nullptr, 0, &begun); error != 0) {
        return error;
    }
    std::unique_ptr<MDB_txn, decltype(&::mdb_txn_abort)> transaction(begun, ::mdb_txn_abort);
    MDB_dbi table = 0;
    int error = ::mdb_dbi_open(begun, nullptr, 0, &table);
    for (const auto& record : records) {
        if (error != 0) {
            return error;
        }
        const std::string text = record.fields + '\0' + record.shadow;
        MDB_val key = val_of(record.name);
        MDB_val value = val_of(text);
        error = ::mdb_put(begun, table, &key, &value, MDB_APPEND);
    }
    return error != 0 ? error : ::mdb_txn_commit(transaction.release());
}

int fill(const std::string& path, const std::vector<SourceRecord>& records) {
    MDB_env* made = nullptr;
    if (const int error = ::mdb_env_create(&made); error != 0) {
        return error;
    }
    const std::unique_ptr<MDB_env, decltype(&::mdb_env_close)> environment(made, ::mdb_env_close);
    int error = ::mdb_env_set_mapsize(made, map_bytes(records));
    if (error == 0) {
        error = ::mdb_env_open(made, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, S_IRUSR | S_IWUSR);
    }
    return error != 0 ? error : put_all(made, records);
}

/// Seals the file and makes it durable.
bool seal(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    return file && write_seal(file.get()) && ::fsync(file.get()) == 0;
}

bool sync_folder_of(const std::string& path) {
    const auto parent = std::filesystem::path(path).parent_path();
    const Descriptor folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder && ::fsync(folder.get()) == 0;
}

std::string system_text(const std::string& path, int number) {
    return path + ": " + ::mdb_strerror(number);
}

}  // namespace

std::optional<std::string> write_database(const std::string& path, const std::vector<SourceRecord>& records) {
    const std::string temporary = path + ".tmp";
    if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
        return system_text(temporary, errno);
    }
    int error = fill(temporary, records);
    if (error == 0 && (!seal(temporary) || ::rename(temporary.c_str(), path.c_str()) != 0)) {
        error = errno;
    }
    if (error != 0) {
        ::unlink(temporary.c_str());
        return system_text(temporary, error);
    }
    if (!sync_folder_of(path)) {
        return system_text(path, errno);
    }
    return std::nullopt;
}

}  // namespace postrider::auth
