// What others see of a session: its closing log line (compat/pop3.md section 7), and what `postrider who` shows.
#include <algorithm>
#include <chrono>
#include <string>

#include "core/log.hpp"
#include "pop3/session.hpp"

namespace postrider::pop3 {

void Session::kick() {
    kicked_ = true;
    connection_.stop();
}

std::string_view Session::stop_word() const {
    return kicked_ ? "Disconnected by the administrator" : "Disconnected during shutdown by signal";
}

SessionReport Session::report() const {
    SessionReport report;
    report.state = doing_.empty() ? "waiting" : doing_;
    report.folder = is_logged_in() ? "INBOX" : "";
    report.idle = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - last_command_);
    report.memory = sizeof *this + connection_.memory() + account_.home.capacity() + account_.address.capacity() +
                    maildir_.capacity() + deleted_.capacity() / 8;
    return report;
}

std::string Session::log_peer() const {
    return "ip=[" + peer_.text + "], port=[" + std::to_string(peer_.port) + "]";
}

void Session::log_end() const {
    if (!is_logged_in()) {
        if (end_word_ == "LOGOUT") {
            log_line(LogLevel::info, "LOGOUT, " + log_peer(), Protocol::pop3);
        }
        log_line(LogLevel::debug, "Disconnected, " + log_peer(), Protocol::pop3);
        return;
    }
    using std::chrono::duration_cast;
    const auto seconds = duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count();
    // An answer that does not count may never have been sent.
    const std::uint64_t sent = connection_.bytes_sent() - std::min(connection_.bytes_sent(), not_counted_);
    const LogLevel level = end_word_.starts_with("Disconnected") ? LogLevel::notice : LogLevel::info;
    log_line(level,
             end_word_ + ", user=" + account_.address + ", " + log_peer() + ", top=" + std::to_string(top_octets_) +
                 ", retr=" + std::to_string(retr_octets_) + ", rcvd=" + std::to_string(received_) + ", sent=" +
                 std::to_string(sent) + ", time=" + std::to_string(seconds) + (is_secure() ? ", stls=1" : ""),
             Protocol::pop3);
}

}  // namespace postrider::pop3
