// The settings of the file imapd that are IMAP's alone. compat/config.md section 3.
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "config/row.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

void apply_trash(Draft& draft, const Value& value) {
    const std::string& name = value.word();
    if (name.find('/') != std::string::npos || name.starts_with('.') || name.ends_with('.') ||
        name.find("..") != std::string::npos || name.size() > limits::mailbox_name_bytes) {
        value.refuse("the name of a mail folder");
    }
    draft.settings.store.trash = name;
}

/// As Courier's: a number alone is meant for the trash folder, and what is no number from 1 on counts as 1.
store::Purge purge_of(const Value& value, const std::string& mailbox, const std::string& days) {
    constexpr long most_days = 36'500;
    const long number = std::strtol(days.c_str(), nullptr, 10);
    if (number < 1 || days.find_first_not_of("0123456789") != std::string::npos) {
        value.note("has \"" + days + "\" where days are expected; it counts as " +
                   std::to_string(std::max(number, 1L)));
    }
    return {mailbox, std::chrono::days(std::clamp(number, 1L, most_days))};
}

void apply_empty_trash(Draft& draft, const Value& value) {
    auto& purges = draft.settings.store.empty_trash;
    std::string_view rest = value.text();
    if (rest.find_first_of(":,") == std::string_view::npos) {
        purges = {purge_of(value, "INBOX." + draft.settings.store.trash, value.text())};
        return;
    }
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const auto colon = item.find(':');
        const std::string folder(item.substr(0, colon));
        if (colon == std::string_view::npos || folder.empty()) {
            value.note("has an item without a folder, which does not count: \"" + std::string(item) + '"');
            continue;
        }
        const std::string mailbox = folder == "INBOX" ? folder : "INBOX." + folder;
        purges.push_back(purge_of(value, mailbox, std::string(item.substr(colon + 1))));
    }
}

void apply_expunge_to_trash(Draft& draft, const Value& value) {
    draft.settings.store.expunge_to_trash = draft.settings.imap.magic_trash = value.lenient_on_off();
}

void apply_quota(Draft& draft, const Value& value) {
    for (std::string_view rest = value.text(); !rest.empty();) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const auto digits = item.find_first_not_of("0123456789");
        const auto unit = item.substr(std::min(digits, item.size()));
        if (digits == 0 || (unit != "S" && unit != "C")) {
            value.note("is not a list such as 10000000S,1000C: only numbers with S or C behind them count");
            break;
        }
    }
    draft.settings.store.quota = value.text();
}

void apply_host_name(Draft& draft, const Value& value) {
    for (const char c : value.word()) {
        if (!is_digit(c) && (to_lower(c) < 'a' || to_lower(c) > 'z') && c != '.' && c != '-' && c != '_') {
            value.refuse("a host name: letters, digits, '.', '-' and '_'");
        }
    }
    draft.settings.store.host_name = value.word();
}

void apply_keywords(Draft& draft, const Value& value) {
    const long number = value.lenient_number();
    if (number < 0 || number > 2) {
        value.note("counts as 1: the values are 0, 1 and 2");
    }
    draft.settings.store.keywords = number == 0   ? store::Keywords::off
                                    : number == 2 ? store::Keywords::careful
                                                  : store::Keywords::on;
}

void apply_use_locks(Draft& draft, const Value& value) {
    const bool on = value.text().starts_with('1');
    if (value.text() != "0" && value.text() != "1") {
        value.note(on ? "counts as 1" : "counts as 0: only what begins with 1 is on");
    }
    draft.settings.store.use_locks = on;
}

void apply_id_fields(Draft& draft, const Value& value) {
    const long number = value.lenient_number();
    if (number < 0 || number > 7) {
        value.note("is more than 1 + 2 + 4; only these count");
    }
    draft.settings.imap.id_fields = static_cast<unsigned>(number) & 7;
}

void apply_log_deletions(Draft& draft, const Value& value) {
    draft.settings.imap.log_deletions = value.on_unless_zero();
}

/// Of its words only the mechanisms count: CAPABILITY tells what the server can do, whatever is written here.
auth::MechanismSet announced(const Value& value) {
    constexpr std::string_view prefix = "AUTH=";
    std::string others;
    for (const std::string_view word : value.words()) {
        if (istarts_with(word, prefix) && !auth::mechanism_of(word.substr(prefix.size()))) {
            others += ' ' + std::string(word);
        }
    }
    if (!others.empty()) {
        value.note("names mechanisms that this version does not have:" + others);
    }
    return auth::mechanisms_in(value.text(), prefix);
}

