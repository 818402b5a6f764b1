// Folds a stream of UTF-8 to the form in which search compares: NFKC_Casefold of Unicode, blank runs as one blank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::mime {

class SearchFolder {
public:
    /// The pieces are cut between characters. What later bytes may still combine with is held back.
    void feed(std::string_view utf8, std::string& out);
    void finish(std::string& out) { settle(out); }

private:
    std::size_t feed_ascii(std::string_view text, std::string& out);
    std::size_t feed_character(std::string_view text, std::string& out);
    void hold(std::int32_t point, std::uint16_t simple);
    void settle(std::string& out);

    std::int32_t held_ = -1;    ///< a simple character that is held; -1: none is
    std::uint16_t simple_ = 0;  ///< what it folds to
    std::string cluster_;       ///< else: a character and what combines with it
    bool blank_ = false;        ///< the last byte out was a blank
};

}  // namespace postrider::mime
