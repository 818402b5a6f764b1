#include "imap/fetch/renderer.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include "imap/wire/date.hpp"
#include "imap/wire/printer.hpp"

namespace postrider::imap {

namespace {

using wire::FetchKind;

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::chrono::milliseconds stretch{20};

}  // namespace

bool sets_seen(const wire::FetchItem& item) {
    return (item.kind == FetchKind::section && !item.peek) || item.kind == FetchKind::rfc822 ||
           item.kind == FetchKind::rfc822_text;
}

std::chrono::minutes zone_at(std::chrono::sys_seconds time) {
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm local{};
    return ::localtime_r(&seconds, &local) != nullptr ? std::chrono::minutes(local.tm_gmtoff / 60)
                                                      : std::chrono::minutes(0);
}

const store::Message& FetchRenderer::message() const {
    return plan_.view->at(plan_.messages[at_message_]);
}

FetchRenderer::Piece FetchRenderer::next(std::size_t mark) {
    Piece piece;
    const MessageFacts::Piece look(facts_);
    line_start_ = in_message_ ? std::string::npos : 0;
    const auto until = std::chrono::steady_clock::now() + stretch;
    const auto goes_on = [&] {
        if (in_message_ && !facts_.has_file()) {
            return true;  // at the next piece it might be gone, and what was sent of its line cannot be taken back
        }
        return piece.bytes.size() < mark && (in_message_ || std::chrono::steady_clock::now() < until);
    };
    while (goes_on() && !piece.broken && at_message_ < plan_.messages.size()) {
        if (literal_) {
            pump_literal(piece);
        } else if (!in_message_) {
            begin_message(piece);
        } else if (at_item_ < plan_.items.size()) {
            add_item(piece);
        } else {
            end_message(piece);
        }
    }
    piece.done = at_message_ == plan_.messages.size();
    return piece;
}

void FetchRenderer::begin_message(Piece& piece) {
    line_start_ = piece.bytes.size();
    in_message_ = true;
    at_item_ = 0;
    facts_.go_to(message());
    piece.bytes += "* " + std::to_string(plan_.messages[at_message_].value()) + " FETCH (";
}

void FetchRenderer::end_message(Piece& piece) {
    piece.bytes += ")\r\n";
    piece.finished.push_back(plan_.messages[at_message_]);
    in_message_ = false;
    ++at_message_;
}

// A message that cannot be read takes its whole line back; what was sent of it already cannot be.
void FetchRenderer::skip_message(Piece& piece, const Error& error) {
    piece.problem = error;
    if (line_start_ == std::string::npos) {
        piece.broken = true;
        return;
    }
    piece.bytes.resize(line_start_);
    in_message_ = false;
    ++at_message_;
}

void FetchRenderer::add_item(Piece& piece) {
    if (at_item_ > 0) {
        piece.bytes += ' ';
    }
    if (auto rendered = render(plan_.items[at_item_], piece.bytes); !rendered) {
        skip_message(piece, rendered.error());
        return;
    }
    ++at_item_;
}

Result<void> FetchRenderer::render(const wire::FetchItem& item, std::string& out) {
    switch (item.kind) {
        case FetchKind::flags:
            render_flags(out);
            return {};
        case FetchKind::uid:
            out += "UID " + std::to_string(message().uid.value());
            return {};
        case FetchKind::internal_date: {
            const auto date = facts_.internal_date();
            if (!date) {
                return date.error();
            }
            out += "INTERNALDATE \"" + wire::print_date_time(*date, zone_at(*date)) + "\"";
            return {};
        }
        case FetchKind::rfc822_size: {
            const auto size = facts_.wire_size();
            if (!size) {
                return size.error();
            }
            out += "RFC822.SIZE " + std::to_string(*size);
            return {};
        }
        case FetchKind::envelope:
            return render_envelope(out);
        case FetchKind::body:
            return render_structure(wire::Extensions::leave_out, out);
        case FetchKind::body_structure:
            return render_structure(wire::Extensions::include, out);
        case FetchKind::section:
        case FetchKind::rfc822:
        case FetchKind::rfc822_header:
        case FetchKind::rfc822_text:
            return render_section(item, out);
    }
    return {};
}

void FetchRenderer::render_flags(std::string& out) const {
    const auto& table = plan_.view->snapshot().keyword_table();
    std::vector<std::string_view> keywords;
    for (const store::KeywordId id : message().keywords) {
        keywords.emplace_back(table[id]);
    }
    out += "FLAGS (";
    wire::print_flags(out, message().flags, plan_.view->is_recent(message().uid), keywords);
    out += ')';
}

// Under UTF8=ACCEPT a few messages have another form; the index does not keep it.
Result<void> FetchRenderer::render_envelope(std::string& out) {
    const auto facts = facts_.header();
    if (!facts) {
        return facts.error();
    }
    out += "ENVELOPE ";
    if (!plan_.utf8 || !(*facts)->utf8_differs) {
        out += (*facts)->envelope;
        return {};
    }
    const auto file = facts_.file();
    const auto header = file ? (*file)->header() : file.error();
    if (!header) {
        return header.error();
    }
    wire::print_envelope(out, mime::envelope_of(*header), plan_.utf8);
    return {};
}

Result<void> FetchRenderer::render_structure(wire::Extensions extensions, std::string& out) {
    const auto facts = facts_.structure();
    if (!facts) {
        return facts.error();
    }
    const bool plain = extensions == wire::Extensions::leave_out;
    out += plain ? "BODY " : "BODYSTRUCTURE ";
    if (!plan_.utf8 || !(*facts)->utf8_differs) {
        out += plain ? (*facts)->body : (*facts)->body_structure;
        return {};
    }
    const auto file = facts_.file();
    const auto tree = file ? (*file)->structure() : file.error();
    if (!tree) {
        return tree.error();
    }
    wire::print_body_structure(out, **tree, extensions, plan_.utf8);
    return {};
}

Result<void> FetchRenderer::render_section(const wire::FetchItem& item, std::string& out) {
    const auto file = facts_.file();
    if (!file) {
        return file.error();
    }
    auto data = section_of(**file, item);
    if (!data) {
        return data.error();
    }
    const auto* extent = std::get_if<mime::Extent>(&*data);
    const std::uint64_t whole = extent != nullptr ? extent->wire_size() : std::get<std::string>(*data).size();
    std::uint64_t skip = 0;
    std::uint64_t size = whole;
    if (item.partial) {
        skip = std::min<std::uint64_t>(item.partial->first, whole);
        size = std::min<std::uint64_t>(item.partial->count.value_or(std::numeric_limits<std::uint32_t>::max()),
                                       whole - skip);
    }
    out += wire::print_item_name(item) + " {" + std::to_string(size) + "}\r\n";
    const bool is_header =
        item.kind == FetchKind::rfc822_header || item.section.text == wire::SectionText::header || extent == nullptr;
    (is_header ? header_octets_ : body_octets_) += size;
    if (extent == nullptr) {
        out += std::string_view(std::get<std::string>(*data)).substr(skip, size);
    } else if (size > 0) {
        literal_ = Literal{extent->begin, extent->end, WireText(skip, size)};
    }
    return {};
}

void FetchRenderer::pump_literal(Piece& piece) {
    std::string room;
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(read_bytes, literal_->end - literal_->offset));
    const auto file = facts_.file();
    const auto read = file ? (*file)->read(literal_->offset, most, room) : file.error();
    if (!read || read->empty()) {
        literal_.reset();
        skip_message(piece,
                     read ? Error(Code::unavailable, "a message file became shorter while it was read") : read.error());
        return;
    }
    literal_->offset += read->size();
    literal_->text.add(*read, piece.bytes);
    if (literal_->text.left() == 0) {
        literal_.reset();
    }
}

}  // namespace postrider::imap
