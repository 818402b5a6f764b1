#include "imap/search/body_text.hpp"

#include <algorithm>
#include <string>

#include "core/limits.hpp"
#include "mime/decode.hpp"

namespace postrider::imap {

namespace {

constexpr std::size_t read_bytes = 64 * 1024;

class Feeder {
public:
    Feeder(store::MessageReader& reader, NeedleFinder& body, NeedleFinder& text)
        : reader_(reader), body_(body), text_(text) {}

    void part(const mime::Part& part) {
        if (done()) {
            return;
        }
        header(part.header);
        if (part.children.empty() && part.is_text()) {
            content(part);
        }
        std::ranges::for_each(part.children, [this](const mime::Part& child) { this->part(child); });
    }

private:
    bool done() const { return body_.all_found() && text_.all_found(); }

    void header(const mime::Extent& extent) {
        if (text_.all_found()) {
            return;
        }
        std::string room;
        const auto size = std::min<std::uint64_t>(extent.end - extent.begin, limits::header_bytes);
        const auto bytes = reader_.read(extent.begin, static_cast<std::size_t>(size), room);
        if (!bytes) {
            return;
        }
        mime::each_field(*bytes, [this](const mime::Field& field) {
            const std::string line = std::string(field.name) + ":" + mime::decode_words(mime::unfolded(field.value));
            text_.separate();
            text_.add(mime::search_form(line));
        });
        text_.separate();
    }

    void content(const mime::Part& part) {
        mime::TextDecoder decoder(part.encoding, part.content_type.parameter("charset").value_or(""));
        std::string room;
        std::string decoded;
        std::uint64_t offset = part.body.begin;
        while (offset < part.body.end && !done()) {
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(read_bytes, part.body.end - offset));
            const auto bytes = reader_.read(offset, most, room);
            if (!bytes || bytes->empty()) {
                break;
            }
            offset += bytes->size();
            decoder.feed(*bytes, decoded);
            give(decoded);
        }
        decoder.finish(decoded);
        give(decoded);
        body_.separate();
        text_.separate();
    }

    void give(std::string& decoded) {
        body_.add(decoded);
        text_.add(decoded);
        decoded.clear();
    }

    store::MessageReader& reader_;
    NeedleFinder& body_;
    NeedleFinder& text_;
};

}  // namespace

void each_searchable_text(store::MessageReader& reader, NeedleFinder& body, NeedleFinder& text) {
    const auto tree = reader.structure();
    if (tree) {
        Feeder(reader, body, text).part(**tree);
    }
}

}  // namespace postrider::imap
