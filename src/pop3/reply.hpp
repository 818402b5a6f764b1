// What a command answers: +OK or -ERR and a text. compat/pop3.md has the texts; codes in brackets: RFC 2449 section 8,
// RFC 3206.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace postrider::pop3 {

enum class Outcome : std::uint8_t {
    ok,
    refused,  ///< -ERR: it cannot be done
    wrong,    ///< -ERR: the client is mistaken; limits::bad_commands of these in a row end the session
    given,    ///< all is said already
};

struct Reply {
    Outcome outcome = Outcome::ok;
    std::string text;  ///< with its response code; without the last CRLF

    Reply(Outcome o, std::string t) : outcome(o), text(std::move(t)) {}
};

inline Reply ok(std::string text) {
    return {Outcome::ok, std::move(text)};
}
inline Reply refused(std::string text) {
    return {Outcome::refused, std::move(text)};
}
inline Reply wrong(std::string text) {
    return {Outcome::wrong, std::move(text)};
}
inline Reply given() {
    return {Outcome::given, {}};
}

/// QUIT's answer when messages are still there, with as many numbers as a line of 512 octets holds (RFC 2449 section
/// 4). indexes: of the messages, from 0; not empty.
Reply not_removed(const std::vector<std::size_t>& indexes);

}  // namespace postrider::pop3
