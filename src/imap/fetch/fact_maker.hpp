// Finds out of a message's file what the index keeps of it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "store/index_facts.hpp"
#include "store/mailbox.hpp"

namespace postrider::imap {

/// A header field's value as SEARCH compares it: unfolded, decoded, in mime::search_form.
std::string comparable(std::string_view value);

/// Owns the texts that its facts are views into, until the next make. Pool only: reads the file.
class HeaderMaker {
public:
    Result<store::HeaderFacts> make(store::MessageReader& file);

private:
    class Firsts;
    void make_keys(std::string_view header, store::HeaderFacts& facts);
    void make_sort_keys(const Firsts& firsts, store::HeaderFacts& facts);

    mime::Envelope envelope_;
    std::string envelope_text_;
    std::array<std::string, store::indexed_field_names.size()> fields_;
    std::string base_subject_;
    std::string message_id_;
    std::string references_;
};

/// The same of the whole message.
class StructureMaker {
public:
    Result<store::StructureFacts> make(store::MessageReader& file);

private:
    std::string body_;
    std::string body_structure_;
};

}  // namespace postrider::imap
