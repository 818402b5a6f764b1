#include "auth/ldap/accounts.hpp"

#include <stdexcept>

#include "auth/ldap/filter.hpp"
#include "auth/remake_password.hpp"
#include "core/limits.hpp"

namespace postrider::auth {

namespace {

Deadline new_deadline() {
    return std::chrono::steady_clock::now() + limits::ldap_time;
}

/// For accounts of which there must be one: two are as good as more.
Connection::Search account_search(const LdapSettings& settings, std::string filter) {
    return {.base_dn = settings.base_dn,
            .filter = std::move(filter),
            .attributes = account_attributes(settings),
            .most = 2};
}

/// For what the entry has. Empty: it has none, or the new one is nothing for crypt(3).
std::vector<Attribute> password_changes(const LdapSettings& settings, const Entry& entry, const std::string& password) {
    std::vector<Attribute> changes;
    if (entry.value(settings.clear_password)) {
        changes.push_back({settings.clear_password, {password}});
    }
    try {
        if (const auto stored = entry.value(settings.crypt_password)) {
            changes.push_back({settings.crypt_password, {remake_password(*stored, password)}});
        }
    } catch (const std::invalid_argument&) {
        changes.clear();
    }
    return changes;
}

}  // namespace

template <class Work>
auto LdapAccounts::over(Connection& connection, Work work) {
    if (std::chrono::steady_clock::now() - connection.last_used() > limits::ldap_idle_time) {
        connection.close();
    }
    const bool is_new = !connection.is_open();
    auto done = work();
    const bool is_lost = !done && !connection.is_open();
    return is_lost && !is_new ? work() : std::move(done);
}

Result<void> LdapAccounts::bind_for_searches(Deadline deadline) {
    const LdapSettings& settings = directory_.settings;
    if (settings.bind_dn.empty() || searches_.is_open()) {
        return {};
    }
    auto bound = searches_.bind(settings.bind_dn, settings.bind_password, deadline);
    if (!bound) {
        searches_.close();
        return Error(Code::unavailable, bound.error().detail);  // our name is refused, not the user's
    }
    return {};
}

Result<std::vector<Entry>> LdapAccounts::search(const Connection::Search& what, Deadline deadline) {
    return over(searches_, [&]() -> Result<std::vector<Entry>> {
        if (auto bound = bind_for_searches(deadline); !bound) {
            return bound.error();
        }
        std::vector<Entry> found;
        auto take = [&found](Entry entry) { found.push_back(std::move(entry)); };
        if (auto done = searches_.search(what, take, deadline); !done) {
            return done.error();
        }
        return found;
    });
}

Result<std::optional<Entry>> LdapAccounts::only_entry(const Connection::Search& what, Deadline deadline) {
    auto found = search(what, deadline);
    if (!found && found.error().code == Code::limit) {
        return std::optional<Entry>();  // there are more
    }
    if (!found) {
        return found.error();
    }
    return found->size() == 1 ? std::optional(std::move(found->front())) : std::nullopt;
}

Result<std::optional<Entry>> LdapAccounts::mapped_entry_of(const std::string& user, Deadline deadline) {
    const LdapSettings& settings = directory_.settings;
    const Connection::Search maps{.base_dn = settings.map.base_dn,
                                  .filter = map_filter(settings, user),
                                  .attributes = {settings.map.attribute},
                                  .most = 2};
    auto mapped = only_entry(maps, deadline);
    if (!mapped || !*mapped) {
        return mapped;
    }
    const auto name = (*mapped)->value(settings.map.attribute);
    if (!name) {
        return std::optional<Entry>();
    }
    return only_entry(account_search(settings, account_filter(settings, settings.map.mail, *name)), deadline);
}

Result<std::optional<Entry>> LdapAccounts::entry_of(const std::string& user, Deadline deadline) {
    const LdapSettings& settings = directory_.settings;
    if (!settings.map.filter.empty() && user.find('@') != std::string::npos) {
        return mapped_entry_of(user, deadline);
    }
    const std::string name = searched_name(settings, user);
    return only_entry(account_search(settings, account_filter(settings, settings.mail, name)), deadline);
}

Result<std::optional<Record>> LdapAccounts::record_of(const Query& query, const Entry& entry) const {
    auto account = account_of(directory_.settings, entry, query.user, query.service);
    if (!account) {
        return account.error();
    }
    if (!*account) {
        return std::optional<Record>();
    }
    return std::optional(Record{std::move(**account), stored_password_of(directory_.settings, entry), {}});
}

Result<bool> LdapAccounts::is_password(const Query& query, const Entry& entry, const std::string& password,
                                       Deadline deadline) {
    note_effort(query);
    if (!directory_.settings.bind_as_user) {
        const auto stored = stored_password_of(directory_.settings, entry);
        return checker_.matches({query.service, query.user, stored.value_or(""), password});
    }
    auto bound = over(users_, [&] { return users_.bind(entry.dn, password, deadline); });
    if (!bound && bound.error().code != Code::denied) {
        return bound.error();
    }
    return bound.has_value();
}

Result<std::optional<Record>> LdapAccounts::find(const Query& query) {
    const auto entry = entry_of(query.user, new_deadline());
    if (!entry) {
        return entry.error();
    }
    return *entry ? record_of(query, **entry) : std::optional<Record>();
}

Result<std::optional<Record>> LdapAccounts::log_in(const Query& query, const std::string& password) {
    const Deadline deadline = new_deadline();
    const auto entry = entry_of(query.user, deadline);
    if (!entry) {
        return entry.error();
    }
    if (!*entry) {
        return std::optional<Record>();
    }
    const auto matches = is_password(query, **entry, password, deadline);
    if (!matches) {
        return matches.error();
    }
    return *matches ? record_of(query, **entry) : std::optional<Record>();
}

Result<bool> LdapAccounts::change_password(const Query& query, const std::string& old_password,
                                           const std::string& new_password) {
    const LdapSettings& settings = directory_.settings;
    const Deadline deadline = new_deadline();
    const auto entry = entry_of(query.user, deadline);
    if (!entry) {
        return entry.error();
    }
    if (!*entry || new_password.empty()) {
        return false;
    }
    auto matches = is_password(query, **entry, old_password, deadline);
    if (!matches || !*matches) {
        return matches;
    }
    const auto changes = password_changes(settings, **entry, new_password);
    if (changes.empty()) {
        return false;
    }
    Connection& connection = settings.bind_as_user ? users_ : searches_;
    const auto changed = connection.replace((*entry)->dn, changes, deadline);
    if (!changed && changed.error().code != Code::denied) {
        return changed.error();
    }
    return changed.has_value();
}

Result<std::vector<Account>> LdapAccounts::all() {
    const LdapSettings& settings = directory_.settings;
    Connection::Search what = account_search(settings, all_accounts_filter(settings));
    what.attributes.push_back(settings.mail);
    what.most = 0;
    std::vector<Account> accounts;
    auto take = [&](const Entry& entry) {
        for (const std::string& name : entry.values(settings.mail)) {
            if (auto account = account_of(settings, entry, name, ""); account && *account) {
                accounts.push_back(std::move(**account));
            }
        }
    };
    auto done = over(searches_, [&]() -> Result<void> {
        accounts.clear();
        auto bound = bind_for_searches(new_deadline());
        return bound ? searches_.search(what, take, Deadline::max()) : bound;
    });
    if (!done) {
        return done.error();
    }
    return accounts;
}

}  // namespace postrider::auth
