// A settings folder -> checked Settings, and notes about what an administrator might expect otherwise.
#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <stdexcept>
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

/// "FILE/NAME" is the setting of that file or its partner. NAME alone is the first one so called in the table, which
/// is IMAP's where both protocols have one.
void override_with(Sources& read, const std::vector<Assignment>& overrides) {
    for (Assignment given : overrides) {
        const auto slash = given.name.find('/');
        const std::string file = slash == std::string::npos ? "" : given.name.substr(0, slash);
        const std::string name = slash == std::string::npos ? given.name : given.name.substr(slash + 1);
        const Row* row = row_of(name, file);
        if (row == nullptr && !partner_of(file).empty()) {
            row = row_of(name, partner_of(file));
        }
        if (row == nullptr) {
            throw ConfigError(place_of(given) + ": " + given.name + " is not a setting");
        }
        given.name = name;
        read[row->setting.file].insert_or_assign(name, given);
        if (const std::string_view partner = partner_of(row->setting.file); !partner.empty()) {
            read[partner].insert_or_assign(name, given);
        }
    }
}

void apply_rows(const Sources& read, Draft& draft, Loaded& loaded) {
    for (const Row& row : rows()) {
        const Setting& setting = row.setting;
        const Values& values = read.at(setting.file);
        const auto found = values.find(setting.name);
        if (found != values.end()) {
            row.apply(draft, Value(setting, found->second, loaded.notes));
            loaded.in_force.push_back({&setting, found->second});
            continue;
        }
        const bool is_unused_pop3 = setting.file.starts_with("pop3d") && values.empty();
        if (!setting.courier.empty() && !is_unused_pop3) {
            loaded.notes.push_back(std::string(setting.name) + " is not set (" + std::string(setting.file) +
                                   "): " + std::string(setting.standard) + " here, " + std::string(setting.courier) +
                                   " with Courier");
        }
        if (!setting.standard.empty()) {
            const Assignment standard{std::string(setting.name), std::string(setting.standard), "default", 0};
            row.apply(draft, Value(setting, standard, loaded.notes));
        }
    }
}

void add_listeners(const ListenerDraft& draft, std::vector<service::Listener>& listeners) {
    if (draft.start_plain) {
        listeners.insert(listeners.end(), draft.plain.begin(), draft.plain.end());
    }
    if (draft.start_tls) {
        listeners.insert(listeners.end(), draft.over_tls.begin(), draft.over_tls.end());
    }
}

void finish_tls(service::Doors& doors, std::string_view alpn, const ListenerDraft& draft) {
    doors.tls.alpn = alpn;
    doors.starttls = doors.tls;
    doors.starttls.protocol = draft.starttls_protocol.value_or(doors.tls.protocol);
}

void finish_auth(Draft& draft) {
    auth::Settings& settings = draft.settings.auth;
    settings.folder = draft.folder.string();
    const auto has = [&settings](std::string_view module) {
        return std::ranges::find(settings.modules, module) != settings.modules.end();
    };
    draft.settings.authdaemon_socket =
        draft.authdaemon_socket.value_or(has("authdaemon") ? std::string() : settings.daemon);
    if (has("authdaemon") && draft.settings.authdaemon_socket == settings.daemon) {
        throw ConfigError("AUTHDAEMON_SOCKET is the socket in authdaemonvar, which the module authdaemon is to ask");
    }
    if (has("authldap")) {
        try {
            settings.ldap = auth::read_ldap_settings((draft.folder / "authldaprc").string(), draft.ldap_tls);
        } catch (const std::runtime_error& error) {
            throw ConfigError(error.what());
        }
    }
}

/// What follows from several settings together.
void finish(Draft& draft, std::vector<std::string>& notes) {
    service::Settings& settings = draft.settings;
    add_listeners(draft.imap, settings.listeners);
    add_listeners(draft.pop3, settings.listeners);
    refuse_twice(settings.listeners);
    if (settings.listeners.empty()) {
        notes.push_back(
            "IMAPDSTART, IMAPDSSLSTART, POP3DSTART and POP3DSSLSTART are all off: there is nothing to listen at");
    }
    if (draft.imap.start_plain && settings.imap.tls_required && !settings.imap.starttls) {
        notes.push_back("IMAP_TLS_REQUIRED is on and IMAPDSTARTTLS off: nobody can log in through PORT of imapd");
    }
    if (draft.pop3.start_plain && settings.pop3.tls_required && !settings.pop3.stls) {
        notes.push_back("POP3_TLS_REQUIRED is on and POP3_STARTTLS off: nobody can log in through PORT of pop3d");
    }
    const auto& purges = settings.store.empty_trash;
    if (const auto inbox = std::ranges::find(purges, "INBOX", &store::Purge::mailbox); inbox != purges.end()) {
        settings.pop3.expire = std::chrono::duration_cast<std::chrono::days>(inbox->age);
    }
    if (settings.imap.enhanced_idle && !settings.store.use_locks) {
        notes.push_back("IMAP_ENHANCEDIDLE is without effect while IMAP_USELOCKS is off, as with Courier");
        settings.imap.enhanced_idle = false;
    }
    settings.imap.sasl.over_tls = draft.imap_sasl_over_tls.value_or(settings.imap.sasl.plain);
    settings.pop3.sasl.over_tls = draft.pop3_sasl_over_tls.value_or(settings.pop3.sasl.plain);
    finish_auth(draft);
    if (!settings.proxy_trusted.empty() && std::ranges::none_of(settings.listeners, &service::Listener::proxy)) {
        notes.push_back("PROXY_TRUSTED is without effect: no port in PROXY_PORTS is listened at");
    }
    finish_tls(settings.imap_doors, "imap", draft.imap);
    finish_tls(settings.pop3_doors, "pop3", draft.pop3);
    settings.auth.external =
        !settings.imap_doors.tls.identity_field.empty() || !settings.pop3_doors.tls.identity_field.empty();
}

