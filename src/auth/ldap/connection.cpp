#include "auth/ldap/connection.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <list>

#include "auth/ldap/library.hpp"
#include "auth/ldap/tls_options.hpp"

namespace postrider::auth {

namespace {

using Clock = std::chrono::steady_clock;

timeval time_until(Deadline deadline, std::chrono::seconds most) {
    const auto left = std::min<Clock::duration>(deadline - Clock::now(), most);
    const auto time =
        std::max(std::chrono::duration_cast<std::chrono::microseconds>(left), std::chrono::microseconds(0));
    return {.tv_sec = time.count() / 1'000'000, .tv_usec = time.count() % 1'000'000};
}

bool is_zero(const timeval& time) {
    return time.tv_sec == 0 && time.tv_usec == 0;
}

/// libldap waits for the begin of an answer only; a server that stops in the middle of one is for these.
void limit_socket(LDAP* ldap, const timeval& time) {
    int socket = -1;
    if (libldap().get_option(ldap, LDAP_OPT_DESC, &socket) == LDAP_OPT_SUCCESS && socket >= 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    }
}

/// Without this libldap 2.5 tries a handshake that does not go on again and again, without a rest and for ever; with
/// it, it waits, and not longer than LDAP_OPT_NETWORK_TIMEOUT.
void wait_in_handshake(LDAP* ldap, bool on) {
    const void* const yes = &on;  // any address; LDAP_OPT_ON is one in a library that is not linked
    libldap().set_option(ldap, LDAP_OPT_CONNECT_ASYNC, on ? yes : LDAP_OPT_OFF);
}

/// The handshake of ldaps is part of the connect, so its socket gets its limits from there.
int limit_new_socket(LDAP* ldap, Sockbuf* buffer, LDAPURLDesc*, sockaddr*, ldap_conncb*) {
    timeval* time = nullptr;
    int socket = -1;
    if (libldap().get_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, &time) == LDAP_OPT_SUCCESS && time != nullptr &&
        libldap().ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &socket) > 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, time, sizeof *time);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, time, sizeof *time);
    }
    libldap().memfree(time);
    return 0;
}
void forget_socket(LDAP*, Sockbuf*, ldap_conncb*) {}
ldap_conncb new_sockets{limit_new_socket, forget_socket, nullptr};

struct FreeMessage {
    void operator()(LDAPMessage* message) const { libldap().msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

struct FreeBer {
    void operator()(BerElement* element) const { libldap().ber_free(element, 0); }
};

Attribute attribute_of(LDAP* ldap, LDAPMessage* message, const char* name) {
    Attribute attribute{name, {}};
    berval** values = libldap().get_values_len(ldap, message, name);
    for (int i = 0; values != nullptr && values[i] != nullptr; ++i) {
        attribute.values.emplace_back(values[i]->bv_val, values[i]->bv_len);
    }
    libldap().value_free_len(values);
    return attribute;
}

Entry entry_of(LDAP* ldap, LDAPMessage* message) {
    Entry entry;
    char* const dn = libldap().get_dn(ldap, message);
    entry.dn = dn == nullptr ? "" : dn;
    libldap().memfree(dn);
    BerElement* place = nullptr;
    char* name = libldap().first_attribute(ldap, message, &place);
    const std::unique_ptr<BerElement, FreeBer> owned(place);
    for (; name != nullptr; name = libldap().next_attribute(ldap, message, place)) {
        entry.attributes.push_back(attribute_of(ldap, message, name));
        libldap().memfree(name);
    }
    return entry;
}

/// What a server answers when it knows the name or not, and does not let it in. RFC 4511 section 4.1.9.
bool is_refusal(int result) {
    constexpr std::array refusals{LDAP_INVALID_CREDENTIALS, LDAP_INAPPROPRIATE_AUTH,   LDAP_INSUFFICIENT_ACCESS,
                                  LDAP_NO_SUCH_OBJECT,      LDAP_UNWILLING_TO_PERFORM, LDAP_CONSTRAINT_VIOLATION};
    return std::ranges::find(refusals, result) != refusals.end();
}

/// Negative results are libldap's own: no answer came, or none that can be read.
bool ends_connection(int result) {
    return result < 0 || result == LDAP_BUSY || result == LDAP_UNAVAILABLE || result == LDAP_PROTOCOL_ERROR;
}

}  // namespace

bool Connection::arm(LDAP* ldap, Deadline deadline) const {
    const timeval time = time_until(deadline, directory_.settings.timeout);
    if (is_zero(time)) {
        return false;
    }
    libldap().set_option(ldap, LDAP_OPT_TIMEOUT, &time);
    libldap().set_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, &time);
    limit_socket(ldap, time);
    return true;
}

