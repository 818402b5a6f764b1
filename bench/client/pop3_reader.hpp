// Cuts a stream of bytes into POP3 answers. RFC 1939 section 3. Pure: bytes cut anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace postrider::bench {

/// The first line of an answer.
struct Pop3Reply {
    bool ok = false;   ///< +OK
    std::string text;  ///< the whole line, for a report
};

/// Takes the lines of a longer answer, without line ends and stuffed dots, as they come.
using OnLine = std::function<void(std::string_view line)>;

class Pop3Reader {
public:
    enum class Answer : std::uint8_t { one_line, lines };

    /// The next answer begins.  answer: what +OK is followed by.
    void begin(Answer answer);
    /// Reads on until the answer is complete or the input ends; gives how many bytes were used. on_line: may be empty.
    /// Throws ConnectionError at what is no answer, and at a line of more than max_line bytes.
    std::size_t feed(std::string_view input, const OnLine& on_line);
    bool is_complete() const { return is_complete_; }
    const Pop3Reply& reply() const { return reply_; }

    static constexpr std::size_t max_line = 64 << 20;

private:
    void take(std::string_view line, const OnLine& on_line);

    Answer answer_ = Answer::one_line;
    Pop3Reply reply_;
    std::string partial_;  ///< a line whose end has not come
    bool in_lines_ = false;
    bool is_complete_ = false;
};

}  // namespace postrider::bench
