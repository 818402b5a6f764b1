#include "auth/scram_messages.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr bool is_letter(char c) {
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// Reads a message attribute by attribute. Attributes are separated by commas, which no value holds.
class AttributeReader {
public:
    explicit AttributeReader(std::string_view message) : message_(message) {}

    /// What stands before the next comma, or the rest. None: the message is at its end.
    std::optional<std::string_view> next() {
        if (at_end_) {
            return std::nullopt;
        }
        begin_ = end_;
        const auto comma = message_.find(',', begin_);
        at_end_ = comma == std::string_view::npos;
        end_ = at_end_ ? message_.size() : comma + 1;
        return message_.substr(begin_, (at_end_ ? end_ : comma) - begin_);
    }
    /// The value of the next attribute, which must have that name. None: it has not, or the value is empty.
    std::optional<std::string_view> next(char name) {
        const auto text = next();
        return text && text->size() > 2 && text->front() == name && (*text)[1] == '=' ? std::optional(text->substr(2))
                                                                                      : std::nullopt;
    }
    bool at_end() const { return at_end_; }
    /// Where what next() gave begins.
    std::size_t begin() const { return begin_; }
    /// Where what follows begins.
    std::size_t end() const { return end_; }
    SyntaxError error(std::string reason) const { return {begin_, std::move(reason)}; }

private:
    std::string_view message_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool at_end_ = false;
};

/// saslname: "," and "=" stand as "=2C" and "=3D". None: another "=".
std::optional<std::string> name_of(std::string_view text) {
    std::string name;
    while (!text.empty()) {
        const auto equals = text.find('=');
        name += text.substr(0, equals);
        if (equals == std::string_view::npos) {
            break;
        }
        const auto code = text.substr(equals, 3);
        if (code != "=2C" && code != "=3D") {
            return std::nullopt;
        }
        name += code == "=2C" ? ',' : '=';
        text.remove_prefix(equals + code.size());
    }
    return name;
}

bool is_nonce(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// attr-val, of whatever name.
bool is_extension(std::string_view text) {
    return text.size() > 2 && is_letter(text.front()) && text[1] == '=' && text.front() != 'm';
}

/// cb-name.
bool is_binding_type(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-'; });
}

bool is_text(std::string_view message) {
    return is_utf8(message) && message.find('\0') == std::string_view::npos;
}

}  // namespace

Parsed<ScramClientFirst> parse_scram_client_first(std::string_view message) {
    ScramClientFirst first;
    AttributeReader in(message);
    if (!is_text(message)) {
        return in.error("UTF-8 expected");
    }
    const auto flag = in.next().value_or("");
    if (flag.starts_with("p=") && flag.size() > 2 && is_binding_type(flag.substr(2))) {
        first.flag = BindingFlag::used;
        first.binding = flag.substr(2);
    } else if (flag == "n" || flag == "y") {
        first.flag = static_cast<BindingFlag>(flag.front());
    } else {
        return in.error("n, y or p= expected");
    }
    if (const auto authorization = in.next().value_or("-"); !authorization.empty()) {
        first.authorization = authorization.starts_with("a=") ? name_of(authorization.substr(2)) : std::nullopt;
        if (!first.authorization || first.authorization->empty()) {
            return in.error("an authorization identity or nothing expected");
        }
    }
    first.gs2_header = message.substr(0, in.end());
    first.bare = message.substr(in.end());
    const auto user = in.next('n');
    auto name = user ? name_of(*user) : std::nullopt;
    if (!name) {
        return in.error("a user name expected");
    }
    first.user = std::move(*name);
    const auto nonce = in.next('r');
    if (!nonce || !is_nonce(*nonce)) {
        return in.error("a nonce expected");
    }
    first.nonce = *nonce;
    while (!in.at_end()) {
        if (!is_extension(in.next().value_or(""))) {
            return in.error("an extension expected");
        }
    }
    return first;
}

Parsed<ScramClientFinal> parse_scram_client_final(std::string_view message) {
    ScramClientFinal final;
    AttributeReader in(message);
    if (!is_text(message)) {
        return in.error("UTF-8 expected");
    }
    const auto binding = in.next('c');
    auto bound = binding ? base64_decode(*binding) : std::nullopt;
    if (!bound) {
        return in.error("a channel binding in base64 expected");
    }
    final.binding = std::move(*bound);
    const auto nonce = in.next('r');
    if (!nonce) {
        return in.error("a nonce expected");
    }
    final.nonce = *nonce;
    for (auto part = in.next(); part; part = in.next()) {
        if (in.at_end()) {
            auto proof = part->starts_with("p=") && part->size() > 2 ? base64_decode(part->substr(2)) : std::nullopt;
            if (!proof) {
                break;
            }
            final.proof = std::move(*proof);
            final.bare = message.substr(0, in.begin() - 1);
            return final;
        }
        if (!is_extension(*part)) {
            return in.error("an extension expected");
        }
    }
    return in.error("a proof in base64 expected");
}

}  // namespace postrider::auth