Error Connection::failed(Code code, const std::string& what, int result) {
    if (ends_connection(result)) {
        close();
    }
    return Error(code, "authldap: " + what + ": " + libldap().err2string(result));
}

int Connection::connect(const std::string& uri, Deadline deadline) {
    LDAP* made = nullptr;
    if (const int result = libldap().initialize(&made, uri.c_str()); result != LDAP_SUCCESS) {
        return result;
    }
    Handle ldap(made);
    const LdapSettings& settings = directory_.settings;
    const int version = static_cast<int>(settings.version);
    const int deref = static_cast<int>(settings.deref);  // numbered as LDAP_DEREF_NEVER and its like
    libldap().set_option(made, LDAP_OPT_PROTOCOL_VERSION, &version);
    libldap().set_option(made, LDAP_OPT_DEREF, &deref);
    libldap().set_option(made, LDAP_OPT_CONNECT_CB, &new_sockets);
    libldap().set_option(made, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    if (const int result = set_tls_options(made, settings.tls); result != LDAP_SUCCESS) {
        return result;
    }
    const bool is_tls = libldap().is_ldaps_url(uri.c_str()) != 0;
    if (!arm(made, deadline)) {
        return LDAP_TIMEOUT;
    }
    wait_in_handshake(made, is_tls);
    int result = libldap().connect(made);
    if (result == LDAP_SUCCESS && settings.start_tls && !is_tls) {
        wait_in_handshake(made, true);
        result = arm(made, deadline) ? libldap().start_tls_s(made, nullptr, nullptr) : LDAP_TIMEOUT;
    }
    wait_in_handshake(made, false);
    if (result == LDAP_SUCCESS) {
        ldap_ = std::move(ldap);
    }
    return result;
}

Result<void> Connection::open(Deadline deadline) {
    const auto& uris = directory_.settings.uris;
    const std::size_t first = directory_.answered;
    std::string detail;
    for (std::size_t i = 0; i < uris.size() && !is_open(); ++i) {
        const std::size_t place = (first + i) % uris.size();
        const int result = connect(uris[place], deadline);
        if (result == LDAP_SUCCESS) {
            directory_.answered = place;
        } else {
            detail += (detail.empty() ? "" : "; ") + uris[place] + ": " + libldap().err2string(result);
        }
    }
    return is_open() ? Result<void>() : Error(Code::unavailable, "authldap: " + detail);
}

Result<void> Connection::begin(Deadline deadline) {
    if (!is_open()) {
        if (auto opened = open(deadline); !opened) {
            return opened;
        }
    }
    last_used_ = Clock::now();
    return arm(ldap_.get(), deadline) ? Result<void>() : failed(Code::unavailable, "no time left", LDAP_TIMEOUT);
}

Result<void> Connection::bind(const std::string& dn, const std::string& password, Deadline deadline) {
    if (dn.empty() || password.empty()) {
        return Error(Code::denied, "authldap: empty name or password");
    }
    if (auto begun = begin(deadline); !begun) {
        return begun;
    }
    const berval secret{password.size(), const_cast<char*>(password.data())};  // is not written to
    const int result =
        libldap().sasl_bind_s(ldap_.get(), dn.c_str(), LDAP_SASL_SIMPLE, const_cast<berval*>(&secret), {}, {}, nullptr);
    if (result != LDAP_SUCCESS) {
        return failed(is_refusal(result) ? Code::denied : Code::unavailable, "bind as " + dn, result);
    }
    return {};
}

Result<void> Connection::search(const Search& what, const Visit& visit, Deadline deadline) {
    if (auto begun = begin(deadline); !begun) {
        return begun;
    }
    std::vector<char*> names;
    for (const std::string& name : what.attributes) {
        names.push_back(const_cast<char*>(name.c_str()));
    }
    names.push_back(nullptr);
    int message = -1;
    const int result = libldap().search_ext(ldap_.get(), what.base_dn.c_str(), LDAP_SCOPE_SUBTREE, what.filter.c_str(),
                                            names.data(), 0, nullptr, nullptr, nullptr, what.most, &message);
    if (result != LDAP_SUCCESS) {
        return failed(Code::unavailable, "search of " + what.filter, result);
    }
    return read_answers(message, what, visit, deadline);
}

Result<void> Connection::read_answers(int message, const Search& what, const Visit& visit, Deadline deadline) {
    for (int found = 0;;) {
        timeval time = time_until(deadline, directory_.settings.timeout);
        LDAPMessage* raw = nullptr;
        const int kind = is_zero(time) ? 0 : libldap().result(ldap_.get(), message, LDAP_MSG_ONE, &time, &raw);
        const Message answer(raw);
        int result = LDAP_SUCCESS;
        if (kind == LDAP_RES_SEARCH_REFERENCE) {
            continue;
        }
        if (kind == LDAP_RES_SEARCH_ENTRY && (what.most == 0 || ++found <= what.most)) {
            visit(entry_of(ldap_.get(), raw));
            continue;
        }
        if (kind == LDAP_RES_SEARCH_ENTRY) {
            result = LDAP_PROTOCOL_ERROR;  // more than were asked for
        } else if (kind == LDAP_RES_SEARCH_RESULT) {
            libldap().parse_result(ldap_.get(), raw, &result, nullptr, nullptr, nullptr, nullptr, 0);
        } else {
            result = kind == 0 ? LDAP_TIMEOUT : LDAP_SERVER_DOWN;
        }
        if (result == LDAP_SUCCESS) {
            return {};
        }
        if (result == LDAP_SIZELIMIT_EXCEEDED && what.most > 0) {
            return Error(Code::limit, "authldap: more entries than were told: search of " + what.filter);
        }
        return failed(Code::unavailable, "search of " + what.filter, result);
    }
}

namespace {

/// One attribute's new values, as libldap takes them.
class Replacement {
public:
    explicit Replacement(const Attribute& attribute) {
        for (const std::string& value : attribute.values) {
            bytes_.push_back({value.size(), const_cast<char*>(value.data())});
        }
        for (berval& value : bytes_) {
            values_.push_back(&value);
        }
        values_.push_back(nullptr);
        change_.mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES;
        change_.mod_type = const_cast<char*>(attribute.name.c_str());
        change_.mod_bvalues = values_.data();
    }
    LDAPMod* change() { return &change_; }

private:
    std::vector<berval> bytes_;
    std::vector<berval*> values_;
    LDAPMod change_{};
};

}  // namespace

Result<void> Connection::replace(const std::string& dn, const std::vector<Attribute>& attributes, Deadline deadline) {
    if (auto begun = begin(deadline); !begun) {
        return begun;
    }
    std::list<Replacement> replacements;  // which stay where they are
    std::vector<LDAPMod*> changes;
    for (const Attribute& attribute : attributes) {
        changes.push_back(replacements.emplace_back(attribute).change());
    }
    changes.push_back(nullptr);
    const int result = libldap().modify_ext_s(ldap_.get(), dn.c_str(), changes.data(), nullptr, nullptr);
    if (result != LDAP_SUCCESS) {
        return failed(is_refusal(result) ? Code::denied : Code::unavailable, "change of " + dn, result);
    }
    return {};
}

}  // namespace postrider::auth
