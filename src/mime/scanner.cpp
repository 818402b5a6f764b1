// Reads a message once, line by line, and builds its tree. RFC 2046 section 5.1.
//
// The parts that are open form a stack; the lowest is the message itself, the topmost takes the lines. A line that is
// the delimiter of an open multipart, the innermost counting first, closes all that lies above that multipart; so it
// does not matter whether inner close delimiters are missing. The line end before a delimiter belongs to the delimiter.
// Only lines that begin with "-" are looked at, and kept when a piece ends within them.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "mime/part_header.hpp"
#include "mime/structure.hpp"

namespace postrider::mime {

namespace {

/// A place in the message and what was counted up to there.
struct Mark {
    std::uint64_t offset = 0;
    std::uint64_t lines = 0;
    std::uint64_t bare_lf = 0;
};

const Mark& later(const Mark& a, const Mark& b) {
    return a.offset < b.offset ? b : a;
}

Extent between(const Mark& begin, const Mark& end) {
    return {begin.offset, end.offset, end.bare_lf - begin.bare_lf};
}

/// The text of a line that may be a delimiter, as much of it as the longest boundary needs.
class DelimiterLine {
public:
    void start() {
        text_.clear();
        overlong_ = false;
    }

    void add(std::string_view piece, std::size_t most) {
        const std::size_t room = std::min(piece.size(), most - std::min(most, text_.size()));
        text_ += piece.substr(0, room);
        overlong_ = overlong_ || !trimmed(piece.substr(room)).empty();
    }

    /// What stands behind "--", without white space at the end. None when the line is no delimiter.
    std::optional<std::string_view> boundary() const {
        std::string_view text = text_;
        if (overlong_ || !text.starts_with("--")) {
            return std::nullopt;
        }
        text.remove_prefix(2);
        return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    }

private:
    std::string text_;
    bool overlong_ = false;
};

/// A part that may still grow.
struct OpenPart {
    Part part;
    Mark begin;
    Mark body;
    Mark children_end;     ///< of the last child that was closed
    std::string boundary;  ///< of a multipart that may get another child; else empty
    Place place = Place::ordinary;
    bool is_inside = false;  ///< the message inside a message/rfc822 part
    bool in_header = true;
};

}  // namespace

class Scanner::State {
public:
    State() { open({}, Place::ordinary, false); }

    void feed(std::string_view bytes) {
        const char* at = bytes.data();
        const char* const end = at + bytes.size();
        while (at != end) {
            if (here_.offset == line_.offset) {
                maybe_delimiter_ = *at == '-' && boundaries_ > 0;
                delimiter_.start();
            }
            const auto left = static_cast<std::size_t>(end - at);
            const char* lf = static_cast<const char*>(std::memchr(at, '\n', left));
            const std::string_view piece(at, lf == nullptr ? left : static_cast<std::size_t>(lf + 1 - at));
            take(piece, lf != nullptr);
            at += piece.size();
        }
    }

    Part finish() {
        if (here_.offset != line_.offset && maybe_delimiter_) {
            delimit();
        }
        while (stack_.size() > 1) {
            close(here_);
        }
        return std::move(finish_part(here_).part);
    }

private:
    OpenPart& top() { return stack_.back(); }

    /// A line, or the part of it that this piece has.
    void take(std::string_view piece, bool ends_line) {
        if (top().in_header) {
            header_.append(piece, 0, limits::header_bytes - std::min(limits::header_bytes, header_.size()));
        }
        if (maybe_delimiter_) {
            delimiter_.add(piece, longest_boundary_ + 4);
        }
        here_.offset += piece.size();
        if (!ends_line) {
            last_ = piece.back();
            return;
        }
        const bool has_cr = (piece.size() > 1 ? piece[piece.size() - 2] : last_) == '\r';
        ++here_.lines;
        here_.bare_lf += has_cr ? 0 : 1;
        last_ = '\n';
        end_line(has_cr ? 2 : 1);
    }

    void end_line(std::uint64_t line_end) {
        if (!(maybe_delimiter_ && delimit()) && top().in_header && here_.offset - line_.offset == line_end) {
            end_header();
        }
        line_ = here_;
        line_end_ = line_end;
        header_line_ = header_.size();
    }

