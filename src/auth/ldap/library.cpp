#include "auth/ldap/library.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace postrider::auth {

namespace {

// Debian 13's and Debian 12's; both have what is used here.
constexpr const char* names[] = {"libldap.so.2", "libldap-2.5.so.0"};

/// Stays open until the process ends.
void* opened() {
    for (const char* name : names) {
        if (void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL); library != nullptr) {
            return library;
        }
    }
    throw std::runtime_error(std::string("authldap: libldap cannot be loaded: ") + ::dlerror());
}

template <class F>
void find(void* library, const char* name, F& function) {
    function = reinterpret_cast<F>(::dlsym(library, name));
    if (function == nullptr) {
        throw std::runtime_error(std::string("authldap: libldap has no ") + name);
    }
}

LibLdap loaded() {
    void* const library = opened();
    LibLdap made;
    find(library, "ldap_connect", made.connect);
    find(library, "ldap_err2string", made.err2string);
    find(library, "ldap_first_attribute", made.first_attribute);
    find(library, "ldap_get_dn", made.get_dn);
    find(library, "ldap_get_option", made.get_option);
    find(library, "ldap_get_values_len", made.get_values_len);
    find(library, "ldap_initialize", made.initialize);
    find(library, "ldap_is_ldaps_url", made.is_ldaps_url);
    find(library, "ldap_memfree", made.memfree);
    find(library, "ldap_modify_ext_s", made.modify_ext_s);
    find(library, "ldap_msgfree", made.msgfree);
    find(library, "ldap_next_attribute", made.next_attribute);
    find(library, "ldap_parse_result", made.parse_result);
    find(library, "ldap_result", made.result);
    find(library, "ldap_sasl_bind_s", made.sasl_bind_s);
    find(library, "ldap_search_ext", made.search_ext);
    find(library, "ldap_set_option", made.set_option);
    find(library, "ldap_start_tls_s", made.start_tls_s);
    find(library, "ldap_unbind_ext", made.unbind_ext);
    find(library, "ldap_value_free_len", made.value_free_len);
    find(library, "ber_free", made.ber_free);
    find(library, "ber_sockbuf_ctrl", made.ber_sockbuf_ctrl);
    return made;
}

}  // namespace

const LibLdap& libldap() {
    static const LibLdap library = loaded();
    return library;
}

}  // namespace postrider::auth