constexpr Row table[] = {
    {{"IMAP_CAPABILITY", "imapd", Type::words, "", "AUTH=PLAIN AUTH=LOGIN", "", "AUTH= and a SASL mechanism, by blank",
      "Mechanisms that CAPABILITY tells of: AUTH=PLAIN, AUTH=LOGIN, AUTH=CRAM-MD5, AUTH=CRAM-SHA1, AUTH=CRAM-SHA256, "
      "AUTH=SCRAM-SHA-1, AUTH=SCRAM-SHA-256 and SCRAM's -PLUS forms. Other words do not count: the server tells what "
      "it "
      "can do. AUTHENTICATE takes every mechanism there is."},
     "IMAP_CAPABILITY:1",
     [](Draft& draft, const Value& value) { draft.settings.imap.sasl.plain = announced(value); }},
    {{"IMAP_CAPABILITY_TLS", "imapd", Type::words, "", "", "", "AUTH= and a SASL mechanism, by blank",
      "The same over TLS; unset or empty: as IMAP_CAPABILITY."},
     "IMAP_CAPABILITY_TLS:0",
     [](Draft& draft, const Value& value) {
         if (!value.text().empty()) {
             draft.imap_sasl_over_tls = announced(value);
         }
     }},
    {{"IMAP_KEYWORDS", "imapd", Type::number, "", "1", "", "0..2",
      "Custom keywords on messages: 0 off, 1 on, 2 on and careful when several servers change the same message."},
     "KEYWORDS_CAPABILITY:0",
     apply_keywords},
    {{"IMAP_USELOCKS", "imapd", Type::on_off, "", "1", "", "0 or 1",
      "Lock a folder while its flags and UIDs change, so that Courier may run beside this server."},
     "IMAP_USELOCKS:0",
     apply_use_locks},
    {{"IMAP_IDLE_TIMEOUT", "imapd", Type::seconds, "seconds", "60", "", "1..3600",
      "How often IDLE looks at a folder whose changes the system does not report."},
     "IMAP_IDLE_TIMEOUT:0",
     [](Draft& draft, const Value& value) { draft.settings.imap.idle_poll = std::chrono::seconds(value.number()); }},
    {{"IMAP_ENHANCEDIDLE", "imapd", Type::on_off, "", "0", "", "0 or 1",
      "Word IDLE's continuation line as Courier did with change notification; notification itself is always on."},
     "IMAP_ENHANCEDIDLE:0",
     [](Draft& draft, const Value& value) { draft.settings.imap.enhanced_idle = value.lenient_on_off(); }},
    {{"IMAP_CHECK_ALL_FOLDERS", "imapd", Type::on_off, "", "0", "", "0 or 1",
      "Let LIST mark every folder that has new mail, not INBOX alone."},
     "IMAP_CHECK_ALL_FOLDERS:0",
     [](Draft& draft, const Value& value) { draft.settings.imap.check_all_folders = value.lenient_on_off(); }},
    {{"IMAP_OBSOLETE_CLIENT", "imapd", Type::on_off, "", "0", "", "0 or 1",
      "Let LIST say \\NoInferiors where \\HasNoChildren is meant, for very old clients."},
     "IMAP_OBSOLETE_CLIENT:0",
     [](Draft& draft, const Value& value) { draft.settings.imap.obsolete_client = value.lenient_on_off(); }},
    {{"IMAP_ID_FIELDS", "imapd", Type::number, "", "", "", "0..7",
      "What ID tells besides the name, as a sum: 1 version, 2 operating system, 4 its version."},
     "ID_FIELDS:0",
     apply_id_fields},
    {{"IMAP_MAILBOX_SANITY_CHECK", "imapd", Type::on_off, "", "1", "", "0 or 1",
      "Refuse a Maildir that does not belong to the user and group that the session runs as."},
     "IMAP_MAILBOX_SANITY_CHECK:0",
     [](Draft& draft, const Value& value) { draft.settings.store.check_owner = value.on_off(); }},
    {{"IMAP_LOG_DELETIONS", "imapd", Type::on_off, "", "0", "", "0 or 1", "Log a line for each message expunged."},
     "IMAP_LOG_DELETIONS:0",
     apply_log_deletions},
    {{"IMAP_TRASHFOLDERNAME", "imapd", Type::text, "", "Trash", "", "a folder name",
      "The name of the trash folder below INBOX."},
     "IMAP_TRASHFOLDERNAME:0",
     apply_trash},
    {{"IMAP_EMPTYTRASH", "imapd", Type::text, "", "", "", "DAYS, or FOLDER:DAYS by comma",
      "Remove messages of the trash folder, or of the folders named (without INBOX.), that were last changed so many "
      "days "
      "ago; at LOGIN and LOGOUT. Unset: nothing is removed."},
     "EMPTYTRASH:0",
     apply_empty_trash},
    {{"IMAP_MOVE_EXPUNGE_TO_TRASH", "imapd", Type::on_off, "", "0", "", "0 or 1",
      "Let EXPUNGE move messages to the trash folder, except those that the session has copied; in the trash folder "
      "itself it removes them."},
     "IMAP_MOVE_EXPUNGE_TO_TRASH:0",
     apply_expunge_to_trash},
    {{"MAILDIRQUOTA", "imapd", Type::text, "", "", "", "BYTES S and MESSAGES C, such as 10000000S,1000C",
      "The mail quota of every account, put into its maildirsize; unset: an account has the quota of that file, if "
      "any."},
     "MAILDIRQUOTA:0",
     apply_quota},
    {{"IMAP_UMASK", "imapd", Type::number, "octal", "022", "", "000..077",
      "The permissions that new files and folders do not get."},
     "IMAP_UMASK:0",
     [](Draft& draft, const Value& value) { draft.settings.umask = value.octal(); }},
    {{"HOSTNAME", "imapd", Type::text, "", "", "", "a host name",
      "The host's name in the names of message files; unset: the system's own."},
     "HOSTNAME:0",
     apply_host_name},
};

}  // namespace

std::span<const Row> imapd_rows() {
    return table;
}

}  // namespace postrider::config
