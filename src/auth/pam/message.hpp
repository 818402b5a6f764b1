// What a PAM child is asked and what it answers: one packet each on a SOCK_SEQPACKET socket. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/limits.hpp"

namespace postrider::auth {

/// Its texts hold no NUL; PAM could not take one.
struct PamRequest {
    std::string service;  ///< also the name of a file: is_pam_service()
    std::string user;
    std::string password;
    std::string new_password;  ///< "": the password is checked, not changed
    std::string peer;          ///< numeric address; "": not known

    PamRequest() = default;
    PamRequest(const PamRequest&) = default;
    PamRequest(PamRequest&&) = default;
    PamRequest& operator=(const PamRequest&) = default;
    PamRequest& operator=(PamRequest&&) = default;
    ~PamRequest();  ///< overwrites the passwords
};

enum class PamVerdict : std::uint8_t { accepted, refused, unavailable };

struct PamAnswer {
    PamVerdict verdict = PamVerdict::unavailable;
    std::string detail;  ///< for the log; at most limits::pam_text_bytes
};

inline constexpr std::size_t pam_request_bytes = 5 * (limits::credential_bytes + 1);
inline constexpr std::size_t pam_answer_bytes = 1 + limits::pam_text_bytes;

/// A word of letters, digits, "-", "_" and "." that does not begin with a dot, at most 64 bytes: no path.
bool is_pam_service(std::string_view service);

/// None: a text is longer than limits::credential_bytes or holds a NUL.
std::optional<std::string> encoded(const PamRequest& request);
std::optional<PamRequest> decoded_request(std::string_view packet);

std::string encoded(const PamAnswer& answer);
std::optional<PamAnswer> decoded_answer(std::string_view packet);

}  // namespace postrider::auth
