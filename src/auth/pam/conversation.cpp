#include "auth/pam/conversation.hpp"

#include <security/pam_appl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

#include "auth/system_lookup.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

/// What PAM's prompts are answered with; what it says is gathered.
struct Prompted {
    const PamRequest& request;
    bool changes = false;
    std::string said;
};

/// In a change both passwords are asked for, told apart only by the words: "Current password:", "(current) UNIX
/// password:", "Old password:" and "New password:", "Retype new password:".
const std::string& password_for(const Prompted& prompted, std::string_view prompt) {
    const std::string text = lower(prompt);
    const bool is_old = text.find("current") != std::string::npos || text.find("old ") != std::string::npos;
    return prompted.changes && !is_old ? prompted.request.new_password : prompted.request.password;
}

/// Null: no answer. In malloc's memory, which PAM frees.
char* reply_to(const pam_message& message, Prompted& prompted) {
    const char* text = message.msg == nullptr ? "" : message.msg;
    switch (message.msg_style) {
        case PAM_PROMPT_ECHO_ON:
            return ::strdup(prompted.request.user.c_str());
        case PAM_PROMPT_ECHO_OFF:
            return ::strdup(password_for(prompted, text).c_str());
        default:
            if (prompted.said.size() < limits::pam_text_bytes) {
                prompted.said += (prompted.said.empty() ? "" : "; ") + std::string(trimmed(text));
            }
            return nullptr;
    }
}

bool is_known(const pam_message* message) {
    constexpr std::array styles{PAM_PROMPT_ECHO_ON, PAM_PROMPT_ECHO_OFF, PAM_ERROR_MSG, PAM_TEXT_INFO};
    return std::ranges::find(styles, message->msg_style) != styles.end();
}

extern "C" int postrider_pam_prompt(int count, const pam_message** messages, pam_response** replies, void* data) {
    if (count <= 0 || count > PAM_MAX_NUM_MSG || !std::all_of(messages, messages + count, is_known)) {
        return PAM_CONV_ERR;
    }
    auto* const given = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    if (given == nullptr) {
        return PAM_BUF_ERR;
    }
    for (int i = 0; i < count; ++i) {
        given[i].resp = reply_to(*messages[i], *static_cast<Prompted*>(data));
    }
    *replies = given;
    return PAM_SUCCESS;
}

/// Whoever guesses is delayed elsewhere, where no child waits for it.
extern "C" void postrider_pam_no_delay(int, unsigned, void*) {}

/// To PAM's modules the caller is the user, as with passwd(1), and not root, for whom pam_rootok opens a service
/// without a password, and for whom pam_unix changes one without the old one. The effective uid stays, since shadow(5)
/// is read.
class AsUser {
public:
    explicit AsUser(uid_t user) : is_root_(::getuid() == 0) {
        if (is_root_ && ::setresuid(user, 0, 0) != 0) {
            throw std::system_error(errno, std::generic_category(), "setresuid");
        }
    }
    ~AsUser() {
        if (is_root_ && ::setresuid(0, 0, 0) != 0) {
            std::abort();  // a child that is not what it was serves nobody else
        }
    }
    AsUser(const AsUser&) = delete;
    AsUser& operator=(const AsUser&) = delete;

private:
    bool is_root_;
};

constexpr uid_t nobody = 65534;

/// Whom AsUser stands for; nobody where there is no such user, and for root, who gets no rights by this way.
uid_t uid_of(const std::string& name) {
    const auto record = find_system_user(name);
    const bool known = record && *record && (*record)->account.uid != 0;
    return known ? (*record)->account.uid : nobody;
}

/// A transaction of one service.
class Transaction {
public:
    Transaction(const std::string& service, Prompted& prompted) : talk_{postrider_pam_prompt, &prompted} {
        last_ = ::pam_start(service.c_str(), prompted.request.user.c_str(), &talk_, &handle_);
        if (last_ == PAM_SUCCESS) {
            last_ = ::pam_set_item(handle_, PAM_FAIL_DELAY, reinterpret_cast<const void*>(postrider_pam_no_delay));
        }
        if (last_ == PAM_SUCCESS && !prompted.request.peer.empty()) {
            last_ = ::pam_set_item(handle_, PAM_RHOST, prompted.request.peer.c_str());
        }
    }
    ~Transaction() {
        if (handle_ != nullptr) {
            ::pam_end(handle_, last_);
        }
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Nothing when a step before it failed.
    void step(int (*function)(pam_handle_t*, int), int flags = 0) {
        if (last_ == PAM_SUCCESS) {
            last_ = function(handle_, flags);
        }
    }
    int result() const { return last_; }
    std::string text() const { return ::pam_strerror(handle_, last_); }

private:
    pam_conv talk_;
    pam_handle_t* handle_ = nullptr;
    int last_ = PAM_SUCCESS;
};

/// What is said of the user; all else is trouble of PAM's own.
PamVerdict verdict_of(int result) {
    constexpr std::array refusals{
        PAM_AUTH_ERR,     PAM_CRED_INSUFFICIENT, PAM_USER_UNKNOWN,        PAM_MAXTRIES,     PAM_PERM_DENIED,
        PAM_ACCT_EXPIRED, PAM_NEW_AUTHTOK_REQD,  PAM_AUTHTOK_EXPIRED,     PAM_CRED_EXPIRED, PAM_CRED_UNAVAIL,
        PAM_AUTHTOK_ERR,  PAM_TRY_AGAIN,         PAM_AUTHTOK_RECOVERY_ERR};
    if (result == PAM_SUCCESS) {
        return PamVerdict::accepted;
    }
    return std::ranges::find(refusals, result) == refusals.end() ? PamVerdict::unavailable : PamVerdict::refused;
}

PamAnswer answer_of(const Transaction& transaction, const Prompted& prompted, std::string_view step) {
    const PamVerdict verdict = verdict_of(transaction.result());
    std::string detail = prompted.said;
    if (verdict != PamVerdict::accepted) {
        detail = std::string(step) + ": " + transaction.text() + (detail.empty() ? "" : " (" + detail + ")");
    }
    return {verdict, std::move(detail)};
}

PamAnswer change(const PamRequest& request) {
    Prompted prompted{.request = request, .changes = true};
    Transaction transaction("passwd", prompted);
    transaction.step(::pam_chauthtok);
    return answer_of(transaction, prompted, "passwd");
}

}  // namespace

PamAnswer converse(const PamRequest& request) {
    const uid_t user = uid_of(request.user);
    if (user == nobody && !request.new_password.empty()) {
        return {PamVerdict::refused, "no password of root's or of nobody's is changed here"};
    }
    const AsUser as_user(user);
    Prompted prompted{.request = request};
    Transaction transaction(request.service, prompted);
    // An account without a password is nobody's door, whatever the service's file says (nullok).
    transaction.step(::pam_authenticate, PAM_DISALLOW_NULL_AUTHTOK);
    transaction.step(::pam_acct_mgmt, PAM_DISALLOW_NULL_AUTHTOK);
    PamAnswer answer = answer_of(transaction, prompted, request.service);
    // A password that has expired is what one changes it for.
    const bool may_change = answer.verdict == PamVerdict::accepted || transaction.result() == PAM_NEW_AUTHTOK_REQD;
    return may_change && !request.new_password.empty() ? change(request) : answer;
}

}  // namespace postrider::auth
