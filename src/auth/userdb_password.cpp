// The account is looked for in the source, not in the database: so two changes at once are checked one after the other,
// and what an administrator has just edited is neither undone nor answered by an old password.
#include "auth/userdb_password.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/crypt.hpp"
#include "auth/fields.hpp"
#include "auth/password.hpp"
#include "auth/remake_password.hpp"
#include "auth/saslprep.hpp"
#include "auth/scram.hpp"
#include "auth/scram_secret.hpp"
#include "auth/user_database.hpp"
#include "auth/userdb_file.hpp"
#include "auth/userdb_folder.hpp"
#include "auth/userdb_text.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t most_password_bytes = 511;  // that crypt(3) takes
constexpr std::string_view clear_text = "{PLAIN}";

struct Passwords {
    const std::string& old_one;
    const std::string& new_one;
};

bool is_unfit(std::string_view text) {
    return std::ranges::any_of(text, is_control) || text.find_first_of("|='\"") != std::string_view::npos;
}

/// What a field becomes. None: it stays, since it was not made from the old password. "": it goes.
using Remade = std::optional<std::string>;

/// In clear as before. None: it is not in clear.
std::optional<Remade> remade_clear_text(std::string_view stored, const Passwords& passwords) {
    const auto clear = clear_text_of(stored);
    if (!clear) {
        return std::nullopt;
    }
    return is_same_secret(*clear, passwords.old_one) ? Remade(std::string(clear_text) + passwords.new_one) : Remade();
}

/// SHA-512 crypt stays what it is, unless somebody gave it a cost of its own; all else becomes yescrypt.
Remade remade_password(std::string_view stored, const Passwords& passwords) {
    if (const auto clear = remade_clear_text(stored, passwords)) {
        return *clear;
    }
    if (!password_matches(passwords.old_one, stored)) {
        return std::nullopt;
    }
    const bool is_sha512 = stored.starts_with("$6$") && !stored.starts_with("$6$rounds=");
    return is_sha512 ? remake_password(stored, passwords.new_one) : make_yescrypt(passwords.new_one);
}

template <HmacHash hash>
Remade remade_cram(std::string_view stored, const Passwords& passwords) {
    if (const auto clear = remade_clear_text(stored, passwords)) {
        return *clear;
    }
    const bool was_it = is_same_secret(make_hmac_secret(hash, passwords.old_one), lower(stored));
    return was_it ? Remade(make_hmac_secret(hash, passwords.new_one)) : Remade();
}

template <ScramHash hash>
Remade remade_scram(std::string_view stored, const Passwords& passwords) {
    if (const auto clear = remade_clear_text(stored, passwords)) {
        return *clear;
    }
    const auto kept = read_scram_secret(hash, stored);
    const auto made =
        kept ? scram_secret_of(hash, passwords.old_one, kept->salt, kept->iterations) : std::optional<ScramSecret>();
    if (!made || !is_same_secret(made->stored_key, kept->stored_key)) {
        return std::nullopt;
    }
    const bool is_prepared = saslprep(passwords.new_one, Unassigned::prohibited).has_value();
    return is_prepared ? make_scram_secret(hash, passwords.new_one) : std::string();
}

using Remake = Remade (*)(std::string_view stored, const Passwords& passwords);

struct Challenge {
    std::string_view field;  ///< of every service; with "SERVICE-" before it, of one
    Remake remake;
};

constexpr std::array challenges{
    Challenge{"hmac-md5pw", remade_cram<HmacHash::md5>},
    Challenge{"hmac-sha1pw", remade_cram<HmacHash::sha1>},
    Challenge{"hmac-sha256pw", remade_cram<HmacHash::sha256>},
    Challenge{"scram-sha-1pw", remade_scram<ScramHash::sha1>},
    Challenge{"scram-sha-256pw", remade_scram<ScramHash::sha256>},
};

/// What is to be done to one record.
class Edit {
public:
    Edit(const std::vector<std::string_view>& fields, const Passwords& passwords)
        : fields_(fields), passwords_(passwords) {}

