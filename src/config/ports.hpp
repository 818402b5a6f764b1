// PORT and ADDRESS in Courier's form: "143", "imap,127.0.0.1.1143", "0.143". compat/config.md section 3.1.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "config/value.hpp"
#include "service/settings.hpp"

namespace postrider::config {

/// A comma list of numeric addresses, each as the system prints it; "0" becomes "", which is every address.
std::vector<std::string> addresses_of(const Value& value);

/// Where to listen. ports: a comma list of PORT or ADDRESS.PORT; the address is what stands before the last dot.
/// addresses: for the ports without one of their own, and for those with address "0".
std::vector<service::Listener> listeners_of(const Value& ports, const std::vector<std::string>& addresses,
                                            service::Door door);

/// Sets `proxy` where PROXY_PORTS names a listener of one of the lists: PORT stands for all with that port,
/// ADDRESS.PORT for one. Refuses a port that no listener has.
void mark_proxied(const Value& ports, std::initializer_list<std::vector<service::Listener>*> lists);

/// Refuses the same port twice where the second bind would fail. Throws ConfigError.
void refuse_twice(const std::vector<service::Listener>& listeners);

}  // namespace postrider::config
