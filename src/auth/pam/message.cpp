#include "auth/pam/message.hpp"

#include <algorithm>
#include <array>

#include "auth/password.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::array fields{&PamRequest::service, &PamRequest::user, &PamRequest::password, &PamRequest::new_password,
                            &PamRequest::peer};

bool is_word_character(char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_' || c == '.';
}

}  // namespace

PamRequest::~PamRequest() {
    wipe(password);
    wipe(new_password);
}

bool is_pam_service(std::string_view service) {
    constexpr std::size_t longest = 64;
    return !service.empty() && service.size() <= longest && service.front() != '.' &&
           std::ranges::all_of(service, is_word_character);
}

std::optional<std::string> encoded(const PamRequest& request) {
    std::string packet;
    packet.reserve(pam_request_bytes);  // so that no shorter copy of a password is left in freed memory
    for (const auto field : fields) {
        const std::string& text = request.*field;
        if (text.size() > limits::credential_bytes || text.find('\0') != std::string::npos) {
            wipe(packet);
            return std::nullopt;
        }
        packet += text;
        packet += '\0';
    }
    return packet;
}

std::optional<PamRequest> decoded_request(std::string_view packet) {
    PamRequest request;
    for (const auto field : fields) {
        const auto end = packet.find('\0');
        if (end == std::string_view::npos || end > limits::credential_bytes) {
            return std::nullopt;
        }
        request.*field = packet.substr(0, end);
        packet.remove_prefix(end + 1);
    }
    return packet.empty() && is_pam_service(request.service) ? std::optional(std::move(request)) : std::nullopt;
}

std::string encoded(const PamAnswer& answer) {
    return static_cast<char>('0' + static_cast<int>(answer.verdict)) + log_safe(answer.detail, limits::pam_text_bytes);
}

std::optional<PamAnswer> decoded_answer(std::string_view packet) {
    if (packet.empty() || packet.size() > pam_answer_bytes || packet.front() < '0' || packet.front() > '2') {
        return std::nullopt;
    }
    return PamAnswer{static_cast<PamVerdict>(packet.front() - '0'), log_safe(packet.substr(1), limits::pam_text_bytes)};
}

}  // namespace postrider::auth
