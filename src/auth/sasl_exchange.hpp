// What the mechanisms share.
#pragma once

#include "auth/sasl.hpp"

namespace postrider::auth {

/// A budget of bytes for all messages, and an end after which nothing is taken.
class BoundedExchange : public SaslExchange {
public:
    SaslStep start(std::optional<std::string_view> initial) final;
    SaslStep next(std::string_view response) final;

private:
    /// What the client is told when it sent no initial response.
    virtual std::string first_prompt() const { return {}; }
    /// Whether the client may speak first. RFC 4422 section 5, item 2.
    virtual bool is_client_first() const { return true; }
    virtual SaslStep take(std::string_view message) = 0;

    std::size_t received_ = 0;
    bool ended_ = false;
};

/// hash: of the mechanism. plus: the mechanism's name ends in -PLUS. RFC 5802 section 6.
std::unique_ptr<SaslExchange> make_scram_exchange(ScramHash hash, bool plus, const SaslContext& context);

}  // namespace postrider::auth
