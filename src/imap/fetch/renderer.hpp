// Turns messages into FETCH responses, piece by piece, so that neither a long answer nor a long message is ever held
// whole. Runs on the pool; its progress lives in it between two pieces. compat/imap.md section 9.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/fetch/message_facts.hpp"
#include "imap/fetch/section_text.hpp"
#include "imap/fetch/wire_text.hpp"
#include "imap/wire/fetch_items.hpp"
#include "imap/wire/printer.hpp"
#include "store/mailbox.hpp"

namespace postrider::imap {

/// What is fetched, of which messages.
struct FetchPlan {
    std::shared_ptr<const store::View> view;
    std::vector<SeqNum> messages;
    std::vector<wire::FetchItem> items;
    bool utf8 = false;
};

class FetchRenderer {
public:
    /// mailbox: outlives this.
    FetchRenderer(const store::Mailbox& mailbox, FetchPlan plan) : plan_(std::move(plan)), facts_(mailbox) {}

    struct Piece {
        std::string bytes;
        std::vector<SeqNum> finished;  ///< messages whose line ended in this piece
        std::optional<Error> problem;  ///< the latest message that could not be read, if there was one
        bool done = false;
        bool broken = false;  ///< a file shrank inside a literal: the stream cannot be saved
    };
    /// The next piece: at least `mark` bytes, what took about 20 ms, or all that is left. It ends behind a message, or
    /// in one whose file is open. Pool only.
    Piece next(std::size_t mark);
    /// Whether the last piece ended behind a message's line: elsewhere no other line may follow it.
    bool is_between_messages() const { return !in_message_; }

    std::uint64_t header_octets() const { return header_octets_; }
    std::uint64_t body_octets() const { return body_octets_; }

private:
    struct Literal {
        std::uint64_t offset;
        std::uint64_t end;
        WireText text;
    };

    const store::Message& message() const;
    void begin_message(Piece& piece);
    void end_message(Piece& piece);
    void skip_message(Piece& piece, const Error& error);
    void add_item(Piece& piece);
    Result<void> render(const wire::FetchItem& item, std::string& out);
    void render_flags(std::string& out) const;
    Result<void> render_envelope(std::string& out);
    Result<void> render_structure(wire::Extensions extensions, std::string& out);
    Result<void> render_section(const wire::FetchItem& item, std::string& out);
    void pump_literal(Piece& piece);

    FetchPlan plan_;
    MessageFacts facts_;
    std::size_t at_message_ = 0;
    std::size_t at_item_ = 0;
    bool in_message_ = false;
    std::size_t line_start_ = 0;  ///< of the present message's line in the piece; npos when part of it is sent already
    std::optional<Literal> literal_;
    std::uint64_t header_octets_ = 0;
    std::uint64_t body_octets_ = 0;
};

/// Whether the item sets \Seen. RFC 3501 section 6.4.5.
bool sets_seen(const wire::FetchItem& item);

/// East of UTC, in the server's zone at that moment.
std::chrono::minutes zone_at(std::chrono::sys_seconds time);

}  // namespace postrider::imap
