// Matches without going back: all beginnings of the name that fit are followed at once. RFC 3501 section 6.3.8.
#include "imap/wire/list_pattern.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"

namespace postrider::imap::wire {

namespace {

constexpr std::string_view inbox = "INBOX";

bool is_wildcard(char c) {
    return c == '*' || c == '%';
}

bool begins_with_inbox(std::string_view name) {
    return iequals(name.substr(0, name.find('.')), inbox);
}

/// Which beginnings of a name fit the pattern as far as it was read: element i stands for the first i bytes.
class Prefixes {
public:
    explicit Prefixes(std::string_view name)
        : name_(name), any_case_(begins_with_inbox(name) ? inbox.size() : 0), fits_(name.size() + 1, false) {
        fits_[0] = true;
    }

    void add_wildcard(bool crosses_levels) {
        for (std::size_t i = 0; i < name_.size(); ++i) {
            if (fits_[i] && (crosses_levels || name_[i] != '.')) {
                fits_[i + 1] = true;
            }
        }
    }

    /// False: no beginning fits any more.
    bool add_char(char c) {
        bool any = false;
        for (std::size_t i = name_.size(); i > 0; --i) {
            fits_[i] = fits_[i - 1] && same(i - 1, c);
            any = any || fits_[i];
        }
        fits_[0] = false;
        return any;
    }

    bool whole_fits() const { return fits_[name_.size()]; }

private:
    bool same(std::size_t at, char c) const {
        return name_[at] == c || (at < any_case_ && to_lower(name_[at]) == to_lower(c));
    }

    std::string_view name_;
    std::size_t any_case_;
    std::vector<bool> fits_;
};

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view name) {
    Prefixes prefixes(name);
    for (std::size_t at = 0; at < pattern.size();) {
        const auto run_end = std::min(pattern.find_first_not_of("*%", at), pattern.size());
        if (run_end > at) {
            prefixes.add_wildcard(pattern.substr(at, run_end - at).find('*') != std::string_view::npos);
            at = run_end;
        } else if (!prefixes.add_char(pattern[at++])) {
            return false;
        }
    }
    return prefixes.whole_fits();
}

std::size_t wildcards(std::string_view pattern) {
    std::size_t runs = 0;
    bool before = false;
    for (const char c : pattern) {
        runs += is_wildcard(c) && !before ? 1 : 0;
        before = is_wildcard(c);
    }
    return runs;
}

std::string join_reference(std::string_view reference, std::string_view pattern) {
    if (reference.ends_with('.')) {
        reference.remove_suffix(1);
    }
    if (pattern.ends_with('.')) {
        pattern.remove_suffix(1);
    }
    std::string out(reference);
    if (!reference.empty() && !pattern.empty()) {
        out += '.';
    }
    return out += pattern;
}

}  // namespace postrider::imap::wire
