// The settings of our own file, postrider, that no other rows have.
#include <algorithm>
#include <chrono>
#include <string>

#include "config/row.hpp"

namespace postrider::config {

namespace {

void apply_session_timeout(Draft& draft, const Value& value) {
    draft.settings.imap.idle_time = std::chrono::seconds(value.number());
    if (draft.settings.imap.idle_time < std::chrono::minutes(30)) {
        value.note("is less than the 1800 seconds that RFC 3501 section 5.4 asks for");
    }
}

void apply_pop3_session_timeout(Draft& draft, const Value& value) {
    draft.settings.pop3.idle_time = std::chrono::seconds(value.number());
    if (draft.settings.pop3.idle_time < std::chrono::minutes(10)) {
        value.note("is less than the 600 seconds that RFC 1939 section 3 asks for");
    }
}

void apply_login_timeout(Draft& draft, const Value& value) {
    draft.settings.imap.login_time = draft.settings.pop3.login_time = std::chrono::seconds(value.number());
}

void apply_log(Draft& draft, const Value& value) {
    const std::string& target = value.word();
    if (target == "stderr") {
        draft.settings.log = service::LogTarget::standard_error;
    } else if (target == "syslog") {
        draft.settings.log = service::LogTarget::syslog;
    } else if (target.starts_with('/')) {
        draft.settings.log = service::LogTarget::file;
        draft.settings.log_file = target;
    } else {
        value.refuse("stderr, syslog or a path that begins with /");
    }
}

constexpr Row table[] = {
    {{"THREADS", "postrider", Type::number, "threads", "0", "", "0..256",
      "Threads that serve connections; 0: as many as processor cores."},
     "THREADS:0",
     [](Draft& draft, const Value& value) { draft.settings.threads = value.number(); }},
    {{"POOL_THREADS", "postrider", Type::number, "threads", "0", "", "0..1024",
      "Threads for file work and password hashes; 0: twice the cores, at least 4."},
     "POOL_THREADS:0",
     [](Draft& draft, const Value& value) { draft.settings.pool_threads = value.number(); }},
    {{"MAILDIR_FSYNC", "postrider", Type::on_off, "", "1", "", "0 or 1",
      "Answer OK to a change of mail only when it is on the disk. 0 is faster, and a power failure may lose mail."},
     "MAILDIR_FSYNC:0",
     [](Draft& draft, const Value& value) { draft.settings.store.durable = value.on_off(); }},
    {{"IMAP_SESSION_TIMEOUT", "postrider", Type::seconds, "seconds", "1800", "", "1..604800",
      "An IMAP session in which the client says nothing for so long is ended."},
     "IMAP_SESSION_TIMEOUT:0",
     apply_session_timeout},
    {{"POP3_SESSION_TIMEOUT", "postrider", Type::seconds, "seconds", "600", "", "1..604800",
      "A POP3 session in which the client says nothing for so long is ended; no message is deleted then."},
     "POP3_SESSION_TIMEOUT:0",
     apply_pop3_session_timeout},
    {{"POP3_APOP", "postrider", Type::on_off, "", "0", "", "0 or 1",
      "Offer APOP in POP3's greeting. It lets accounts in whose password is stored in clear, {PLAIN}, and no others; "
      "some "
      "clients try nothing else where it is offered."},
     "POP3_APOP:0",
     [](Draft& draft, const Value& value) { draft.settings.pop3.apop = value.on_off(); }},
    {{"LOGIN_TIMEOUT", "postrider", Type::seconds, "seconds", "60", "", "1..3600",
      "How long a connection may last before login, the TLS handshake included."},
     "LOGIN_TIMEOUT:0",
     apply_login_timeout},
    {{"LOG", "postrider", Type::text, "", "stderr", "", "stderr, syslog or an absolute path", "Where the log goes."},
     "LOG:0",
     apply_log},
    {{"LOG_FACILITY", "postrider", Type::choice, "", "mail", "",
      "auth authpriv cron daemon ftp lpr mail news syslog user uucp "
      "local0 local1 local2 local3 local4 local5 local6 local7",
      "The facility of messages to syslog."},
     "LOG_FACILITY:0",
     [](Draft& draft, const Value& value) { draft.settings.log_facility = value.choice(); }},
    {{"LOG_DEBUG", "postrider", Type::on_off, "", "0", "", "0 or 1",
      "Log each connection and disconnection before login, and other details."},
     "LOG_DEBUG:0",
     [](Draft& draft, const Value& value) { draft.settings.log_debug = value.on_off(); }},
};

}  // namespace

std::span<const Row> other_rows() {
    return table;
}

}  // namespace postrider::config
