// Looks for texts in text that comes in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::imap {

/// Finds which of some needles occur in a stream of text (both in mime::search_form). Memory: the longest needle.
class NeedleFinder {
public:
    /// needles: outlive this; an empty one is found at once.
    explicit NeedleFinder(const std::vector<const std::string*>& needles);

    void add(std::string_view text);
    /// Forgets what came before: the next piece does not continue it.
    void separate() { tail_.clear(); }
    bool found(std::size_t needle) const { return found_[needle]; }
    bool all_found() const { return missing_ == 0; }

private:
    void look(std::string_view text);

    std::vector<const std::string*> needles_;
    std::vector<bool> found_;
    std::size_t missing_ = 0;
    std::size_t longest_ = 0;
    std::string tail_;
};

}  // namespace postrider::imap
