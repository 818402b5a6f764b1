#include "config/listener_rows.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "config/access_list.hpp"
#include "config/listener_names.hpp"
#include "config/ports.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

template <Protocol protocol>
service::Doors& doors_of(Draft& draft) {
    return protocol == Protocol::imap ? draft.settings.imap_doors : draft.settings.pop3_doors;
}

void apply_addresses(Draft& draft, const Value& value) {
    draft.addresses = addresses_of(value);
}

template <Protocol protocol, service::Tls tls>
void apply_ports(Draft& draft, const Value& value) {
    ListenerDraft& listeners = draft.listeners_of(protocol);
    (tls == service::Tls::on_request ? listeners.plain : listeners.over_tls) =
        listeners_of(value, draft.addresses, {protocol, tls});
}

template <Protocol protocol>
void apply_start(Draft& draft, const Value& value) {
    draft.listeners_of(protocol).start_plain = value.yes_no();
}

template <Protocol protocol>
void apply_tls_start(Draft& draft, const Value& value) {
    draft.listeners_of(protocol).start_tls = value.yes_no();
}

template <Protocol protocol>
void apply_most(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).plain_limits.most = doors_of<protocol>(draft).tls_limits.most = value.number();
}

template <Protocol protocol>
void apply_most_from_one(Draft& draft, const Value& value) {
    service::Doors& doors = doors_of<protocol>(draft);
    doors.plain_limits.per_address = doors.tls_limits.per_address = value.number();
}

template <Protocol protocol>
void apply_access_list(Draft& draft, const Value& value) {
    auto found = read_access_list(value.path_in(draft.folder));
    for (const std::string& remark : found.remarks) {
        value.note(remark);
    }
    doors_of<protocol>(draft).access = std::move(found.list);
}

template <Protocol protocol>
void apply_maildir(Draft& draft, const Value& value) {
    (protocol == Protocol::imap ? draft.settings.imap.maildir : draft.settings.pop3.maildir) = value.word();
    if (value.word().starts_with('/')) {
        value.note("is absolute: every account without a MAILDIR of its own gets the same mailbox");
    }
}

template <Protocol protocol>
auth::DefaultDomain& domain_of(Draft& draft) {
    return protocol == Protocol::imap ? draft.settings.auth.imap_domain : draft.settings.auth.pop3_domain;
}

template <Protocol protocol>
void apply_domain(Draft& draft, const Value& value) {
    domain_of<protocol>(draft).name = value.text();
}

template <Protocol protocol>
void apply_domain_separators(Draft& draft, const Value& value) {
    domain_of<protocol>(draft).separators = value.text();
}

template <Protocol protocol>
constexpr Row plain_table[] = {
    {{"ADDRESS", names<protocol>.file, Type::words, "", "0", "", "addresses, by comma",
      "Where to listen when a port in PORT has no address of its own; 0 is every address."},
     "ADDRESS:0",
     apply_addresses},
    {{"PORT", names<protocol>.file, Type::ports, "", names<protocol>.port, "", "PORT or ADDRESS.PORT, by comma",
      "Ports of the listener without TLS from the start. A port is a number or one of imap, imaps, pop3, pop3s; 0.143 "
      "is 143 at ADDRESS."},
     "PORT:1",
     apply_ports<protocol, service::Tls::on_request>},
    {{names<protocol>.start, names<protocol>.file, Type::yes_no, "", names<protocol>.started,
      names<protocol>.started_by_courier, "YES or NO", "Whether to listen at PORT."},
     names<protocol>.start_section,
     apply_start<protocol>},
    {{"MAXDAEMONS", names<protocol>.file, Type::number, "connections", "10000", "40", "1..1000000",
      "The most connections at a time through PORT; further ones wait."},
     "MAXDAEMONS:0",
     apply_most<protocol>},
    {{"MAXPERIP", names<protocol>.file, Type::number, "connections", "100", "4", "1..1000000",
      "The most connections at a time through PORT from one client address; further ones are closed."},
     names<protocol>.most_from_one_section,
     apply_most_from_one<protocol>},
    {{names<protocol>.access, names<protocol>.file, Type::path, "", names<protocol>.access_file, "", "a path",
      "The list of who may connect, a file or a folder of files, read as it is: makeimapaccess is not needed. Without "
      "it everybody may. A relative path starts at the folder of the settings."},
     names<protocol>.access_section,
     apply_access_list<protocol>},
    {{"MAILDIRPATH", names<protocol>.file, Type::path, "", "Maildir", "", "a path",
      "The Maildir of accounts that do not name their own, relative to the account's home."},
     "MAILDIRPATH:0",
     apply_maildir<protocol>},
    {{"DEFDOMAIN", names<protocol>.file, Type::text, "", "", "", "text such as @example.com",
      "Added to login names that do not hold its first character."},
     "DEFDOMAIN:0",
     apply_domain<protocol>},
    {{"DOMAINSEP", names<protocol>.file, Type::text, "", "", "", "characters",
      "With DEFDOMAIN: the domain is added to names that hold none of these characters."},
     "DOMAINSEP:0",
     apply_domain_separators<protocol>},
};