    /// False: there is no such field.
    bool apply(const std::string& name, Remake remake) {
        const auto field = std::ranges::find(fields_, std::string_view(name), item_name);
        if (field == fields_.end()) {
            return false;
        }
        const auto stored = field->substr(std::min(name.size() + 1, field->size()));
        const auto remade = remake(stored, passwords_);
        if (remade && remade->empty()) {
            gone_.push_back(name);
        } else if (remade) {
            changed_.push_back(name + "=" + *remade);
        }
        return true;
    }

    /// None: nothing was made from the old password.
    std::optional<std::string> applied_to(std::string_view text, std::string_view user) const {
        if (changed_.empty() && gone_.empty()) {
            return std::nullopt;
        }
        return without_fields(with_fields(text, user, changed_), user, gone_);
    }

private:
    const std::vector<std::string_view>& fields_;
    const Passwords& passwords_;
    std::vector<std::string> changed_;
    std::vector<std::string> gone_;
};

/// The source file's text with the new password. None: no such record, or the old password is not its.
std::optional<std::string> with_new_password(std::string_view text, const std::string& service, const std::string& user,
                                             const Passwords& passwords) {
    const auto fields = record_fields(text, user);
    if (!fields) {
        return std::nullopt;
    }
    Edit edit(*fields, passwords);
    if (!edit.apply(service + "pw", remade_password)) {
        edit.apply("systempw", remade_password);
    }
    for (const auto& [field, remake] : challenges) {
        edit.apply(service + "-" + std::string(field), remake);
        edit.apply(std::string(field), remake);
    }
    return edit.applied_to(text, user);
}

/// The file of the source that has the record. None: no file has.
Result<std::optional<std::string>> file_with(const std::string& source, const std::string& user) {
    const auto files = source_files(source);
    if (!files) {
        return Error(Code::unavailable, files.error().detail);
    }
    for (const auto& file : *files) {
        const auto text = read_source(file.path);
        if (!text) {
            return Error(Code::unavailable, text.error().detail);
        }
        if (record_fields(*text, user)) {
            return std::optional(file.path);
        }
    }
    return std::optional<std::string>();
}

/// Compiles; where that cannot be, the file gets its old text back, unless an editor has changed it since.
std::optional<Error> compile_or_undo(const std::string& source, UserdbFile& file, const std::string& before,
                                     const std::string& after) {
    auto failure = compile_userdb(source);
    if (!failure) {
        return std::nullopt;
    }
    const auto undo =
        file.change([&](const std::string& now) { return now == after ? std::optional(before) : std::nullopt; });
    return Error(Code::unavailable, failure->message + (undo ? "; and not undone: " + undo->message : ""));
}

}  // namespace

Result<bool> change_userdb_password(const std::string& source, const std::string& service, const std::string& user,
                                    const std::string& old_password, const std::string& new_password) {
    if (std::ranges::any_of(std::initializer_list<std::string_view>{service, user, old_password, new_password},
                            is_unfit) ||
        service.empty() || user.empty() || user.find('/') != std::string::npos || new_password.empty() ||
        new_password.size() > most_password_bytes) {
        return false;
    }
    const auto path = file_with(source, user);
    if (!path || !*path) {
        return path ? Result<bool>(false) : path.error();
    }
    auto file = UserdbFile::open(**path);
    if (!file) {
        return Error(Code::unavailable, file.error().message);
    }
    std::string before;
    std::optional<std::string> after;
    const auto failure = file->change([&](const std::string& text) {
        before = text;
        after = with_new_password(text, service, user, {old_password, new_password});
        return after;
    });
    if (failure) {
        return Error(Code::unavailable, failure->message);
    }
    if (!after) {
        return false;
    }
    if (auto error = compile_or_undo(source, *file, before, *after)) {
        return std::move(*error);
    }
    return true;
}

}  // namespace postrider::auth
