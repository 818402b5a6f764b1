#include "imap/arguments.hpp"

namespace postrider::imap {

Parsed<OneMailbox> parse_one_mailbox(wire::ArgReader in) {
    auto name = in.mailbox();
    if (!name) {
        return name.error();
    }
    if (!in.done()) {
        return in.error("one mailbox name expected");
    }
    return OneMailbox{std::move(*name)};
}

bool strip_separator(std::string& name) {
    if (name.size() > 1 && name.ends_with('.')) {
        name.pop_back();
        return true;
    }
    return false;
}

namespace {

bool has_number_beyond(const wire::SequenceSet& set, std::uint32_t most) {
    for (const wire::Range& range : set) {
        const bool star = range.first == 0 || range.last == 0;
        // "*" in an empty mailbox selects nothing: clients ask for 1:* without looking at EXISTS.
        if (!star && (range.first > most || range.last > most)) {
            return true;
        }
    }
    return false;
}

/// The first number from `from` on whose message's UID is at least `uid`; size + 1 for none.
std::uint32_t first_from(const store::View& view, Uid uid, std::uint32_t from) {
    std::uint32_t low = from;
    auto high = static_cast<std::uint32_t>(view.size() + 1);
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (view.at(SeqNum(middle)).uid < uid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

}  // namespace

std::optional<std::vector<SeqNum>> messages_named(const store::View& view, const wire::SequenceSet& set,
                                                  Numbers numbers) {
    const auto size = static_cast<std::uint32_t>(view.size());
    std::vector<SeqNum> named;
    if (numbers == Numbers::sequence) {
        if (has_number_beyond(set, size)) {
            return std::nullopt;
        }
        for (const wire::Range& range : wire::resolved(set, size)) {
            for (std::uint32_t seq = range.first; seq <= range.last && seq <= size; ++seq) {
                named.emplace_back(seq);
            }
        }
        return named;
    }
    std::uint32_t seq = 1;
    for (const wire::Range& range : wire::resolved(set, view.last_uid().value())) {
        seq = first_from(view, Uid(range.first), seq);
        for (; seq <= size && view.at(SeqNum(seq)).uid.value() <= range.last; ++seq) {
            named.emplace_back(seq);
        }
    }
    return named;
}

std::vector<Uid> uids_named(const store::View& view, const wire::SequenceSet& set) {
    std::vector<Uid> uids;
    const auto named = messages_named(view, set, Numbers::uid);
    for (const SeqNum seq : *named) {
        uids.push_back(view.at(seq).uid);
    }
    return uids;
}

}  // namespace postrider::imap
