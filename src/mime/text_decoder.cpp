// A text part's body on its way to search: transfer encoding off, charset to UTF-8, folded. Piece by piece.
#include <algorithm>
#include <utility>

#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/search_form.hpp"
#include "mime/transfer.hpp"

namespace postrider::mime {

namespace {

/// Bounds what lies between the steps however large the pieces are.
constexpr std::size_t slice_bytes = 16 * 1024;

CharsetDecoder charset_decoder(std::string_view charset) {
    auto decoder = CharsetDecoder::of(charset);
    return decoder ? std::move(*decoder) : CharsetDecoder::windows_1252();
}

}  // namespace

class TextDecoder::State {
public:
    State(Encoding encoding, std::string_view charset) : encoding_(encoding), charset_(charset_decoder(charset)) {}

    void feed(std::string_view bytes, std::string& out) {
        while (!bytes.empty()) {
            const std::string_view slice = bytes.substr(0, slice_bytes);
            bytes.remove_prefix(slice.size());
            fold(transferred(slice), out);
        }
    }

    void finish(std::string& out) {
        transferred_.clear();
        base64_.finish(transferred_);
        quoted_printable_.finish(transferred_);
        fold(transferred_, out);
        text_.clear();
        charset_.finish(text_);
        folder_.feed(text_, out);
        folder_.finish(out);
    }

private:
    std::string_view transferred(std::string_view slice) {
        transferred_.clear();
        switch (encoding_) {
            case Encoding::seven_bit:
            case Encoding::eight_bit:
            case Encoding::binary:
            case Encoding::other:
                return slice;
            case Encoding::quoted_printable:
                quoted_printable_.feed(slice, transferred_);
                break;
            case Encoding::base64:
                base64_.feed(slice, transferred_);
                break;
        }
        return transferred_;
    }

    void fold(std::string_view bytes, std::string& out) {
        if (charset_.keeps_ascii() && ascii_prefix(bytes) == bytes.size()) {
            folder_.feed(bytes, out);
            return;
        }
        text_.clear();
        charset_.feed(bytes, text_);
        folder_.feed(text_, out);
    }

    Encoding encoding_;
    Base64Stream base64_;
    QuotedPrintableStream quoted_printable_;
    CharsetDecoder charset_;
    SearchFolder folder_;
    std::string transferred_;
    std::string text_;
};

TextDecoder::TextDecoder(Encoding encoding, std::string_view charset)
    : state_(std::make_unique<State>(encoding, charset)) {}

TextDecoder::~TextDecoder() = default;

void TextDecoder::feed(std::string_view bytes, std::string& out) {
    state_->feed(bytes, out);
}

void TextDecoder::finish(std::string& out) {
    state_->finish(out);
}

}  // namespace postrider::mime
