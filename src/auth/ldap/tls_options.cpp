#include "auth/ldap/tls_options.hpp"
#include "auth/ldap/library.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "core/text.hpp"

namespace postrider::auth {

namespace {

struct Word {
    std::string_view text;
    int value;
};

constexpr std::array request_words{
    Word{"never", LDAP_OPT_X_TLS_NEVER},   Word{"allow", LDAP_OPT_X_TLS_ALLOW}, Word{"try", LDAP_OPT_X_TLS_TRY},
    Word{"demand", LDAP_OPT_X_TLS_DEMAND}, Word{"hard", LDAP_OPT_X_TLS_HARD},
};

/// As the record layer counts: "3.1" is TLS 1.0.
constexpr std::array protocol_words{
    Word{"3.0", LDAP_OPT_X_TLS_PROTOCOL_SSL3},   Word{"3.1", LDAP_OPT_X_TLS_PROTOCOL_TLS1_0},
    Word{"3.2", LDAP_OPT_X_TLS_PROTOCOL_TLS1_1}, Word{"3.3", LDAP_OPT_X_TLS_PROTOCOL_TLS1_2},
    Word{"3.4", LDAP_OPT_X_TLS_PROTOCOL_TLS1_3},
};

template <std::size_t n>
std::optional<int> word_in(const std::array<Word, n>& words, std::string_view text) {
    const auto found = std::ranges::find_if(words, [text](const Word& word) { return iequals(word.text, text); });
    return found == words.end() ? std::nullopt : std::optional(found->value);
}

std::optional<int> request_word(std::string_view text) {
    return word_in(request_words, text);
}

std::optional<int> protocol_word(std::string_view text) {
    return word_in(protocol_words, text);
}

struct Option {
    std::string_view name;
    int number;
    std::optional<int> (*word)(std::string_view text) = nullptr;  ///< null: the value is text
};

constexpr std::array known{
    Option{"LDAPTLS_CACERT", LDAP_OPT_X_TLS_CACERTFILE},
    Option{"LDAPTLS_CACERTDIR", LDAP_OPT_X_TLS_CACERTDIR},
    Option{"LDAPTLS_CERT", LDAP_OPT_X_TLS_CERTFILE},
    Option{"LDAPTLS_KEY", LDAP_OPT_X_TLS_KEYFILE},
    Option{"LDAPTLS_CIPHER_SUITE", LDAP_OPT_X_TLS_CIPHER_SUITE},
    Option{"LDAPTLS_CRLFILE", LDAP_OPT_X_TLS_CRLFILE},
    Option{"LDAPTLS_PROTOCOL_MIN", LDAP_OPT_X_TLS_PROTOCOL_MIN, protocol_word},
    Option{"LDAPTLS_REQCERT", LDAP_OPT_X_TLS_REQUIRE_CERT, request_word},
};

const Option* option_of(std::string_view name) {
    const auto* found = std::ranges::find(known, name, &Option::name);
    return found == known.end() ? nullptr : found;
}

}  // namespace

void check_tls_options(const TlsOptions& options) {
    for (const auto& [name, value] : options) {
        const Option* option = option_of(name);
        if (option == nullptr) {
            throw std::runtime_error(name + " is not an option of LDAP's TLS that is known here");
        }
        if (option->word != nullptr && !option->word(value)) {
            throw std::runtime_error(name + ": \"" + log_safe(value, 80) + "\" is not a word that it takes");
        }
    }
}

int set_tls_options(LDAP* ldap, const TlsOptions& options) {
    for (const auto& [name, value] : options) {
        const Option& option = *option_of(name);
        const int word = option.word == nullptr ? 0 : *option.word(value);
        const void* given = option.word == nullptr ? static_cast<const void*>(value.c_str()) : &word;
        if (const int result = libldap().set_option(ldap, option.number, given); result != LDAP_OPT_SUCCESS) {
            return LDAP_LOCAL_ERROR;
        }
    }
    const int as_client = 0;
    if (!options.empty() && libldap().set_option(ldap, LDAP_OPT_X_TLS_NEWCTX, &as_client) != LDAP_OPT_SUCCESS) {
        return LDAP_CONNECT_ERROR;  // a file of them cannot be read, or is no certificate
    }
    return LDAP_SUCCESS;
}

}  // namespace postrider::auth