    /// Whether the line that ends here was the delimiter of an open multipart.
    bool delimit() {
        const auto text = delimiter_.boundary();
        if (!text) {
            return false;
        }
        for (std::size_t i = stack_.size(); i-- > 0;) {
            const std::string& boundary = stack_[i].boundary;
            if (boundary.empty() || !text->starts_with(boundary)) {
                continue;
            }
            const std::string_view rest = text->substr(boundary.size());
            if (rest.empty() || rest == "--") {
                next_part(i, rest.empty());
                return true;
            }
        }
        return false;
    }

    /// Closes what the multipart has open, and opens its next child if there is to be one and room for it.
    void next_part(std::size_t multipart, bool another) {
        if (top().in_header) {
            header_.resize(header_line_);
        }
        while (stack_.size() > multipart + 1) {
            close(before_line());
        }
        if (another && parts_ < limits::mime_parts) {
            const bool in_digest = top().part.content_type.subtype == "digest";
            open(here_, in_digest ? Place::digest : Place::ordinary, false);
        } else {
            top().boundary.clear();
            --boundaries_;
        }
    }

    /// Where the line before this one ends, its line end not counted.
    Mark before_line() const {
        if (line_end_ == 0) {
            return line_;
        }
        return {line_.offset - line_end_, line_.lines - 1, line_.bare_lf - (line_end_ == 1 ? 1 : 0)};
    }

    void open(const Mark& begin, Place place, bool is_inside) {
        OpenPart part;
        part.begin = begin;
        part.place = place;
        part.is_inside = is_inside;
        stack_.push_back(std::move(part));
        ++parts_;
        header_.clear();
        header_line_ = 0;
    }

    void read_header(const Mark& end) {
        OpenPart& open_part = top();
        Part& part = open_part.part;
        open_part.in_header = false;
        open_part.body = end;
        part.header = between(open_part.begin, end);
        part.header_lines = end.lines - open_part.begin.lines;
        read_part_header(header_, open_part.place, part);
        if (open_part.is_inside) {
            part.envelope = std::make_unique<Envelope>(envelope_of(header_));
        }
    }

    /// At the empty line behind a header.
    void end_header() {
        read_header(here_);
        if (stack_.size() >= limits::mime_depth || parts_ >= limits::mime_parts) {
            return;
        }
        OpenPart& open_part = top();
        if (open_part.part.content_type.type == "multipart") {
            const std::string boundary = open_part.part.content_type.parameter("boundary").value_or("");
            open_part.boundary = boundary.substr(0, boundary.find_last_not_of(" \t\r\n") + 1);
            boundaries_ += open_part.boundary.empty() ? 0 : 1;
            longest_boundary_ = std::max(longest_boundary_, open_part.boundary.size());
        } else if (holds_message(open_part.part)) {
            open(here_, Place::ordinary, true);
        }
    }

    /// The topmost part with all its extents; it stays on the stack, empty.
    OpenPart finish_part(Mark end) {
        end = later(later(top().begin, end), later(top().body, top().children_end));
        if (top().in_header) {
            read_header(end);
        }
        OpenPart done = std::move(top());
        done.part.body = between(done.body, end);
        done.part.body_lines = end.lines - done.body.lines;
        done.children_end = end;
        return done;
    }

    void close(const Mark& end) {
        OpenPart done = finish_part(end);
        boundaries_ -= done.boundary.empty() ? 0 : 1;
        stack_.pop_back();
        top().children_end = done.children_end;
        top().part.children.push_back(std::move(done.part));
    }

    std::vector<OpenPart> stack_;
    std::size_t parts_ = 0;
    std::size_t boundaries_ = 0;  ///< parts on the stack that have one
    std::size_t longest_boundary_ = 0;

    Mark here_;                   ///< all that was fed
    Mark line_;                   ///< the beginning of this line
    std::uint64_t line_end_ = 0;  ///< length of the line end before it: 0 (none), 1, 2
    char last_ = 0;               ///< the last byte fed
    bool maybe_delimiter_ = false;
    DelimiterLine delimiter_;

    std::string header_;           ///< the topmost part's, if it is in its header; at most limits::header_bytes
    std::size_t header_line_ = 0;  ///< where this line begins in it
};

Scanner::Scanner() : state_(std::make_unique<State>()) {}

Scanner::~Scanner() = default;

void Scanner::feed(std::string_view bytes) {
    state_->feed(bytes);
}

Part Scanner::finish() {
    return state_->finish();
}

Part parse_message(std::string_view message) {
    Scanner scanner;
    scanner.feed(message);
    return scanner.finish();
}

}  // namespace postrider::mime
