// One connection to a directory server, by libldap. Blocks, never longer than its time limits; one thread at a time.
#pragma once

#include <ldap.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/ldap.hpp"
#include "auth/ldap/entry.hpp"
#include "auth/ldap/library.hpp"

namespace postrider::auth {

using Deadline = std::chrono::steady_clock::time_point;

/// What all connections of a module share, and outlives them.
struct Directory {
    LdapSettings settings;
    std::atomic<std::size_t> answered{0};  ///< the server that answered last, tried first: by its place in uris
};

/// Every call connects first where there is no connection. Each of its steps has the settings' timeout, all together
/// end at the deadline. Errors: unavailable; the connection is closed then if it cannot be used again.
class Connection {
public:
    explicit Connection(Directory& directory) : directory_(directory) {}

    /// Errors: denied as well: not this name with this password. Neither may be empty: a server takes that for a wish
    /// to be nobody, and grants it (RFC 4513 section 5.1).
    Result<void> bind(const std::string& dn, const std::string& password, Deadline deadline);

    struct Search {
        std::string base_dn;
        std::string filter;
        std::vector<std::string> attributes;
        int most = 0;  ///< entries; whether there are more of them cannot be told. 0: all, or an error
    };
    using Visit = std::function<void(Entry entry)>;
    /// Below base_dn, however deep. What it would have to ask of other servers (referrals) is left out.
    Result<void> search(const Search& what, const Visit& visit, Deadline deadline);

    /// Replaces all values of each attribute. Errors: denied as well: the server does not let who is bound do that.
    Result<void> replace(const std::string& dn, const std::vector<Attribute>& attributes, Deadline deadline);

    bool is_open() const { return ldap_ != nullptr; }
    void close() { ldap_.reset(); }
    /// When it was used last.
    std::chrono::steady_clock::time_point last_used() const { return last_used_; }

private:
    struct Unbind {
        void operator()(LDAP* ldap) const { libldap().unbind_ext(ldap, nullptr, nullptr); }
    };
    using Handle = std::unique_ptr<LDAP, Unbind>;

    /// Connects where there is no connection, and arms the time limits.
    Result<void> begin(Deadline deadline);
    Result<void> open(Deadline deadline);
    int connect(const std::string& uri, Deadline deadline);
    /// False: the deadline has passed.
    bool arm(LDAP* ldap, Deadline deadline) const;
    Error failed(Code code, const std::string& what, int result);
    Result<void> read_answers(int message, const Search& what, const Visit& visit, Deadline deadline);

    Directory& directory_;
    Handle ldap_;
    std::chrono::steady_clock::time_point last_used_;
};

}  // namespace postrider::auth
