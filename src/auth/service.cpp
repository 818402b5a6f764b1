// Logging in: default domain, and who can say whether a proof is right. compat/auth.md sections 2 and 5.
#include "auth/service.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/apop.hpp"
#include "auth/module_table.hpp"
#include "auth/password.hpp"
#include "core/protocol.hpp"
#include "core/text.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

bool is_plausible(const std::string& text) {
    return !text.empty() && text.size() <= limits::credential_bytes && std::ranges::none_of(text, is_control);
}

bool is_plausible(const Proof& proof) {
    const auto* const credentials = std::get_if<Credentials>(&proof);
    return is_plausible(user_of(proof)) && (credentials == nullptr || is_plausible(credentials->password));
}

constexpr const char* secret_name(ScramHash hash) {
    return hash == ScramHash::sha1 ? "scram-sha-1pw" : "scram-sha-256pw";
}

/// What SCRAM is checked against. None: this account cannot log in by it.
std::optional<std::string> scram_secret_of(ScramHash hash, const Record& record) {
    if (const auto secret = record.secrets.find(secret_name(hash)); secret != record.secrets.end()) {
        return secret->second;
    }
    return record.stored && clear_text_of(*record.stored) ? record.stored : std::nullopt;
}

}  // namespace

std::string with_default_domain(const DefaultDomain& domain, std::string user) {
    const auto separators =
        domain.separators.empty() ? std::string_view(domain.name).substr(0, 1) : std::string_view(domain.separators);
    if (!domain.name.empty() && user.find_first_of(separators) == std::string::npos) {
        user += domain.name;
    }
    return user;
}

Service::Service(Threads threads, const ProcessSecret& secret, Settings settings)
    : settings_(std::move(settings)),
      checker_(threads.hashes, secret, settings_.cache_size, settings_.cache_time),
      scram_(secret),
      chain_(make_modules({threads, settings_, checker_}), checker_, settings_.default_options) {}

Service::~Service() = default;

/// A certificate says the whole name: no domain is put behind it.
Query Service::query_of(std::string service, const std::string& user, std::string peer) const {
    const DefaultDomain& domain =
        service == service_name(Protocol::pop3) ? settings_.pop3_domain : settings_.imap_domain;
    return {std::move(service), with_default_domain(domain, user), std::move(peer), {}, nullptr};
}

Task<Result<Admitted>> Service::log_in(std::string service, Proof proof, std::string peer) {
    if (!is_plausible(proof)) {
        co_return Error(Code::denied, "empty, too long or with control characters");
    }
    Query query = query_of(std::move(service), user_of(proof), std::move(peer));
    Admitted admitted;
    Result<std::optional<Record>> found = std::optional<Record>();
    if (auto* const credentials = std::get_if<Credentials>(&proof)) {
        found = co_await prove(std::move(query), std::move(*credentials));
    } else if (auto* const cram = std::get_if<CramProof>(&proof)) {
        found = co_await prove(std::move(query), std::move(*cram));
    } else if (auto* const scram = std::get_if<ScramProof>(&proof)) {
        found = co_await prove_scram(std::move(query), std::move(*scram), admitted.signature);
    } else if (auto* const external = std::get_if<ExternalIdentity>(&proof)) {
        found = co_await prove(std::move(query), std::move(*external));
    }
    if (!found) {
        co_return found.error();
    }
    if (!*found) {
        co_return Error(Code::denied, "unknown user or wrong password");
    }
    admitted.account = std::move((*found)->account);
    co_return admitted;
}

Task<Result<std::optional<Record>>> Service::prove(Query query, Credentials credentials) {
    if (credentials.timestamp.empty()) {
        co_return co_await chain_.log_in(std::move(query), std::move(credentials.password));
    }
    Chain::Check check = [credentials](const Record& record) {
        return record.stored && apop_matches(credentials.password, credentials.timestamp, *record.stored);
    };
    co_return co_await chain_.find_that(std::move(query), std::move(check));
}

Task<Result<std::optional<Record>>> Service::prove(Query query, CramProof proof) {
    co_return co_await chain_.prove(std::move(query), std::move(proof));
}

Task<Result<std::optional<Record>>> Service::prove(Query query, ExternalIdentity identity) {
    if (!settings_.external) {
        co_return std::optional<Record>();
    }
    query.user = std::move(identity.user);
    co_return co_await chain_.find(std::move(query));
}

/// Which module has a secret for SCRAM is asked first. A secret in clear costs thousands of hashes, on a thread for
/// them: that others cost less is hidden by the delay of the refusal.
Task<Result<std::optional<Record>>> Service::prove_scram(Query query, ScramProof proof, std::string& signature) {
    Chain::Check has_secret = [hash = proof.hash](const Record& record) {
        return scram_secret_of(hash, record).has_value();
    };
    const std::string account_name = query.user;
    auto found = co_await chain_.find_that(std::move(query), std::move(has_secret));
    if (!found) {
        co_return found;
    }
    std::string stored;
    if (*found) {
        stored = scram_secret_of(proof.hash, **found).value_or("");
    }
    proof.user = account_name;
    auto verify = [this, proof = std::move(proof), stored] {
        return scram_.verify(proof, stored, ScramVerifier::Clock::now());
    };
    auto signed_by_us = co_await checker_.run(std::move(verify));
    if (!signed_by_us) {
        co_return signed_by_us.error();
    }
    if (!*signed_by_us) {
        co_return std::optional<Record>();
    }
    signature = std::move(**signed_by_us);
    co_return found;
}

Task<Result<ScramOffer>> Service::offer(std::string service, ScramQuestion question) {
    std::string stored;
    if (is_plausible(question.user)) {
        Chain::Check has_secret = [hash = question.hash](const Record& record) {
            return scram_secret_of(hash, record).has_value();
        };
        Query query = query_of(std::move(service), question.user, {});
        question.user = query.user;  // one salt for a name with and without its default domain
        auto found = co_await chain_.find_that(std::move(query), std::move(has_secret));
        if (!found) {
            co_return found.error();
        }
        if (*found) {
            stored = scram_secret_of(question.hash, **found).value_or("");
        }
    }
    co_return scram_.offer(question, stored, ScramVerifier::Clock::now());
}

}  // namespace postrider::auth
