// A settings folder -> checked Settings, and notes about what an administrator might expect otherwise.
#include <algorithm>
#include <string>
#include <utility>

#include "config/courier_names.hpp"
#include "config/files.hpp"
#include "config/ports.hpp"
#include "config/row.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

namespace fs = std::filesystem;

void override_with(Sources& read, const std::vector<Assignment>& overrides) {
    for (const Assignment& given : overrides) {
        if (row_of(given.name) == nullptr) {
            throw ConfigError(place_of(given) + ": " + given.name + " is not a setting");
        }
        for (Values* values : {&read.plain, &read.tls, &read.auth, &read.own}) {
            values->insert_or_assign(given.name, given);
        }
    }
}

void apply_rows(const Sources& read, Draft& draft, Loaded& loaded) {
    for (const Row& row : rows()) {
        const Values& values = read.of(row.setting.file);
        const auto found = values.find(row.setting.name);
        if (found != values.end()) {
            row.apply(draft, Value(row.setting, found->second, loaded.notes));
            loaded.in_force.push_back(found->second);
            continue;
        }
        if (!row.setting.courier.empty()) {
            loaded.notes.push_back(std::string(row.setting.name) + " is not set (" + std::string(row.setting.file) +
                                   "): " + std::string(row.setting.standard) + " here, " +
                                   std::string(row.setting.courier) + " with Courier");
        }
        if (!row.setting.standard.empty()) {
            const Assignment standard{std::string(row.setting.name), std::string(row.setting.standard), "default", 0};
            row.apply(draft, Value(row.setting, standard, loaded.notes));
        }
    }
}

/// What follows from several settings together.
void finish(Draft& draft, std::vector<std::string>& notes) {
    service::Settings& settings = draft.settings;
    if (draft.start_plain) {
        settings.listeners = draft.plain;
    }
    if (draft.start_tls) {
        settings.listeners.insert(settings.listeners.end(), draft.over_tls.begin(), draft.over_tls.end());
    }
    refuse_twice(settings.listeners);
    if (settings.listeners.empty()) {
        notes.push_back("IMAPDSTART and IMAPDSSLSTART are both off: there is nothing to listen at");
    }
    if (draft.start_plain && settings.imap.tls_required && !settings.imap.starttls) {
        notes.push_back("IMAP_TLS_REQUIRED is on and IMAPDSTARTTLS off: nobody can log in through PORT");
    }
    if (settings.imap.enhanced_idle && !settings.store.use_locks) {
        notes.push_back("IMAP_ENHANCEDIDLE is without effect while IMAP_USELOCKS is off, as with Courier");
        settings.imap.enhanced_idle = false;
    }
    if (!settings.proxy_trusted.empty() && std::ranges::none_of(settings.listeners, &service::Listener::proxy)) {
        notes.push_back("PROXY_TRUSTED is without effect: no port in PROXY_PORTS is listened at");
    }
    settings.tls.alpn = "imap";
    settings.starttls = settings.tls;
    settings.starttls.protocol = draft.starttls_protocol.value_or(settings.tls.protocol);
}

/// A setting of one file of the pair that the other file decides otherwise.
void note_losers(const Sources& read, std::vector<std::string>& notes) {
    for (const Row& row : rows()) {
        const bool plain = row.setting.file == "imapd";
        if ((!plain && row.setting.file != "imapd-ssl") ||
            row_of(row.setting.name, plain ? "imapd-ssl" : "imapd") != nullptr) {
            continue;
        }
        const auto winner = read.of(row.setting.file).find(row.setting.name);
        const auto other = (plain ? read.tls : read.plain).find(row.setting.name);
        if (winner != read.of(row.setting.file).end() && winner->second.file != other->second.file &&
            winner->second.value != other->second.value) {
            notes.push_back(place_of(other->second) + ": " + std::string(row.setting.name) +
                            " is not used: " + place_of(winner->second) + " wins");
        }
    }
}

/// Settings in a file that is not theirs, and Courier's settings that this version does not use.
void note_unused(const Values& values, std::string_view file, std::vector<std::string>& notes) {
    for (const auto& [name, found] : values) {
        const std::string place = place_of(found) + ": " + name;
        const CourierName* courier = courier_name(name);
        const Row* row = row_of(trimmed(name));
        if (row != nullptr && name != row->setting.name) {
            notes.push_back(place_of(found) + ": \"" + log_safe(name, 80) +
                            "\" is no setting: a name has no blanks around it");
        } else if (row != nullptr && row->setting.file != file &&
                   !(file == "imapd" && row->setting.file == "imapd-ssl")) {
            notes.push_back(place + " is not used here: it belongs in the file " + std::string(row->setting.file));
        } else if (row == nullptr && courier != nullptr && found.value != courier->harmless) {
            notes.push_back(place + " is set and not used by this version");
        }
    }
}

void refuse_dangerous(const Values& values) {
    for (const DangerousValue& danger : dangerous_values()) {
        const auto found = values.find(danger.name);
        if (found == values.end()) {
            continue;
        }
        for (const std::string_view word : words_of(found->second.value)) {
            if (istarts_with(word, danger.word)) {
                throw ConfigError(
                    place_of(found->second) + ": " + found->first + ": \"" + log_safe(word, 80) +
                    "\" is not supported by this version, and unsafe to leave out: " + std::string(danger.advice));
            }
        }
    }
}

}  // namespace

Loaded load(const fs::path& folder, const std::vector<Assignment>& overrides) {
    const Sources files = read_folder(folder);
    refuse_dangerous(files.plain);
    refuse_dangerous(files.tls);
    Sources read = files;
    override_with(read, overrides);
    Loaded loaded;
    Draft draft{.folder = fs::absolute(folder)};
    apply_rows(read, draft, loaded);
    finish(draft, loaded.notes);
    loaded.settings = std::move(draft.settings);
    note_losers(files, loaded.notes);
    note_unused(files.tls, "imapd", loaded.notes);
    note_unused(files.auth, "authdaemonrc", loaded.notes);
    note_unused(files.own, "postrider", loaded.notes);
    std::error_code error;
    if (fs::exists(folder / "pop3d", error)) {
        loaded.notes.push_back((folder / "pop3d").string() + " is not read: this version does not speak POP3");
    }
    return loaded;
}

ControlSettings load_control(const fs::path& folder) {
    const Values own = read_own(folder);
    Draft draft{.folder = fs::absolute(folder)};
    std::vector<std::string> notes;
    for (const std::string_view name : {"CONTROL_SOCKET", "SHUTDOWN_TIME"}) {
        const Row& row = *row_of(name, "postrider");
        const auto found = own.find(name);
        const Assignment standard{std::string(name), std::string(row.setting.standard), "default", 0};
        row.apply(draft, Value(row.setting, found != own.end() ? found->second : standard, notes));
    }
    return {draft.settings.roles.control, draft.settings.roles.shutdown_time};
}

}  // namespace postrider::config
