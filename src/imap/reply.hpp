// What a command answers: OK, NO or BAD, with a response code and a text. compat/imap.md section 20 has the texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::imap {

enum class Outcome : std::uint8_t { ok, no, bad };

struct Reply {
    Outcome outcome = Outcome::ok;
    std::string text;  ///< with its response code in brackets, if it has one

    Reply(Outcome o, std::string t) : outcome(o), text(std::move(t)) {}
};

inline Reply ok(std::string text) {
    return {Outcome::ok, std::move(text)};
}
inline Reply no(std::string text) {
    return {Outcome::no, std::move(text)};
}
/// The client broke the grammar: says what was wrong and where.
Reply bad(const SyntaxError& error);
inline Reply bad(std::string text) {
    return {Outcome::bad, std::move(text)};
}

/// The client's text and code for a refusal; its detail goes to the log.
Reply no(const Error& error);

/// A reply that needs no waiting.
Task<Reply> answer(Reply reply);

}  // namespace postrider::imap
