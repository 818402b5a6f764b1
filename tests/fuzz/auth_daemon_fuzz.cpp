// The authdaemon protocol, both directions: what was read and is said again reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/daemon_text.hpp"

namespace {

using namespace postrider::auth;
using namespace postrider::auth::daemon;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_request(std::string_view text) {
    const auto read = read_request(text);
    const auto* const request = std::get_if<Request>(&read);
    const auto said = request != nullptr ? text_of(*request) : std::nullopt;
    if (!said) {
        return;
    }
    const auto again = read_request(said->text);
    const auto* const same = std::get_if<Request>(&again);
    require(same != nullptr && same->peer == request->peer && same->command.index() == request->command.index());
    require(text_of(*same) == said);
}

void check_account(std::string_view text) {
    const auto read = read_account(text);
    if (const auto* const block = std::get_if<AccountBlock>(&read)) {
        if (const auto said = text_of(*block)) {
            const auto again = read_account(said->text);
            require(std::holds_alternative<AccountBlock>(again) && std::get<AccountBlock>(again) == *block);
        }
    }
}

void check_list(std::string_view text) {
    std::string rest(text);
    std::string said;
    (void)read_list(rest, [&said](const postrider::auth::Account& account) { said += list_line(account); });
    std::string again = said;
    std::string same;
    (void)read_list(again, [&same](const postrider::auth::Account& account) { same += list_line(account); });
    require(same == said && again.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_request(text);
    check_account(text);
    check_list(text);
    (void)read_verdict(text);
    return 0;
}
