// What others see of a session: its closing log line (compat/imap.md section 17), and what `postrider who` shows.
#include <chrono>
#include <string>

#include "core/log.hpp"
#include "imap/session.hpp"

namespace postrider::imap {

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
    report.folder = state_ == State::selected ? folder_ : std::string();
    report.client_id = client_id_;
    report.idle = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - last_command_);
    report.memory = sizeof *this + connection_.memory() + account_.home.capacity() + account_.address.capacity() +
                    maildir_.capacity() + folder_.capacity() + client_id_.capacity();
    return report;
}

std::string Session::log_peer() const {
    return "ip=[" + peer_.text + "], port=[" + std::to_string(peer_.port) + "]";
}

void Session::log_end() {
    using std::chrono::duration_cast;
    const auto seconds = duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count();
    const std::string traffic = ", rcvd=" + std::to_string(received_before_ + connection_.bytes_received()) +
                                ", sent=" + std::to_string(sent_before_ + connection_.bytes_sent());
    const std::string time = ", time=" + std::to_string(seconds);
    const std::string tls = is_secure() ? ", starttls=1" : "";
    if (user_ == nullptr) {
        if (end_word_ == "LOGOUT") {
            log_line(LogLevel::info, "LOGOUT, " + log_peer() + traffic);
        } else {
            log_line(LogLevel::debug, "Disconnected, " + log_peer() + time + tls);
        }
        return;
    }
    const LogLevel level = end_word_.starts_with("Disconnected") ? LogLevel::notice : LogLevel::info;
    log_line(level, end_word_ + ", user=" + account_.address + ", " + log_peer() +
                        ", headers=" + std::to_string(header_octets_) + ", body=" + std::to_string(body_octets_) +
                        traffic + time + tls);
}

}  // namespace postrider::imap
