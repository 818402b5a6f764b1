// What the POP3 room needs to know of the configuration.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/sasl.hpp"
#include "core/limits.hpp"

namespace postrider::pop3 {

struct Settings {
    bool stls = true;                                         ///< POP3_STARTTLS
    bool tls_required = false;                                ///< POP3_TLS_REQUIRED
    bool apop = false;                                        ///< POP3_APOP (ours)
    auth::SaslSettings sasl;                                  ///< POP3AUTH, POP3AUTH_TLS
    bool log_deletions = false;                               ///< POP3_LOG_DELETIONS
    std::string unicode_message_type = "message/global";      ///< MIME_UNICODE_MESSAGE_TYPE
    bool utf8_without_login = true;                           ///< of run_preauth(): UTF8 in its environment
    std::chrono::seconds idle_time = limits::pop3_idle_time;  ///< POP3_SESSION_TIMEOUT (ours)
    std::chrono::seconds login_time = limits::login_time;     ///< LOGIN_TIMEOUT (ours)
    std::optional<std::chrono::days> expire;                  ///< of messages in INBOX: IMAP_EMPTYTRASH; none: never
    std::string maildir = "Maildir";                          ///< MAILDIRPATH
};

}  // namespace postrider::pop3
