// Turns one message into the answer of RETR or TOP, piece by piece, so that no message is ever held whole. Runs on the
// pool; its progress lives in it between two pieces. compat/pop3.md section 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/result.hpp"
#include "pop3/wire/message_text.hpp"
#include "pop3/wire/unicode_wrapper.hpp"
#include "store/maildrop.hpp"

namespace postrider::pop3 {

/// What is given of which message.
struct MessagePlan {
    std::size_t index = 0;
    std::uint64_t body_lines = wire::all_lines;
    std::string status;                           ///< the answer's first line, with its end
    std::optional<wire::UnicodeWrapper> wrapper;  ///< around the message
};

class MessageRenderer {
public:
    /// maildrop: outlives this.
    MessageRenderer(const store::Maildrop& maildrop, MessagePlan plan)
        : maildrop_(maildrop), plan_(std::move(plan)), text_(plan_.body_lines) {}

    struct Piece {
        std::string bytes;
        std::optional<Error> problem;  ///< in the first piece: nothing is to be sent; later the stream cannot be saved
        bool done = false;
    };
    /// The next piece: at least `mark` bytes, or all that is left. The first one opens the file. Pool only.
    Piece next(std::size_t mark);

    /// Octets of text so far, for the log: MessageText::octets().
    std::uint64_t octets() const { return text_.octets(); }

private:
    Result<void> read_on(std::string& out);
    void finish(Piece& piece);

    const store::Maildrop& maildrop_;
    MessagePlan plan_;
    wire::MessageText text_;
    std::optional<store::MessageReader> file_;
    std::uint64_t offset_ = 0;
};

}  // namespace postrider::pop3
