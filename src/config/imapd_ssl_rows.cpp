// The settings of the file imapd-ssl. compat/config.md section 4.
#include <algorithm>
#include <array>

#include "config/ports.hpp"
#include "config/row.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

/// A protocol as net::TlsSettings knows it. A misspelt one must not lower the minimum, so it is refused; the words of
/// the time before TLS, which Courier reads as its default, are read as ours.
std::string protocol_of(const Value& value) {
    constexpr std::array<std::string_view, 6> before_tls = {"SSL2", "SSL3", "SSL23", "SSLv2", "SSLv3", "SSLv23"};
    constexpr std::array<std::string_view, 11> known = {"TLSv1",     "TLS1",     "TLSv1.1",  "TLSv1.1+",
                                                        "TLSv1.1++", "TLSv1.2",  "TLSv1.2+", "TLSv1.2++",
                                                        "TLSv1.3",   "TLSv1.3+", "TLSv1.3++"};
    const std::string& name = value.text();
    if (name.empty()) {
        return "TLSv1.2";
    }
    if (std::ranges::find(before_tls, name) != before_tls.end()) {
        value.note("is no version of TLS; TLSv1.2 is the oldest taken");
        return "TLSv1.2";
    }
    if (std::ranges::find(known, name) == known.end()) {
        value.refuse("one of: TLSv1 TLSv1.1 TLSv1.2 TLSv1.3, perhaps with + or ++");
    }
    return name;
}

constexpr Row table[] = {
    {{"SSLADDRESS", "imapd-ssl", Type::words, "", "0", "", "addresses, by comma",
      "Where to listen when a port in SSLPORT has no address of its own; 0 is every address."},
     "SSLADDRESS:0",
     [](Draft& draft, const Value& value) { draft.addresses = addresses_of(value); }},
    {{"SSLPORT", "imapd-ssl", Type::ports, "", "993", "", "PORT or ADDRESS.PORT, by comma",
      "Ports of the listener that speaks TLS from the start, in PORT's form."},
     "SSLPORT:1",
     [](Draft& draft, const Value& value) {
         draft.over_tls = listeners_of(value, draft.addresses, service::Tls::from_the_start);
     }},
    {{"IMAPDSSLSTART", "imapd-ssl", Type::yes_no, "", "YES", "NO", "YES or NO", "Whether to listen at SSLPORT."},
     "IMAPDSSLSTART:0",
     [](Draft& draft, const Value& value) { draft.start_tls = value.yes_no(); }},
    {{"MAXDAEMONS", "imapd-ssl", Type::number, "connections", "", "", "1..1000000",
      "The most connections at a time through SSLPORT; unset: as set in imapd."},
     "MAXDAEMONS:0",
     [](Draft& draft, const Value& value) { draft.settings.tls_limits.most = value.number(); }},
    {{"MAXPERIP", "imapd-ssl", Type::number, "connections", "", "", "1..1000000",
      "The most connections at a time through SSLPORT from one client address; unset: as set in imapd."},
     "MAXPERIP:0",
     [](Draft& draft, const Value& value) { draft.settings.tls_limits.per_address = value.number(); }},
    {{"IMAPDSTARTTLS", "imapd-ssl", Type::yes_no, "", "YES", "", "YES or NO", "Whether PORT offers STARTTLS."},
     "IMAPDSTARTTLS:0",
     [](Draft& draft, const Value& value) { draft.settings.imap.starttls = value.yes_no(); }},
    {{"IMAP_TLS_REQUIRED", "imapd-ssl", Type::on_off, "", "0", "", "0 or 1", "Refuse logins without TLS."},
     "IMAP_TLS_REQUIRED:1",
     [](Draft& draft, const Value& value) { draft.settings.imap.tls_required = value.on_off(); }},
    {{"TLS_PROTOCOL", "imapd-ssl", Type::text, "", "TLSv1.2", "TLSv1", "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3, with + or ++",
      "The oldest version of TLS taken. A + changes nothing: newer versions are always taken."},
     "TLS_PROTOCOL:0",
     [](Draft& draft, const Value& value) { draft.settings.tls.protocol = protocol_of(value); }},
    {{"TLS_STARTTLS_PROTOCOL", "imapd-ssl", Type::text, "", "", "", "as TLS_PROTOCOL",
      "The same for STARTTLS; unset or empty: as TLS_PROTOCOL."},
     "TLS_STARTTLS_PROTOCOL:0",
     [](Draft& draft, const Value& value) {
         if (!value.text().empty()) {
             draft.starttls_protocol = protocol_of(value);
         }
     }},
    {{"TLS_CIPHER_LIST", "imapd-ssl", Type::text, "", "", "", "an OpenSSL cipher list",
      "Ciphers for TLS up to version 1.2; unset: OpenSSL's own choice."},
     "TLS_CIPHER_LIST:0",
     [](Draft& draft, const Value& value) { draft.settings.tls.ciphers = value.text(); }},
    {{"TLS_CERTFILE", "imapd-ssl", Type::path, "", "imapd.pem", "", "a path",
      "PEM file with the certificate, its chain, and the key unless TLS_PRIVATE_KEYFILE names it. A relative path "
      "starts at the folder of the settings."},
     "TLS_CERTFILE:0",
     [](Draft& draft, const Value& value) {
         static_cast<void>(value.word());
         draft.settings.tls.certificate_file = value.path_in(draft.folder);
     }},
    {{"TLS_PRIVATE_KEYFILE", "imapd-ssl", Type::path, "", "", "", "a path",
      "PEM file with the private key; unset: the key is in TLS_CERTFILE."},
     "TLS_PRIVATE_KEYFILE:0",
     [](Draft& draft, const Value& value) { draft.settings.tls.key_file = value.path_in(draft.folder); }},
    {{"TLS_DHPARAMS", "imapd-ssl", Type::path, "", "dhparams.pem", "", "a path",
      "PEM file with Diffie-Hellman parameters; empty, or no such file: OpenSSL's own."},
     "TLS_DHPARAMS:0",
     [](Draft& draft, const Value& value) { draft.settings.tls.dh_params_file = value.path_in(draft.folder); }},
};

}  // namespace

std::span<const Row> imapd_ssl_rows() {
    return table;
}

}  // namespace postrider::config
