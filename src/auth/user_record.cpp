// One userdb record: its fields, and the account they describe. compat/userdb.md sections 2.1 and 4.1.
#include <sys/types.h>

#include "auth/account_id.hpp"
#include "auth/fields.hpp"
#include "auth/user_database.hpp"

namespace postrider::auth {

namespace {

template <class Id>
std::optional<Id> id_of(std::optional<std::string_view> field) {
    return field ? account_id<Id>(*field) : std::nullopt;
}

std::optional<std::string> text_of(std::optional<std::string_view> field) {
    return field ? std::optional<std::string>(*field) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> UserRecord::field(std::string_view name) const {
    return item_value(name.ends_with("pw") ? shadow_ : fields_, '|', name);
}

std::optional<Account> account_of(std::string_view name, const UserRecord& record) {
    const auto uid = id_of<uid_t>(record.field("uid"));
    const auto gid = id_of<gid_t>(record.field("gid"));
    const auto home = record.field("home");
    if (!uid || !gid || !home) {
        return std::nullopt;
    }
    Account account;
    account.address = name;
    account.uid = *uid;
    account.gid = *gid;
    account.home = *home;
    account.maildir = text_of(record.field("mail"));
    account.quota = text_of(record.field("quota"));
    const auto gecos = record.field("gecos").value_or("");
    account.full_name = gecos.substr(0, gecos.find(','));
    account.options = record.field("options").value_or("");
    return account;
}

}  // namespace postrider::auth
