// What a SCRAM client sends, as structs. RFC 5802 section 7; the server's side of it is scram_server_first().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace postrider::auth {

/// Whether the client binds its proof to the channel: "n", "y" or "p" of the GS2 header.
enum class BindingFlag : char { not_supported = 'n', not_offered = 'y', used = 'p' };

/// client-first-message.
struct ScramClientFirst {
    std::string gs2_header;  ///< with its last comma
    BindingFlag flag = BindingFlag::not_supported;
    std::string binding;                       ///< its type, with BindingFlag::used
    std::optional<std::string> authorization;  ///< "=2C" and "=3D" decoded
    std::string bare;                          ///< client-first-message-bare
    std::string user;                          ///< decoded
    std::string nonce;
};

/// client-final-message.
struct ScramClientFinal {
    std::string bare;     ///< client-final-message-without-proof
    std::string binding;  ///< of "c=": raw bytes
    std::string nonce;
    std::string proof;  ///< raw bytes
};

/// Extensions are passed over, except mandatory ones ("m="), of which we know none. Pure.
Parsed<ScramClientFirst> parse_scram_client_first(std::string_view message);
Parsed<ScramClientFinal> parse_scram_client_final(std::string_view message);

}  // namespace postrider::auth
