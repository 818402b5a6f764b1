#include "imap/search/needle.hpp"

#include <algorithm>
#include <cstring>

namespace postrider::imap {

NeedleFinder::NeedleFinder(const std::vector<const std::string*>& needles)
    : needles_(needles), found_(needles.size()), missing_(needles.size()) {
    for (const std::string* needle : needles_) {
        longest_ = std::max(longest_, needle->size());
    }
    look("");
}

void NeedleFinder::look(std::string_view text) {
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        const std::string& needle = *needles_[i];
        // memmem stays fast where the needle's first letter is frequent; find() goes from one of these to the next.
        if (!found_[i] && ::memmem(text.data(), text.size(), needle.data(), needle.size()) != nullptr) {
            found_[i] = true;
            --missing_;
        }
    }
}

void NeedleFinder::add(std::string_view text) {
    if (missing_ == 0 || text.empty()) {
        return;
    }
    if (!tail_.empty()) {
        // What could begin in the piece before and end in this one.
        look(tail_ + std::string(text.substr(0, longest_)));
    }
    look(text);
    const std::size_t keep = longest_ > 0 ? longest_ - 1 : 0;
    if (text.size() >= keep) {
        tail_ = text.substr(text.size() - keep);
    } else {
        tail_ += text;
        tail_.erase(0, tail_.size() > keep ? tail_.size() - keep : 0);
    }
}

}  // namespace postrider::imap