/// A setting of one file of the pair that the other file decides otherwise.
void note_losers(const Sources& read, std::vector<std::string>& notes) {
    for (const Row& row : rows()) {
        const std::string_view partner = partner_of(row.setting.file);
        if (partner.empty() || row_of(row.setting.name, partner) != nullptr) {
            continue;
        }
        const Values& own = read.at(row.setting.file);
        const auto winner = own.find(row.setting.name);
        const auto other = read.at(partner).find(row.setting.name);
        if (winner != own.end() && winner->second.file != other->second.file &&
            winner->second.value != other->second.value) {
            notes.push_back(place_of(other->second) + ": " + std::string(row.setting.name) +
                            " is not used: " + place_of(winner->second) + " wins");
        }
    }
}

/// Settings in a file that is not theirs, and Courier's settings that this version does not use.
void note_unused(const Values& values, std::string_view file, std::vector<std::string>& notes) {
    for (const auto& [name, found] : values) {
        const std::string_view partner = partner_of(file);
        if (row_of(name, file) != nullptr || (!partner.empty() && row_of(name, partner) != nullptr)) {
            continue;
        }
        const std::string place = place_of(found) + ": " + name;
        const CourierName* courier = courier_name(name);
        const Row* row = row_of(trimmed(name));
        if (row != nullptr && name != row->setting.name) {
            notes.push_back(place_of(found) + ": \"" + log_safe(name, 80) +
                            "\" is no setting: a name has no blanks around it");
        } else if (row != nullptr) {
            notes.push_back(place + " is not used here: it belongs in the file " + std::string(row->setting.file));
        } else if (courier != nullptr && !courier->asks_for_ours(found.value)) {
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
    for (const auto& [file, values] : files) {
        refuse_dangerous(values);
    }
    Sources read = files;
    override_with(read, overrides);
    Loaded loaded;
    Draft draft{.folder = fs::absolute(folder)};
    apply_rows(read, draft, loaded);
    finish(draft, loaded.notes);
    loaded.settings = std::move(draft.settings);
    note_losers(files, loaded.notes);
    for (const FilePair& pair : file_pairs) {
        note_unused(files.at(pair.tls), pair.plain, loaded.notes);
    }
    note_unused(files.at("authdaemonrc"), "authdaemonrc", loaded.notes);
    note_unused(files.at("postrider"), "postrider", loaded.notes);
    return loaded;
}

namespace {

/// For a Draft that only these settings of `values` go into.
void apply_alone(const Values& values, std::string_view file, std::initializer_list<std::string_view> names,
                 Draft& draft) {
    std::vector<std::string> notes;
    for (const std::string_view name : names) {
        const Row& row = *row_of(name, file);
        const auto found = values.find(name);
        const Assignment standard{std::string(name), std::string(row.setting.standard), "default", 0};
        if (found != values.end() || !row.setting.standard.empty()) {
            row.apply(draft, Value(row.setting, found != values.end() ? found->second : standard, notes));
        }
    }
}

}  // namespace

std::string load_authdaemon_socket(const fs::path& folder) {
    Draft draft{.folder = fs::absolute(folder)};
    apply_alone(read_auth(folder), "authdaemonrc", {"authdaemonvar"}, draft);
    apply_alone(read_own(folder), "postrider", {"AUTHDAEMON_SOCKET"}, draft);
    const std::string own = draft.authdaemon_socket.value_or("");
    return own.empty() ? draft.settings.auth.daemon : own;
}

ControlSettings load_control(const fs::path& folder) {
    Draft draft{.folder = fs::absolute(folder)};
    apply_alone(read_own(folder), "postrider", {"CONTROL_SOCKET", "SHUTDOWN_TIME"}, draft);
    return {draft.settings.roles.control, draft.settings.roles.shutdown_time};
}

}  // namespace postrider::config
