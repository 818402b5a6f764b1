#include "service/figures.hpp"

namespace postrider::service {

namespace {

constexpr auto counter = FigureType::counter;
constexpr auto gauge = FigureType::gauge;

constexpr FigureRow rows[] = {
    {"uptime_seconds", gauge, "seconds", "Time since the server started"},
    {"sessions", gauge, "", "Sessions that have logged in"},
    {"logins_total", counter, "", "Logins; unavailable: a database or a limit kept them from being decided"},
    {"connections", gauge, "", "Connections of clients, those that have logged in included"},
    {"connections_before_login", gauge, "", "Connections that have not logged in"},
    {"connections_accepted_total", counter, "", "Connections that were let in"},
    {"connections_refused_total", counter, "", "Connections that were closed at once"},
    {"connections_dropped_total", counter, "", "Connections closed before login to make room for new ones"},
    {"tls_handshakes_total", counter, "", "TLS handshakes completed on connections that begin with TLS"},
    {"tls_handshakes_failed_total", counter, "", "TLS handshakes failed on connections that begin with TLS"},
    {"workers", gauge, "", "Processes that serve sessions"},
    {"worker_starts_total", counter, "", "Processes that were started to serve sessions"},
    {"worker_crashes_total", counter, "", "Processes that died with sessions, or by a signal"},
    {"front_starts_total", counter, "", "Starts of the process that faces the network"},
    {"memory_bytes", gauge, "bytes", "Memory of the processes; what they share is divided among them"},
};

}  // namespace

std::span<const FigureRow> figure_rows() {
    return rows;
}

}  // namespace postrider::service
