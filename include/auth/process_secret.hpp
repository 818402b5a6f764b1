// What this process alone knows, for values that nobody else may make or foresee.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace postrider::auth {

/// 32 random bytes in a page of their own, which core dumps leave out and which is not swapped where the process may
/// ask for that. Any thread. Throws std::runtime_error where there are no random numbers or no memory.
class ProcessSecret {
public:
    ProcessSecret();
    ~ProcessSecret();
    ProcessSecret(const ProcessSecret&) = delete;
    ProcessSecret& operator=(const ProcessSecret&) = delete;

    /// HMAC-SHA-256 (32 raw bytes) of the parts, which are kept apart by their sizes: {"ab", "c"} and {"a", "bc"}
    /// differ. purpose: so that a value made for one use is of no use elsewhere.
    std::string mac(std::string_view purpose, std::initializer_list<std::string_view> parts) const;

private:
    unsigned char* page_;
};

}  // namespace postrider::auth
