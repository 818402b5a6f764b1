// Input for the benchmarks: made from numbers, the same bytes in every run and on every machine.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postrider::bench {

/// About `size` bytes of English words in lines of some 65 bytes, LF between them.
std::string prose(std::size_t size);

/// Words with umlauts in UTF-8; about one character in fourteen is not ASCII.
std::string prose_utf8(std::size_t size);

/// Lines of 76 digits of base64, of no text.
std::string base64_lines(std::size_t size);

/// The text in base64, in lines of 76 digits.
std::string in_base64(const std::string& text);

/// HTML as newsletters have it: tags, and lines that begin with blanks.
std::string html(std::size_t size);

/// Text in quoted-printable: a "=" now and then, soft line ends.
std::string quoted_printable(std::size_t size);

/// The text with CR LF where it has LF.
std::string with_cr(const std::string& text);

/// A header of 2.5 KB: trace fields, a signature, long lists of addresses, encoded words. Ends with its empty line.
std::string header();

/// A message of 13 KB: header(), plain text, HTML, an attachment.
std::string message();

/// The messages of tests/mime/data.
const std::vector<std::string>& real_messages();

}  // namespace postrider::bench
