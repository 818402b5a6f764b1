// What the listener settings of IMAP and of POP3 are called, and where the two differ besides.
#pragma once

#include <string_view>

#include "core/protocol.hpp"

namespace postrider::config {

/// What is called differently, or begins elsewhere.
struct Names {
    std::string_view file;
    std::string_view tls_file;
    std::string_view port;
    std::string_view tls_port;
    std::string_view tls_port_section;
    std::string_view most_from_one_section;
    std::string_view start;
    std::string_view start_section;
    std::string_view tls_start;
    std::string_view tls_start_section;
    std::string_view started;
    std::string_view started_by_courier;
    std::string_view access;
    std::string_view access_file;
    std::string_view access_section;
    std::string_view starttls;
    std::string_view starttls_section;
    std::string_view starttls_sentence;
    std::string_view tls_required;
    std::string_view tls_required_section;
    std::string_view certificate;
};

inline constexpr Names imap_names = {
    .file = "imapd",
    .tls_file = "imapd-ssl",
    .port = "143",
    .tls_port = "993",
    .tls_port_section = "SSLPORT:1",
    .most_from_one_section = "MAXPERIP:0",
    .start = "IMAPDSTART",
    .start_section = "IMAPDSTART:0",
    .tls_start = "IMAPDSSLSTART",
    .tls_start_section = "IMAPDSSLSTART:0",
    .started = "YES",
    .started_by_courier = "NO",
    .access = "IMAPACCESSFILE",
    .access_file = "imapaccess",
    .access_section = "IMAPACCESSFILE:0",
    .starttls = "IMAPDSTARTTLS",
    .starttls_section = "IMAPDSTARTTLS:0",
    .starttls_sentence = "Whether PORT offers STARTTLS.",
    .tls_required = "IMAP_TLS_REQUIRED",
    .tls_required_section = "IMAP_TLS_REQUIRED:1",
    .certificate = "imapd.pem",
};

/// POP3 is a service of its own: a site without these files, or with our samples of them, does not offer it.
inline constexpr Names pop3_names = {
    .file = "pop3d",
    .tls_file = "pop3d-ssl",
    .port = "110",
    .tls_port = "995",
    .tls_port_section = "SSLPORT:0",
    .most_from_one_section = "MAXPERIP:4",
    .start = "POP3DSTART",
    .start_section = "POP3DSTART:0",
    .tls_start = "POP3DSSLSTART",
    .tls_start_section = "POP3DSSLSTART:0",
    .started = "NO",
    .started_by_courier = "",
    .access = "POP3ACCESSFILE",
    .access_file = "pop3access",
    .access_section = "POP3ACCESSFILE:0",
    .starttls = "POP3_STARTTLS",
    .starttls_section = "POP3_STARTTLS:0",
    .starttls_sentence = "Whether PORT offers STLS.",
    .tls_required = "POP3_TLS_REQUIRED",
    .tls_required_section = "POP3_TLS_REQUIRED:1",
    .certificate = "pop3d.pem",
};

template <Protocol protocol>
constexpr const Names& names = protocol == Protocol::imap ? imap_names : pop3_names;

}  // namespace postrider::config
