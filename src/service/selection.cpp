#include "service/selection.hpp"

#include <chrono>
#include <map>

#include "core/text.hpp"

namespace postrider::service {

namespace {

const auto start_time = std::chrono::steady_clock::now();

std::int64_t seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

std::vector<SessionLine> session_lines(const Gatekeeper& gatekeeper, const std::vector<SessionStatus>& statuses,
                                       const std::function<pid_t(std::uint64_t)>& process_of) {
    std::map<std::uint64_t, const SessionReport*> by_session;
    for (const SessionStatus& status : statuses) {
        by_session.emplace(status.session, &status.status);
    }
    SessionReport starting;
    starting.state = "starting";
    std::vector<SessionLine> lines;
    gatekeeper.each([&](std::uint64_t session, const Gatekeeper::SessionRecord& record) {
        const auto known = by_session.find(session);
        lines.push_back({.session = session,
                         .user = record.account.address,
                         .address = record.peer,
                         .protocol = record.protocol,
                         .tls = record.tls,
                         .uid = record.account.uid,
                         .process = static_cast<std::uint32_t>(process_of(session)),
                         .age = seconds_since(record.since),
                         .status = known != by_session.end() ? *known->second : starting});
    });
    return lines;
}

std::vector<std::uint64_t> selected_sessions(const Gatekeeper& gatekeeper, const std::string& whom) {
    const auto number =
        whom.starts_with('#') ? parse_decimal<std::uint64_t>(std::string_view(whom).substr(1)) : std::nullopt;
    std::vector<std::uint64_t> sessions;
    gatekeeper.each([&](std::uint64_t session, const Gatekeeper::SessionRecord& record) {
        if (number ? session == *number : record.account.address == whom) {
            sessions.push_back(session);
        }
    });
    return sessions;
}

std::vector<Figure> general_figures(const Gatekeeper& gatekeeper) {
    const Gatekeeper::Totals totals = gatekeeper.totals();
    return {
        {"uptime_seconds", "", static_cast<std::uint64_t>(seconds_since(start_time))},
        {"logins_total", "result=\"accepted\"", totals.accepted},
        {"logins_total", "result=\"denied\"", totals.denied},
        {"logins_total", "result=\"unavailable\"", totals.unavailable},
        {"sessions", "", totals.sessions},
    };
}

}  // namespace postrider::service
