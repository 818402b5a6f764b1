#include "imap/expunge_log.hpp"

#include "core/log.hpp"

namespace postrider::imap {

void log_expunged(const Session& session, const store::Expunged& expunged) {
    if (!session.settings().log_deletions) {
        return;
    }
    const std::string who = "EXPUNGED, user=" + session.account().address + ", ip=[" + session.peer().text +
                            "], port=[" + std::to_string(session.peer().port) + "], old_name=" + expunged.directory +
                            "/cur/";
    for (const std::string& name : expunged.names) {
        log_line(LogLevel::info, who + name);
    }
}

}  // namespace postrider::imap
