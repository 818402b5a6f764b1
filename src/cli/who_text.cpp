#include "cli/who_text.hpp"

#include <vector>

#include "cli/json.hpp"
#include "cli/table.hpp"

namespace postrider::cli {

using service::SessionLine;

std::string who_table(std::span<const SessionLine> sessions, std::size_t width) {
    constexpr Column columns[] = {
        {"SESSION", Align::right},
        {"USER"},
        {"ADDRESS"},
        {"PROTOCOL"},
        {"TLS"},
        {"UID", Align::right},
        {"PROCESS", Align::right},
        {"AGE", Align::right},
        {"IDLE", Align::right},
        {"STATE"},
        {"FOLDER"},
        {"CLIENT"},
    };
    std::vector<std::vector<std::string>> rows;
    for (const SessionLine& one : sessions) {
        rows.push_back({std::to_string(one.session), one.user, one.address, std::string(service_name(one.protocol)),
                        one.tls ? "yes" : "no", std::to_string(one.uid),
                        one.process == 0 ? "" : std::to_string(one.process), duration_text(one.age),
                        duration_text(one.status.idle.count()), one.status.state, one.status.folder,
                        one.status.client_id});
    }
    return table_text(columns, rows, width);
}

std::string who_json(std::span<const SessionLine> sessions) {
    std::string out = "[";
    for (const SessionLine& one : sessions) {
        out += out.size() > 1 ? ",\n " : "\n ";
        out += "{\"session\": " + std::to_string(one.session) + ", \"user\": " + json_string(one.user) +
               ", \"address\": " + json_string(one.address) +
               ", \"protocol\": " + json_string(service_name(one.protocol)) +
               ", \"tls\": " + (one.tls ? "true" : "false") + ", \"uid\": " + std::to_string(one.uid) +
               ", \"process\": " + std::to_string(one.process) + ", \"age\": " + std::to_string(one.age) +
               ", \"idle\": " + std::to_string(one.status.idle.count()) +
               ", \"state\": " + json_string(one.status.state) + ", \"folder\": " + json_string(one.status.folder) +
               ", \"client_id\": " + json_string(one.status.client_id) +
               ", \"memory\": " + std::to_string(one.status.memory) + '}';
    }
    return out + "\n]\n";
}

}  // namespace postrider::cli
