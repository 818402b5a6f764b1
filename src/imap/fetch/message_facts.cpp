#include "imap/fetch/message_facts.hpp"

namespace postrider::imap {

void MessageFacts::go_to(const store::Message& message) {
    message_ = &message;
    header_.reset();
    structure_.reset();
    file_.reset();
}

/// What came from the index ends with the look; what is asked again is found again.
void MessageFacts::end_piece() {
    header_.reset();
    structure_.reset();
    look_.reset();
}

Result<store::MessageReader*> MessageFacts::file() {
    if (!file_) {
        auto opened = mailbox_.open(*message_);
        if (!opened) {
            return opened.error();
        }
        file_ = std::move(*opened);
    }
    return &*file_;
}

Result<const store::HeaderFacts*> MessageFacts::header() {
    if (!header_) {
        header_ = look_->header(*message_);
    }
    if (!header_) {
        const auto opened = file();
        if (!opened) {
            return opened.error();
        }
        auto made = header_maker_.make(**opened);
        if (!made) {
            return made.error();
        }
        header_ = *made;
        if (look_->wants_facts()) {
            look_->keep(*message_, *header_);
        }
    }
    return &*header_;
}

Result<const store::StructureFacts*> MessageFacts::structure() {
    if (!structure_) {
        structure_ = look_->structure(*message_);
    }
    if (!structure_) {
        const auto opened = file();
        if (!opened) {
            return opened.error();
        }
        auto made = structure_maker_.make(**opened);
        if (!made) {
            return made.error();
        }
        structure_ = *made;
        if (look_->wants_facts()) {
            look_->keep(*message_, *structure_);
        }
    }
    return &*structure_;
}

Result<std::chrono::sys_seconds> MessageFacts::internal_date() {
    if (header_ || (header_ = look_->header(*message_)) || look_->wants_facts()) {
        const auto facts = header();
        return facts ? Result<std::chrono::sys_seconds>((*facts)->internal_date) : facts.error();
    }
    const auto opened = file();
    return opened ? Result<std::chrono::sys_seconds>((*opened)->internal_date()) : opened.error();
}

Result<std::uint64_t> MessageFacts::wire_size() {
    if (structure_ || (structure_ = look_->structure(*message_)) || look_->wants_facts()) {
        const auto facts = structure();
        return facts ? Result<std::uint64_t>((*facts)->wire_size) : facts.error();
    }
    const auto opened = file();
    if (!opened) {
        return opened.error();
    }
    const auto extent = (*opened)->extent(0, (*opened)->size());
    return extent ? Result<std::uint64_t>(extent->wire_size()) : extent.error();
}

}  // namespace postrider::imap
