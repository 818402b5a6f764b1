// Text that nobody shall find in memory later.
#pragma once

#include <string>

#include "auth/password.hpp"

namespace postrider::auth {

/// Overwritten with zeros when it ends. Short texts lie in the object itself, so what it was
/// moved from is wiped too.
struct Secret {
    std::string text;

    Secret() = default;
    explicit Secret(std::string t) {
        text.swap(t);
        wipe(t);
    }
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept { text.swap(other.text); }
    Secret& operator=(Secret other) noexcept {
        text.swap(other.text);
        return *this;
    }
    ~Secret() { wipe(text); }

    friend bool operator==(const Secret&, const Secret&) = default;
};

}  // namespace postrider::auth
