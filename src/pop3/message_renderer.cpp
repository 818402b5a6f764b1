#include "pop3/message_renderer.hpp"

#include <utility>

namespace postrider::pop3 {

namespace {

constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

MessageRenderer::Piece MessageRenderer::next(std::size_t mark) {
    Piece piece;
    if (!file_) {
        auto opened = maildrop_.open(plan_.index);
        if (!opened) {
            piece.problem = opened.error();
            return piece;
        }
        file_ = std::move(*opened);
        piece.bytes = plan_.status;
        if (plan_.wrapper) {
            text_.add(plan_.wrapper->before, piece.bytes);
        }
    }
    while (piece.bytes.size() < mark && !piece.done) {
        if (text_.is_full() || offset_ >= file_->size()) {
            finish(piece);
        } else if (auto read = read_on(piece.bytes); !read) {
            piece.problem = read.error();
            return piece;
        }
    }
    return piece;
}

Result<void> MessageRenderer::read_on(std::string& out) {
    std::string room;
    const auto read = file_->read(offset_, read_bytes, room);
    if (!read) {
        return read.error();
    }
    if (read->empty()) {
        return Error(Code::unavailable, "a message file became shorter while it was read");
    }
    offset_ += read->size();
    text_.add(*read, out);
    return {};
}

void MessageRenderer::finish(Piece& piece) {
    text_.end_line(piece.bytes);
    if (plan_.wrapper) {
        text_.add(plan_.wrapper->behind, piece.bytes);
    }
    piece.bytes += ".\r\n";
    piece.done = true;
}

}  // namespace postrider::pop3
