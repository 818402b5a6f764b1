// libldap, loaded when a directory is to be asked: it brings a dozen libraries along, which the processes that serve
// mail need not carry.
#pragma once

#include <lber.h>
#include <ldap.h>

namespace postrider::auth {

/// Its functions by their names without "ldap_", and those of liblber.
struct LibLdap {
    decltype(&::ldap_connect) connect = nullptr;
    decltype(&::ldap_err2string) err2string = nullptr;
    decltype(&::ldap_first_attribute) first_attribute = nullptr;
    decltype(&::ldap_get_dn) get_dn = nullptr;
    decltype(&::ldap_get_option) get_option = nullptr;
    decltype(&::ldap_get_values_len) get_values_len = nullptr;
    decltype(&::ldap_initialize) initialize = nullptr;
    decltype(&::ldap_is_ldaps_url) is_ldaps_url = nullptr;
    decltype(&::ldap_memfree) memfree = nullptr;
    decltype(&::ldap_modify_ext_s) modify_ext_s = nullptr;
    decltype(&::ldap_msgfree) msgfree = nullptr;
    decltype(&::ldap_next_attribute) next_attribute = nullptr;
    decltype(&::ldap_parse_result) parse_result = nullptr;
    decltype(&::ldap_result) result = nullptr;
    decltype(&::ldap_sasl_bind_s) sasl_bind_s = nullptr;
    decltype(&::ldap_search_ext) search_ext = nullptr;
    decltype(&::ldap_set_option) set_option = nullptr;
    decltype(&::ldap_start_tls_s) start_tls_s = nullptr;
    decltype(&::ldap_unbind_ext) unbind_ext = nullptr;
    decltype(&::ldap_value_free_len) value_free_len = nullptr;
    decltype(&::ber_free) ber_free = nullptr;
    decltype(&::ber_sockbuf_ctrl) ber_sockbuf_ctrl = nullptr;
};

/// Any thread. Throws std::runtime_error where it cannot be loaded.
const LibLdap& libldap();

}  // namespace postrider::auth
