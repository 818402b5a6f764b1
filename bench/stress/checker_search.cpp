// SEARCH: the result against the session's own view. A message that may be gone may be found or not.
#include <algorithm>
#include <sstream>

#include "core/text.hpp"
#include "stress/checker.hpp"

namespace postrider::bench::stress {

namespace {

/// Whether a message fits; none where it may be either.
using Fits = std::optional<bool>;

Fits fits_flag(const SearchKey& key, const Slot& slot, const Message& message, Stamp since, Stamp now) {
    const PossibleFlags possible = message.flags.possible({.time = {since, now}, .seen = slot.seen});
    return possible.set[key.flag] && possible.clear[key.flag] ? std::nullopt : Fits(possible.set[key.flag]);
}

Fits fits_size(const SearchKey& key, const std::string& content, Standard standard) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(content, '\n'));
    // Courier compares the size of the file, which has no CR.
    const std::size_t least = standard == Standard::foreign ? content.size() - lines : content.size();
    return (least > key.size) == (content.size() > key.size) ? Fits(least > key.size) : std::nullopt;
}

Fits fits_content(const SearchKey& key, const Message& message, std::uint64_t seed, Standard standard) {
    if (!message.content) {
        return std::nullopt;
    }
    if (key.kind == SearchKey::Kind::larger) {
        return fits_size(key, content_of(seed, *message.content), standard);
    }
    // HEADER finds parts of a value: number 12 in 123.
    const std::string sought = std::to_string(key.content.value());
    const bool is_it = key.kind == SearchKey::Kind::content
                           ? std::to_string(message.content->value()).starts_with(sought)
                           : *message.content == key.content;
    return is_it;
}

Fits fits(const Command& command, const Slot& slot, const Message& message, Stamp since, Stamp now, std::uint64_t seed,
          Standard standard) {
    Fits result;
    switch (command.key.kind) {
        case SearchKey::Kind::all:
            result = true;
            break;
        case SearchKey::Kind::flag:
            result = fits_flag(command.key, slot, message, since, now);
            break;
        case SearchKey::Kind::uids:
            result = std::ranges::binary_search(command.messages, message.uid);
            break;
        case SearchKey::Kind::content:
        case SearchKey::Kind::body:
        case SearchKey::Kind::larger:
            result = fits_content(command.key, message, seed, standard);
            break;
    }
    return result && command.key.negated ? Fits(!*result) : result;
}

/// The numbers of "* SEARCH 3 5". None: something else is there.
std::optional<std::vector<std::uint32_t>> numbers_of(const Response& response) {
    std::istringstream words(response.text.substr(8));
    std::vector<std::uint32_t> numbers;
    for (std::string word; words >> word;) {
        const auto number = parse_decimal<std::uint32_t>(word);
        if (!number) {
            return std::nullopt;
        }
        numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

}  // namespace

void Checker::received_search(const Response& response, Stamp now) {
    Pending* pending = oldest_of({Verb::search});
    const auto found = numbers_of(response);
    if (pending == nullptr || !found || std::ranges::adjacent_find(*found) != found->end()) {
        throw Contradiction(Rule::grammar, "a SEARCH that is not as asked for: " + response.text);
    }
    pending->has_answer = true;
    const Command& command = pending->command;
    std::size_t known = 0;  // of those found
    for (std::uint32_t number = 1; number <= view_->slots().size(); ++number) {
        const Slot& slot = view_->slots()[number - 1];
        const Message* message = slot.uid ? folder().find(*slot.uid) : nullptr;
        const std::uint32_t sought = command.by_uid ? slot.uid.value_or(Uid()).value() : number;
        const bool is_found = std::ranges::binary_search(*found, sought);
        known += is_found ? 1 : 0;
        if (message == nullptr || message->may_be_gone(now)) {
            continue;
        }
        const Fits expected = fits(command, slot, *message, view_->up_to_date().start, now, world_.seed(), standard_);
        if (expected && *expected != is_found) {
            throw Contradiction(Rule::search, "SEARCH " + std::string(is_found ? "gives" : "leaves out") + " number " +
                                                  std::to_string(number) + ", UID " +
                                                  std::to_string(slot.uid->value()) + ", which " +
                                                  (*expected ? "fits" : "does not fit"));
        }
    }
    // By UID a server may find what the session was not yet told of, or not yet the UID of.
    const bool may_be_others =
        command.by_uid && (view_->unknown() > 0 || found->empty() || Uid(found->back()) > view_->uids().back());
    if (found->size() > known && !may_be_others) {
        throw Contradiction(Rule::search, "SEARCH gives what the session does not have: " + response.text);
    }
}

}  // namespace postrider::bench::stress
