// PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), CRAM (RFC 2195), EXTERNAL (RFC 4422 appendix A); which
// mechanisms there are.
#include "auth/sasl.hpp"

#include <algorithm>
#include <array>

#include "auth/credential_fault.hpp"
#include "auth/sasl_exchange.hpp"

namespace postrider::auth {

Credentials::~Credentials() {
    wipe(user);
    wipe(password);
}

SaslStep SaslExchange::offered(const ScramOffer&) {
    return SaslFailure{"nothing was asked"};
}

SaslStep SaslExchange::verified(std::string_view) {
    return SaslFailure{"nothing was asked"};
}

SaslStep BoundedExchange::start(std::optional<std::string_view> initial) {
    if (initial && !is_client_first()) {
        ended_ = true;
        return SaslFailure{"the server speaks first"};
    }
    return initial ? next(*initial) : SaslStep(SaslChallenge{first_prompt()});
}

SaslStep BoundedExchange::next(std::string_view response) {
    if (ended_) {
        return SaslFailure{"the exchange is over"};
    }
    received_ += response.size();
    auto step = received_ > limits::sasl_bytes ? SaslFailure{"exchange too long"} : take(response);
    ended_ = !std::holds_alternative<SaslChallenge>(step) && !std::holds_alternative<ScramQuestion>(step) &&
             !std::holds_alternative<ScramProof>(step);
    return step;
}

namespace {

SaslStep finish(std::string_view user, std::string_view password) {
    if (const auto fault = fault_of(user, password); !fault.empty()) {
        return SaslFailure{std::string(fault)};
    }
    return Credentials(std::string(user), std::string(password));
}

/// [authzid] NUL authcid NUL passwd, in one message. Nobody may act for another user here, so an authorization
/// identity must be the authentication identity itself (RFC 4616 section 2).
class PlainExchange final : public BoundedExchange {
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

class CramExchange final : public BoundedExchange {
public:
    CramExchange(HmacHash hash, std::string_view host) : hash_(hash), challenge_(make_cram_challenge(host)) {}

private:
    std::string first_prompt() const override { return challenge_; }
    bool is_client_first() const override { return false; }

    SaslStep take(std::string_view message) override {
        auto proof = parse_cram_response(hash_, challenge_, message);
        if (!proof) {
            return SaslFailure{"user name, blank and digest expected"};
        }
        return std::move(*proof);
    }

    HmacHash hash_;
    std::string challenge_;
};

/// The message is the authorization identity: empty, or the one that the certificate gives.
class ExternalExchange final : public BoundedExchange {
public:
    explicit ExternalExchange(std::string identity) : identity_(std::move(identity)) {}

private:
    SaslStep take(std::string_view message) override {
        if (!message.empty() && message != identity_) {
            return SaslFailure{"authorization identity differs from the certificate's"};
        }
        if (const auto fault = fault_of(identity_); !fault.empty()) {
            return SaslFailure{std::string(fault)};
        }
        return ExternalIdentity{identity_};
    }

    std::string identity_;
};

template <class Exchange>
std::unique_ptr<SaslExchange> make(const SaslContext&) {
    return std::make_unique<Exchange>();
}

template <HmacHash hash>
std::unique_ptr<SaslExchange> make_cram(const SaslContext& context) {
    return std::make_unique<CramExchange>(hash, context.host);
}

template <ScramHash hash, bool plus>
std::unique_ptr<SaslExchange> make_scram(const SaslContext& context) {
    return make_scram_exchange(hash, plus, context);
}

std::unique_ptr<SaslExchange> make_external(const SaslContext& context) {
    return std::make_unique<ExternalExchange>(context.identity);
}

struct Row {
    Mechanism mechanism;
    std::string_view name;
    std::unique_ptr<SaslExchange> (*make)(const SaslContext& context);
};

constexpr std::array rows{
    Row{Mechanism::scram_sha256_plus, "SCRAM-SHA-256-PLUS", make_scram<ScramHash::sha256, true>},
    Row{Mechanism::scram_sha256, "SCRAM-SHA-256", make_scram<ScramHash::sha256, false>},
    Row{Mechanism::scram_sha1_plus, "SCRAM-SHA-1-PLUS", make_scram<ScramHash::sha1, true>},
    Row{Mechanism::scram_sha1, "SCRAM-SHA-1", make_scram<ScramHash::sha1, false>},
    Row{Mechanism::cram_sha256, "CRAM-SHA256", make_cram<HmacHash::sha256>},
    Row{Mechanism::cram_sha1, "CRAM-SHA1", make_cram<HmacHash::sha1>},
    Row{Mechanism::cram_md5, "CRAM-MD5", make_cram<HmacHash::md5>},
    Row{Mechanism::plain, "PLAIN", make<PlainExchange>},
    Row{Mechanism::login, "LOGIN", make<LoginExchange>},
    Row{Mechanism::external, "EXTERNAL", make_external},
};

/// On this connection; whether it is announced is another question.
bool is_possible(Mechanism mechanism, const SaslContext& context) {
    switch (mechanism) {
        case Mechanism::external:
            return !context.identity.empty();
        case Mechanism::scram_sha256_plus:
        case Mechanism::scram_sha1_plus:
            return !context.bindings.empty();
        default:
            return true;
    }
}

bool is_announced(Mechanism mechanism, const SaslContext& context) {
    const bool chosen = mechanism == Mechanism::external || context.announced.has(mechanism);
    return chosen && is_possible(mechanism, context);
}

const Row* row_of(std::string_view name) {
    const auto* found = std::ranges::find_if(rows, [name](const auto& known) { return iequals(known.name, name); });
    return found == rows.end() ? nullptr : found;
}

}  // namespace

const std::string& user_of(const Proof& proof) {
    return std::visit([](const auto& one) -> const std::string& { return one.user; }, proof);
}

std::optional<Mechanism> mechanism_of(std::string_view name) {
    const Row* row = row_of(name);
    return row == nullptr ? std::nullopt : std::optional(row->mechanism);
}

MechanismSet mechanisms_in(std::string_view words, std::string_view prefix) {
    MechanismSet found;
    while (!(words = trimmed(words)).empty()) {
        const auto word = words.substr(0, words.find_first_of(" \t"));
        words.remove_prefix(word.size());
        if (istarts_with(word, prefix)) {
            if (const auto mechanism = mechanism_of(word.substr(prefix.size()))) {
                found.add(*mechanism);
            }
        }
    }
    return found;
}

std::unique_ptr<SaslExchange> make_sasl_exchange(std::string_view name, const SaslContext& context) {
    const Row* row = row_of(name);
    return row == nullptr || !is_possible(row->mechanism, context) ? nullptr : row->make(context);
}

std::vector<std::string_view> sasl_mechanisms(const SaslContext& context) {
    std::vector<std::string_view> names;
    for (const auto& row : rows) {
        if (is_announced(row.mechanism, context)) {
            names.push_back(row.name);
        }
    }
    return names;
}

}  // namespace postrider::auth
