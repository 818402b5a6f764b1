// The compiled userdb: one LMDB file beside its text source. docs/userdb.md has the record format with an example.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/account.hpp"
#include "core/result.hpp"

namespace postrider::auth {

/// The fields of one record, as compat/userdb.md section 4.1 finds them.
class UserRecord {
public:
    UserRecord() = default;
    UserRecord(std::string fields, std::string shadow) : fields_(std::move(fields)), shadow_(std::move(shadow)) {}

    /// None: not there. "": there without a value. Fields that end in "pw" come from the shadow half.
    std::optional<std::string_view> field(std::string_view name) const;
    const std::string& fields() const { return fields_; }
    const std::string& shadow() const { return shadow_; }

private:
    std::string fields_;
    std::string shadow_;
};

/// Reads the database at `path` (userdb.lmdb). Opened at the first look-up, and opened anew when the file at `path`
/// was replaced by a later makeuserdb; so a running server sees a new compilation at once.
/// Every call does file work: pool only, one thread at a time (the auth service's strand).
class UserDatabase {
public:
    explicit UserDatabase(std::string path);
    ~UserDatabase();
    UserDatabase(const UserDatabase&) = delete;
    UserDatabase& operator=(const UserDatabase&) = delete;

    /// None: no such record. Errors: unavailable (no database, not readable), invalid_data (not a userdb).
    Result<std::optional<UserRecord>> find(std::string_view name);
    /// Every record, in key order.
    Result<void> each(const std::function<void(std::string_view name, const UserRecord&)>& visit);

private:
    class Environment;
    Result<void> reopen_if_replaced();

    std::string path_;
    std::unique_ptr<Environment> environment_;
};

/// The account that a record describes. None: uid, gid or home is missing (as if there were no such account).
std::optional<Account> account_of(std::string_view name, const UserRecord& record);

/// What a compilation could not do, in Courier's words, and the exit code of makeuserdb. compat/userdb.md section 3.
struct CompileFailure {
    std::string message;
    int exit_code = 1;
    bool to_stdout = false;  ///< Courier writes this one to standard output
};

/// Compiles a userdb source (file or directory) into `path`.lmdb: temporary file, fsync, rename, directory fsync,
/// under the lock `path`.lock. On any error the old database stays. path: of the source, without a trailing "/".
std::optional<CompileFailure> compile_userdb(const std::string& path);

}  // namespace postrider::auth
