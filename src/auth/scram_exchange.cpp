// The server's half of a SCRAM exchange that needs no secret: grammar, channel binding, whose turn it is. RFC 5802
// sections 5 to 7. GNU SASL has such a server too, but asks for the keys in the process that reads the client's bytes,
// and as soon as it has read the name; it knows no tls-server-end-point, takes wrongly quoted names, and cannot tell
// whether -PLUS was announced. The tests speak with its client.
#include <algorithm>

#include "auth/credential_fault.hpp"
#include "auth/sasl_exchange.hpp"
#include "auth/saslprep.hpp"
#include "auth/scram_messages.hpp"

namespace postrider::auth {

namespace {

class ScramExchange final : public BoundedExchange {
public:
    ScramExchange(ScramHash hash, bool plus, const SaslContext& context)
        : hash_(hash), plus_(plus), plus_is_offered_(is_plus_offered(hash, context)), bindings_(context.bindings) {}

    SaslStep offered(const ScramOffer& offer) override {
        if (turn_ != Turn::offer) {
            return fail("out of turn");
        }
        turn_ = Turn::client_final;
        nonce_ = first_.nonce + offer.nonce;
        return SaslChallenge{scram_server_first(nonce_, offer.salt, offer.iterations)};
    }

    SaslStep verified(std::string_view signature) override {
        if (turn_ != Turn::verdict) {
            return fail("out of turn");
        }
        turn_ = Turn::farewell;
        return SaslChallenge{"v=" + base64_encode(signature)};
    }

private:
    enum class Turn : std::uint8_t { client_first, offer, client_final, verdict, farewell, nobody };

    static bool is_plus_offered(ScramHash hash, const SaslContext& context) {
        const auto plus = hash == ScramHash::sha256 ? Mechanism::scram_sha256_plus : Mechanism::scram_sha1_plus;
        return context.announced.has(plus) && !context.bindings.empty();
    }

    SaslStep fail(std::string reason) {
        turn_ = Turn::nobody;
        return SaslFailure{std::move(reason)};
    }

    SaslStep take(std::string_view message) override {
        switch (turn_) {
            case Turn::client_first:
                return take_first(message);
            case Turn::client_final:
                return take_final(message);
            case Turn::farewell:
                return message.empty() ? SaslStep(SaslDone{}) : fail("an empty message expected");
            case Turn::offer:
            case Turn::verdict:
            case Turn::nobody:
                break;
        }
        return fail("out of turn");
    }

    SaslStep take_first(std::string_view message) {
        auto first = parse_scram_client_first(message);
        if (!first) {
            return fail(first.error().reason);
        }
        first_ = std::move(*first);
        if (const auto fault = binding_fault(); !fault.empty()) {
            return fail(std::string(fault));
        }
        if (first_.authorization && *first_.authorization != first_.user) {
            return fail("authorization identity differs from the user name");
        }
        auto user = saslprep(first_.user, Unassigned::allowed);
        if (!user) {
            return fail("this cannot be a user name");
        }
        if (const auto fault = fault_of(*user); !fault.empty()) {
            return fail(std::string(fault));
        }
        user_ = std::move(*user);
        turn_ = Turn::offer;
        return ScramQuestion{hash_, user_};
    }

    /// Why the client's wish about the channel cannot be granted; "" when it can. Section 6.
    std::string_view binding_fault() {
        if ((first_.flag == BindingFlag::used) != plus_) {
            return plus_ ? "channel binding expected" : "channel binding needs the -PLUS mechanism";
        }
        if (first_.flag == BindingFlag::not_offered && plus_is_offered_) {
            return "channel binding is offered here: somebody took it off the list";
        }
        if (!plus_) {
            return {};
        }
        const auto found = std::ranges::find(bindings_, first_.binding, &ChannelBinding::type);
        if (found == bindings_.end()) {
            return "no such channel binding";
        }
        binding_data_ = found->data;
        return {};
    }

    SaslStep take_final(std::string_view message) {
        auto final = parse_scram_client_final(message);
        if (!final) {
            return fail(final.error().reason);
        }
        if (final->binding != first_.gs2_header + binding_data_) {
            return fail("the channel binding is another one");
        }
        if (final->nonce != nonce_) {
            return fail("the nonce is another one");
        }
        turn_ = Turn::verdict;
        return ScramProof{
            hash_, user_, std::move(first_.bare), nonce_, std::move(final->bare), std::move(final->proof)};
    }

    const ScramHash hash_;
    const bool plus_;
    const bool plus_is_offered_;
    const std::vector<ChannelBinding> bindings_;
    Turn turn_ = Turn::client_first;
    ScramClientFirst first_;
    std::string user_;
    std::string binding_data_;  ///< of the type that the client chose
    std::string nonce_;         ///< both parts
};

}  // namespace

std::unique_ptr<SaslExchange> make_scram_exchange(ScramHash hash, bool plus, const SaslContext& context) {
    return std::make_unique<ScramExchange>(hash, plus, context);
}

}  // namespace postrider::auth
