// The parts of a message and where they lie in its file. RFC 2045, 2046; RFC 3501 section 7.4.2 (body structure).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/envelope.hpp"
#include "mime/header.hpp"

namespace postrider::mime {

/// A stretch of the message file. Mail on disk ends its lines with LF (CRLF is met as well); on the wire every line
/// ends with CRLF, so each LF without a CR before it counts one octet more there.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t bare_lf = 0;  ///< LFs in it that have no CR before them

    std::uint64_t wire_size() const { return end - begin + bare_lf; }
    friend bool operator==(const Extent&, const Extent&) = default;
};

enum class Encoding : std::uint8_t { seven_bit, eight_bit, binary, quoted_printable, base64, other };

/// One node of the tree: the message itself, a part of a multipart, or the message inside a message/rfc822 part.
/// Depth at most limits::mime_depth, nodes at most limits::mime_parts: what lies deeper is left as the body of the
/// part that holds it.
struct Part {
    Extent header;  ///< with the empty line that ends it
    Extent body;
    std::uint64_t body_lines = 0;    ///< LFs in the body
    std::uint64_t header_lines = 0;  ///< LFs in the header

    ContentType content_type;  ///< the default for its place where the header names none
    Encoding encoding = Encoding::seven_bit;
    std::string encoding_name;  ///< as written, lower case; empty without the field
    std::optional<std::string> id;
    std::optional<std::string> description;
    std::optional<std::string> md5;
    std::optional<Disposition> disposition;
    std::vector<std::string> languages;
    std::optional<std::string> location;

    /// Of the child of a message/rfc822 part; null for other parts, and for the root: who wants that has the header.
    std::unique_ptr<Envelope> envelope;

    /// multipart/*: its parts, at least one.  message/rfc822 (and message/global) in 7bit, 8bit or binary encoding:
    /// exactly the message inside.  Otherwise empty.
    std::vector<Part> children;

    bool is_multipart() const { return content_type.type == "multipart" && !children.empty(); }
    bool is_message() const { return content_type.type == "message" && !children.empty(); }
    bool is_text() const { return content_type.type == "text"; }

    /// Header and body together.
    Extent whole() const { return {header.begin, body.end, header.bare_lf + body.bare_lf}; }
};

/// Reads a message piece by piece and gives its tree. Linear in time; memory is that of the header texts being read
/// (limits::header_bytes for one) and of the tree. The result does not depend on where the pieces were cut.
///
/// A message without "MIME-Version:" is still read as MIME (RFC 2045 section 4 lets us; Courier does not).
class Scanner {
public:
    Scanner();
    ~Scanner();
    Scanner(const Scanner&) = delete;
    Scanner& operator=(const Scanner&) = delete;

    void feed(std::string_view bytes);
    /// The tree. Called once, after the last piece.
    Part finish();

private:
    class State;
    std::unique_ptr<State> state_;
};

/// The tree of a message held in memory.
Part parse_message(std::string_view message);

/// Where IMAP's part number leads: "1" of a non-multipart is its body; below message/rfc822 the numbers are those of
/// the message inside. RFC 3501 section 6.4.5. part: empty for the message itself. Null: no such part.
const Part* find_part(const Part& message, const std::vector<std::uint32_t>& part);

}  // namespace postrider::mime
