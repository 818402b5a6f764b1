// An IMAP response as a client reads it: RFC 9051 section 7. Pure: bytes in, responses out, cut anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::bench {

/// One response line.
struct Response {
    std::string text;                   ///< without its line end; a literal stands as "{SIZE}", its bytes are elsewhere
    std::vector<std::string> literals;  ///< the bytes, in order; empty where literals are discarded
    std::uint64_t literal_bytes = 0;    ///< of all literals, kept or discarded

    bool is_untagged() const { return text.starts_with("* "); }
    bool is_continuation() const { return text.starts_with("+"); }
    /// What follows "* "; of others everything.
    std::string_view body() const;
    /// An untagged one that begins with this word, in any case: is("CAPABILITY").
    bool is(std::string_view word) const;
    /// "* 23 EXISTS": 23 for "EXISTS".
    std::optional<std::uint32_t> number(std::string_view word) const;
    /// Untagged OK, NO, BAD, BYE, PREAUTH, a continuation, or a tagged one: its end is free text.
    bool has_free_text() const;
};

enum class Literals : std::uint8_t { keep, discard };

/// Cuts a stream of bytes into responses.
class ResponseReader {
public:
    /// Discarded literals are counted only, so that memory stays flat. Holds from the next literal on.
    void set_literals(Literals literals) { literals_ = literals; }

    /// Reads on until a response is complete or the input ends; gives how many bytes were used.
    /// Throws ConnectionError at a line without end (max_line) or a literal's size that cannot be.
    std::size_t feed(std::string_view input);
    bool is_complete() const { return is_complete_; }
    /// The complete response; the next one begins.
    Response take();

    static constexpr std::size_t max_line = 64 << 20;  ///< SEARCH and THREAD of a million messages fit

private:
    std::size_t feed_literal(std::string_view input);
    std::size_t feed_line(std::string_view input);
    void end_line();

    Response response_;
    std::uint64_t literal_left_ = 0;
    bool is_complete_ = false;
    Literals literals_ = Literals::keep;
};

}  // namespace postrider::bench