/// A protocol as net::TlsSettings knows it. A misspelt one must not lower the minimum, so it is refused; the words of
/// the time before TLS, which Courier reads as its default, are read as ours.
std::string tls_protocol_of(const Value& value) {
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

template <Protocol protocol>
void apply_most_over_tls(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls_limits.most = value.number();
}

template <Protocol protocol>
void apply_most_from_one_over_tls(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls_limits.per_address = value.number();
}

template <Protocol protocol>
void apply_starttls(Draft& draft, const Value& value) {
    (protocol == Protocol::imap ? draft.settings.imap.starttls : draft.settings.pop3.stls) = value.yes_no();
}

template <Protocol protocol>
void apply_tls_required(Draft& draft, const Value& value) {
    (protocol == Protocol::imap ? draft.settings.imap.tls_required : draft.settings.pop3.tls_required) = value.on_off();
}

template <Protocol protocol>
void apply_tls_protocol(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls.protocol = tls_protocol_of(value);
}

template <Protocol protocol>
void apply_starttls_protocol(Draft& draft, const Value& value) {
    if (!value.text().empty()) {
        draft.listeners_of(protocol).starttls_protocol = tls_protocol_of(value);
    }
}

template <Protocol protocol>
void apply_ciphers(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls.ciphers = value.text();
}

template <Protocol protocol>
void apply_certificate(Draft& draft, const Value& value) {
    static_cast<void>(value.word());
    doors_of<protocol>(draft).tls.certificate_file = value.path_in(draft.folder);
}

template <Protocol protocol>
void apply_key(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls.key_file = value.path_in(draft.folder);
}

template <Protocol protocol>
void apply_dh_params(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls.dh_params_file = value.path_in(draft.folder);
}

template <Protocol protocol>
void apply_trusted(Draft& draft, const Value& value) {
    doors_of<protocol>(draft).tls.trusted = value.path_in(draft.folder);
}

/// Courier looks at the first letter. Its row stands behind TLS_TRUSTCERTS: with nothing there nobody could get in.
template <Protocol protocol>
void apply_client_certificate(Draft& draft, const Value& value) {
    using net::ClientCertificate;
    net::TlsSettings& tls = doors_of<protocol>(draft).tls;
    const char first = to_lower((value.text() + 'n').front());
    if (first != 'n' && first != 'p' && first != 'r') {
        value.refuse("one of: NONE PEER REQUIREPEER");
    }
    if (first == 'n') {
        return;
    }
    std::string trouble = "TLS_TRUSTCERTS, the authorities whose certificates are good, is not set";
    if (!tls.trusted.empty()) {
        const auto trusted = net::read_trusted_certificates(tls.trusted);
        trouble = trusted ? "" : "TLS_TRUSTCERTS: " + trusted.error().detail;
    }
    if (trouble.empty()) {
        tls.client_certificate = first == 'r' ? ClientCertificate::required : ClientCertificate::optional;
    } else if (first == 'r') {
        value.refuse("usable: " + trouble);
    } else {
        value.note("asks for no certificate, since none could be good: " + trouble);
    }
}

template <Protocol protocol>
void apply_identity_field(Draft& draft, const Value& value) {
    net::TlsSettings& tls = doors_of<protocol>(draft).tls;
    tls.identity_field = value.text();
    if (tls.identity_field.empty()) {
        return;
    }
    if (!net::is_subject_field(tls.identity_field)) {
        value.refuse("a field of certificates, such as emailAddress or CN");
    }
    if (tls.client_certificate == net::ClientCertificate::not_asked) {
        value.note("is without effect: TLS_VERIFYPEER asks for no certificates");
    }
}

template <Protocol protocol>
constexpr Row tls_table[] = {
    {{"SSLADDRESS", names<protocol>.tls_file, Type::words, "", "0", "", "addresses, by comma",
      "Where to listen when a port in SSLPORT has no address of its own; 0 is every address."},
     "SSLADDRESS:0",
     apply_addresses},
    {{"SSLPORT", names<protocol>.tls_file, Type::ports, "", names<protocol>.tls_port, "",
      "PORT or ADDRESS.PORT, by comma", "Ports of the listener that speaks TLS from the start, in PORT's form."},
     names<protocol>.tls_port_section,
     apply_ports<protocol, service::Tls::from_the_start>},
    {{names<protocol>.tls_start, names<protocol>.tls_file, Type::yes_no, "", names<protocol>.started,
      names<protocol>.started_by_courier, "YES or NO", "Whether to listen at SSLPORT."},
     names<protocol>.tls_start_section,
     apply_tls_start<protocol>},
    {{"MAXDAEMONS", names<protocol>.tls_file, Type::number, "connections", "", "", "1..1000000",
      "The most connections at a time through SSLPORT; unset: as set for PORT."},
     "MAXDAEMONS:0",
     apply_most_over_tls<protocol>},
    {{"MAXPERIP", names<protocol>.tls_file, Type::number, "connections", "", "", "1..1000000",
      "The most connections at a time through SSLPORT from one client address; unset: as set for PORT."},
     "MAXPERIP:0",
     apply_most_from_one_over_tls<protocol>},
    {{names<protocol>.starttls, names<protocol>.tls_file, Type::yes_no, "", "YES", "", "YES or NO",
      names<protocol>.starttls_sentence},
     names<protocol>.starttls_section,
     apply_starttls<protocol>},
    {{names<protocol>.tls_required, names<protocol>.tls_file, Type::on_off, "", "0", "", "0 or 1",
      "Refuse logins without TLS."},
     names<protocol>.tls_required_section,
     apply_tls_required<protocol>},
    {{"TLS_PROTOCOL", names<protocol>.tls_file, Type::text, "", "TLSv1.2", "TLSv1",
      "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3, with + or ++",
      "The oldest version of TLS taken. A + changes nothing: newer versions are always taken."},
     "TLS_PROTOCOL:0",
     apply_tls_protocol<protocol>},
    {{"TLS_STARTTLS_PROTOCOL", names<protocol>.tls_file, Type::text, "", "", "", "as TLS_PROTOCOL",
      "The same for TLS that begins within PORT; unset or empty: as TLS_PROTOCOL."},
     "TLS_STARTTLS_PROTOCOL:0",
     apply_starttls_protocol<protocol>},
    {{"TLS_CIPHER_LIST", names<protocol>.tls_file, Type::text, "", "", "", "an OpenSSL cipher list",
      "Ciphers for TLS up to version 1.2; unset: OpenSSL's own choice."},
     "TLS_CIPHER_LIST:0",
     apply_ciphers<protocol>},
    {{"TLS_CERTFILE", names<protocol>.tls_file, Type::path, "", names<protocol>.certificate, "", "a path",
      "PEM file with the certificate, its chain, and the key unless TLS_PRIVATE_KEYFILE names it. A relative path "
      "starts at the folder of the settings."},
     "TLS_CERTFILE:0",
     apply_certificate<protocol>},
    {{"TLS_PRIVATE_KEYFILE", names<protocol>.tls_file, Type::path, "", "", "", "a path",
      "PEM file with the private key; unset: the key is in TLS_CERTFILE."},
     "TLS_PRIVATE_KEYFILE:0",
     apply_key<protocol>},
    {{"TLS_DHPARAMS", names<protocol>.tls_file, Type::path, "", "dhparams.pem", "", "a path",
      "PEM file with Diffie-Hellman parameters; empty, or no such file: OpenSSL's own."},
     "TLS_DHPARAMS:0",
     apply_dh_params<protocol>},
    {{"TLS_TRUSTCERTS", names<protocol>.tls_file, Type::path, "", "", "", "a path",
      "PEM file, or folder of such files, with the authorities whose signature makes a client's certificate good. "
      "Whoever gets a certificate from one of them passes, so public authorities are not what is wanted."},
     "TLS_TRUSTCERTS:0",
     apply_trusted<protocol>},
    {{"TLS_VERIFYPEER", names<protocol>.tls_file, Type::text, "", "NONE", "PEER", "NONE, PEER or REQUIREPEER",
      "Whether clients are asked for a certificate: not at all; yes, and one that they send must be good; or they "
      "must send one."},
     "TLS_VERIFYPEER:0",
     apply_client_certificate<protocol>},
    {{"TLS_EXTERNAL", names<protocol>.tls_file, Type::text, "", "", "", "emailAddress, CN or another field",
      "The field of a good certificate's subject that is the user's name for AUTH=EXTERNAL; unset: there is none."},
     "TLS_EXTERNAL:0",
     apply_identity_field<protocol>},
};

}  // namespace

std::span<const Row> plain_listener_rows(Protocol protocol) {
    return protocol == Protocol::imap ? std::span<const Row>(plain_table<Protocol::imap>)
                                      : std::span<const Row>(plain_table<Protocol::pop3>);
}

std::span<const Row> tls_listener_rows(Protocol protocol) {
    return protocol == Protocol::imap ? std::span<const Row>(tls_table<Protocol::imap>)
                                      : std::span<const Row>(tls_table<Protocol::pop3>);
}

}  // namespace postrider::config
