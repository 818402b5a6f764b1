// Answers: account blocks, verdicts, lists of accounts. compat/auth.md sections 3.1 and 3.2.
#include <algorithm>
#include <array>
#include <cstdint>

#include "auth/daemon/lines.hpp"
#include "auth/daemon_text.hpp"
#include "core/limits.hpp"

namespace postrider::auth::daemon {

namespace {

constexpr std::string_view last_line = ".";

/// The attributes that are text, but for HOME, in Courier's order.
struct Attribute {
    std::string_view name;
    std::optional<std::string> AccountBlock::*member;
};
constexpr std::array attributes{
    Attribute{"ADDRESS", &AccountBlock::address}, Attribute{"NAME", &AccountBlock::full_name},
    Attribute{"MAILDIR", &AccountBlock::maildir}, Attribute{"QUOTA", &AccountBlock::quota},
    Attribute{"OPTIONS", &AccountBlock::options}, Attribute{"USERNAME", &AccountBlock::system_user},
};

/// What must be there.
struct Required {
    bool gid = false;
    bool home = false;
};

template <class Id>
bool take_id(std::string_view text, Id& id) {
    const auto number = parse_decimal<std::uint32_t>(text);
    id = number.value_or(0);
    return number.has_value();
}

/// False: no attribute, or an id that is no number.
bool take_attribute(std::string_view line, AccountBlock& block, Required& required) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
        return false;
    }
    const auto name = line.substr(0, equals);
    const auto value = line.substr(equals + 1);
    if (name == "UID") {
        return take_id(value, block.uid.emplace());
    }
    if (name == "GID") {
        required.gid = true;
        return take_id(value, block.gid);
    }
    if (name == "HOME") {
        required.home = true;
        block.home = value;
    } else if (name == "PASSWD") {
        block.stored.emplace(std::string(value));
    } else if (name == "PASSWD2") {
        block.password.emplace(std::string(value));
    } else if (const auto* const known = std::ranges::find(attributes, name, &Attribute::name);
               known != attributes.end()) {
        block.*(known->member) = value;
    }
    return true;
}

bool is_value(std::string_view text) {
    using namespace std::string_view_literals;
    return text.find_first_of("\n\0"sv) == std::string_view::npos;
}

/// The block as it grows; its room is there from the start, so that no shorter copy of a secret is left behind.
class BlockText {
public:
    BlockText() { block_.text.reserve(limits::authdaemon_text_bytes); }

    void add(std::string_view name, std::string_view value) {
        sayable_ =
            sayable_ && is_value(value) &&
            block_.text.size() + name.size() + value.size() + list_end.size() + 2 <= limits::authdaemon_text_bytes;
        if (sayable_) {
            block_.text.append(name).append("=").append(value).append("\n");
        }
    }
    template <class Text>
    void add(std::string_view name, const std::optional<Text>& value) {
        if constexpr (std::is_same_v<Text, Secret>) {
            value ? add(name, value->text) : void();
        } else {
            value ? add(name, *value) : void();
        }
    }
    std::optional<Secret> end() {
        block_.text.append(list_end);
        return sayable_ ? std::optional(std::move(block_)) : std::nullopt;
    }

private:
    Secret block_;
    bool sayable_ = true;
};

/// None: no account that can be used.
std::optional<Account> listed_account(std::string_view line) {
    line = line.substr(0, line.find('#'));
    if (std::ranges::count(line, '\t') < 3) {
        return std::nullopt;
    }
    Account account;
    account.address = take_field(line, '\t');
    const bool has_ids = take_id(take_field(line, '\t'), account.uid) && take_id(take_field(line, '\t'), account.gid);
    account.home = take_field(line, '\t');
    if (const auto maildir = take_field(line, '\t'); !maildir.empty()) {
        account.maildir = maildir;
    }
    account.options = take_field(line, '\t');
    return has_ids && account.uid != 0 && account.gid != 0 ? std::optional(std::move(account)) : std::nullopt;
}

}  // namespace

std::variant<Unfinished, Malformed, Refused, AccountBlock> read_account(std::string_view text) {
    if (text == refusal) {
        return Refused{};
    }
    AccountBlock block;
    Required required;
    while (const auto line = take_line(text)) {
        if (*line == last_line) {
            const bool whole = text.empty() && required.gid && required.home;
            return whole ? std::variant<Unfinished, Malformed, Refused, AccountBlock>(std::move(block)) : Malformed{};
        }
        if (!take_attribute(*line, block, required)) {
            return Malformed{};
        }
    }
    return Unfinished{};
}

std::optional<Secret> text_of(const AccountBlock& block) {
    BlockText text;
    text.add("USERNAME", block.system_user);
    if (block.uid) {
        text.add("UID", std::to_string(*block.uid));
    }
    text.add("GID", std::to_string(block.gid));
    text.add("HOME", block.home);
    text.add("ADDRESS", block.address);
    text.add("NAME", block.full_name);
    text.add("MAILDIR", block.maildir);
    text.add("QUOTA", block.quota);
    text.add("PASSWD", block.stored);
    text.add("PASSWD2", block.password);
    text.add("OPTIONS", block.options);
    return text.end();
}

std::variant<Unfinished, Malformed, bool> read_verdict(std::string_view text) {
    if (text == consent || text == refusal) {
        return text == consent;
    }
    if (text.find('\n') != std::string_view::npos) {
        return Malformed{};
    }
    return Unfinished{};
}

ListEnd read_list(std::string& text, const std::function<void(const Account& account)>& take) {
    std::string_view rest = text;
    while (const auto line = take_line(rest)) {
        if (*line == last_line) {
            return rest.empty() ? ListEnd::reached : ListEnd::malformed;
        }
        if (line->size() > limits::authdaemon_line_bytes) {
            return ListEnd::malformed;
        }
        if (const auto account = listed_account(*line)) {
            take(*account);
        }
    }
    const bool endless = rest.size() > limits::authdaemon_line_bytes;
    text.erase(0, text.size() - rest.size());
    return endless ? ListEnd::malformed : ListEnd::not_yet;
}

std::string list_line(const Account& account) {
    const std::string maildir = account.maildir.value_or("");
    for (const std::string_view value : {std::string_view(account.address), std::string_view(account.home),
                                         std::string_view(maildir), std::string_view(account.options)}) {
        if (!std::ranges::none_of(value, is_control) || value.find('#') != std::string_view::npos) {
            return {};
        }
    }
    if (account.address.empty()) {
        return {};
    }
    return account.address + '\t' + std::to_string(account.uid) + '\t' + std::to_string(account.gid) + '\t' +
           account.home + '\t' + maildir + '\t' + account.options + '\n';
}

std::string list_title(std::string_view module) {
    return "# " + std::string(module) + "\n\n";
}

}  // namespace postrider::auth::daemon
