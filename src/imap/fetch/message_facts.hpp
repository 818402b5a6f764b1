// What FETCH and SEARCH want to know of a message: out of the index, or out of its file and then into the index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "imap/fetch/fact_maker.hpp"
#include "store/mailbox.hpp"

namespace postrider::imap {

/// One message at a time. Pool only, one piece of work at a time: what it gives ends with the piece or the message.
/// Errors of each: the message's file cannot be read; what the index knows is known without it.
class MessageFacts {
public:
    /// mailbox: outlives this.
    explicit MessageFacts(const store::Mailbox& mailbox) : mailbox_(mailbox) {}

    /// While it lives, the index is looked into: for one piece of work.
    class Piece {
    public:
        explicit Piece(MessageFacts& facts) : facts_(facts) { facts_.look_.emplace(facts_.mailbox_.look()); }
        ~Piece() { facts_.end_piece(); }
        Piece(const Piece&) = delete;
        Piece& operator=(const Piece&) = delete;

    private:
        MessageFacts& facts_;
    };

    /// message: stays where it is until the next.
    void go_to(const store::Message& message);

    Result<const store::HeaderFacts*> header();
    Result<const store::StructureFacts*> structure();
    Result<std::chrono::sys_seconds> internal_date();
    /// RFC822.SIZE.
    Result<std::uint64_t> wire_size();
    /// Opened at the first call.
    Result<store::MessageReader*> file();
    /// Whether it is open: then the message can be told to its end, whatever happens to it meanwhile.
    bool has_file() const { return file_.has_value(); }

private:
    void end_piece();

    const store::Mailbox& mailbox_;
    std::optional<store::IndexLook> look_;
    const store::Message* message_ = nullptr;
    std::optional<store::HeaderFacts> header_;
    std::optional<store::StructureFacts> structure_;
    std::optional<store::MessageReader> file_;
    HeaderMaker header_maker_;
    StructureMaker structure_maker_;
};

}  // namespace postrider::imap
