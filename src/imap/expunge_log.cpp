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
    for (std::size_t i = 0; i < expunged.names.size(); ++i) {
        if (const auto moved = expunged.new_names.find(expunged.uids[i]); moved != expunged.new_names.end()) {
            log_line(LogLevel::info, who + expunged.names[i] + ", new_name=" + expunged.trash + "/cur/" +
                                         moved->second + ": only new_name will be left");
        }
        log_line(LogLevel::info, who + expunged.names[i]);
    }
}

}  // namespace postrider::imap
