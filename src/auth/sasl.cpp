// PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login).
#include "auth/sasl.hpp"

#include <algorithm>
#include <array>

#include "auth/password.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::auth {

Credentials::~Credentials() {
    wipe(user);
    wipe(password);
}

namespace {

/// Why a user name or password cannot be taken; "" when it can.
std::string_view fault_of(std::string_view user, std::string_view password) {
    if (user.size() > limits::credential_bytes || password.size() > limits::credential_bytes) {
        return "user name or password too long";
    }
    if (std::ranges::any_of(user, is_control) || std::ranges::any_of(password, is_control)) {
        return "control character in user name or password";
    }
    return {};
}

SaslStep finish(std::string_view user, std::string_view password) {
    if (const auto fault = fault_of(user, password); !fault.empty()) {
        return SaslFailure{std::string(fault)};
    }
    return Credentials(std::string(user), std::string(password));
}

/// What every mechanism here has: a budget of bytes for all messages, and an end after which nothing is taken.
class BoundedExchange : public SaslExchange {
public:
    SaslStep start(std::optional<std::string_view> initial) final {
        return initial ? next(*initial) : SaslStep(SaslChallenge{first_prompt()});
    }

    SaslStep next(std::string_view response) final {
        if (ended_) {
            return SaslFailure{"the exchange is over"};
        }
        received_ += response.size();
        auto step = received_ > limits::sasl_bytes ? SaslFailure{"exchange too long"} : take(response);
        ended_ = !std::holds_alternative<SaslChallenge>(step);
        return step;
    }

private:
    /// What the client is told when it sent no initial response.
    virtual std::string first_prompt() const = 0;
    virtual SaslStep take(std::string_view message) = 0;

    std::size_t received_ = 0;
    bool ended_ = false;
};

/// [authzid] NUL authcid NUL passwd, in one message. Nobody may act for another user here, so an authorization
/// identity must be the authentication identity itself (RFC 4616 section 2).
class PlainExchange final : public BoundedExchange {
    std::string first_prompt() const override { return {}; }

    SaslStep take(std::string_view message) override {
        const auto first = message.find('\0');
        const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
        if (second == std::string_view::npos) {
            return SaslFailure{"two NUL characters expected"};
        }
        const auto authorization = message.substr(0, first);
        const auto user = message.substr(first + 1, second - first - 1);
        if (!authorization.empty() && authorization != user) {
            return SaslFailure{"authorization identity differs from the user name"};
        }
        return finish(user, message.substr(second + 1));
    }
};

/// Two prompts, two answers; the initial response is the first answer.
class LoginExchange final : public BoundedExchange {
    std::string first_prompt() const override { return "Username:"; }

    SaslStep take(std::string_view message) override {
        if (user_) {
            return finish(*user_, message);
        }
        user_ = std::string(message);
        return SaslChallenge{"Password:"};
    }

    std::optional<std::string> user_;
};

template <class Exchange>
std::unique_ptr<SaslExchange> make() {
    return std::make_unique<Exchange>();
}

struct Mechanism {
    std::string_view name;
    std::unique_ptr<SaslExchange> (*make)();
};

constexpr std::array mechanisms{
    Mechanism{"PLAIN", make<PlainExchange>},
    Mechanism{"LOGIN", make<LoginExchange>},
};

}  // namespace

std::unique_ptr<SaslExchange> make_sasl_exchange(std::string_view name) {
    const auto found =
        std::ranges::find_if(mechanisms, [name](const auto& known) { return iequals(known.name, name); });
    return found == mechanisms.end() ? nullptr : found->make();
}

std::vector<std::string_view> sasl_mechanisms() {
    std::vector<std::string_view> names;
    names.reserve(mechanisms.size());
    for (const auto& mechanism : mechanisms) {
        names.push_back(mechanism.name);
    }
    return names;
}

}  // namespace postrider::auth
