// The members of ArgReader that give more than text: mailbox names, sequence sets, flags, dates.
#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/wire/arg_reader.hpp"
#include "imap/wire/mailbox_name.hpp"

namespace postrider::imap::wire {

namespace {

struct NamedFlag {
    std::string_view name;
    store::Flag flag;
};

constexpr auto system_flags = std::to_array<NamedFlag>({{"Seen", store::Flag::seen},
                                                        {"Answered", store::Flag::answered},
                                                        {"Flagged", store::Flag::flagged},
                                                        {"Deleted", store::Flag::deleted},
                                                        {"Draft", store::Flag::draft}});

/// Reads flags one by one into a list without doubles. Keywords differ by more than ASCII case (Courier).
class FlagReader {
public:
    /// One flag at the cursor.
    Parsed<bool> read(ArgReader& in) {
        const ArgReader start = in;
        const bool is_system = in.take('\\');
        auto name = in.atom();
        if (!name) {
            return in.error("flag expected");
        }
        if (!is_system) {
            return add_keyword(start, std::move(*name));
        }
        const auto* const known =
            std::ranges::find_if(system_flags, [&](const NamedFlag& row) { return iequals(row.name, *name); });
        if (known == system_flags.end()) {
            return start.error("no flag of this server: " + shown('\\' + *name));
        }
        list.flags = list.flags | known->flag;
        return true;
    }

    FlagList list;

private:
    Parsed<bool> add_keyword(const ArgReader& start, std::string name) {
        if (name.size() > limits::keyword_bytes) {
            return start.error("keyword too long: " + shown(name));
        }
        if (known_.insert(lower(name)).second) {
            list.keywords.push_back(std::move(name));
        }
        return true;
    }

    std::unordered_set<std::string> known_;
};

bool is_set_char(char c) {
    return is_digit(c) || c == ':' || c == ',' || c == '*';
}

/// The error of a text inside the command, as an error of the command.
SyntaxError moved(SyntaxError error, std::size_t begin, std::size_t end) {
    return {std::min(begin + error.offset, end), std::move(error.reason)};
}

std::string with_inbox_in_capitals(std::string name) {
    constexpr std::string_view inbox = "INBOX";
    if (iequals(std::string_view(name).substr(0, name.find('.')), inbox)) {
        name.replace(0, inbox.size(), inbox);
    }
    return name;
}

}  // namespace

Parsed<std::string> ArgReader::mailbox() {
    ArgReader in = *this;
    auto name = in.astring();
    if (!name) {
        return error("mailbox name expected: " + name.error().reason);
    }
    if (!utf8()) {
        name = decode_mailbox_name(*name);
        if (!name) {
            return error(name.error().reason);
        }
    } else if (!is_utf8(*name) || name->find_first_of("\r\n") != std::string::npos) {
        return error("a mailbox name is one line of UTF-8");
    }
    *this = in;
    return with_inbox_in_capitals(std::move(*name));
}

Parsed<SequenceSet> ArgReader::sequence_set() {
    ArgReader in = *this;
    auto set = parse_sequence_set(in.take_run(is_set_char));
    if (!set) {
        return moved(set.error(), at_, in.at_);
    }
    *this = in;
    return set;
}

Parsed<FlagList> ArgReader::flag_list() {
    ArgReader in = *this;
    if (!in.take('(')) {
        return error("flags in parentheses expected");
    }
    FlagReader flags;
    in.optional_space();
    while (!in.take(')')) {
        if (const auto one = flags.read(in); !one) {
            return one.error();
        }
        if (in.peek() == ')') {
            continue;
        }
        if (const auto gap = in.space(); !gap) {
            return gap.error();
        }
    }
    *this = in;
    return std::move(flags.list);
}

Parsed<FlagList> ArgReader::flags_bare() {
    ArgReader in = *this;
    FlagReader flags;
    if (in.take_nil()) {
        *this = in;
        return FlagList{};
    }
    for (ArgReader next = in; !next.at_end(); next.optional_space()) {
        if (const auto one = flags.read(next); !one) {
            return one.error();
        }
        in = next;
        if (next.peek() != ' ') {
            break;
        }
    }
    if (in.at_ == at_) {
        return error("flag expected");
    }
    *this = in;
    return std::move(flags.list);
}

Parsed<DateTime> ArgReader::date_time() {
    ArgReader in = *this;
    const auto text = in.quoted();
    if (!text) {
        return error("date and time in quotes expected");
    }
    const auto time = parse_date_time(*text);
    if (!time) {
        return moved(time.error(), at_ + 1, in.at_);
    }
    *this = in;
    return *time;
}

Parsed<Date> ArgReader::date() {
    ArgReader in = *this;
    const std::size_t quote = peek() == '"' ? 1 : 0;
    const auto text = quote != 0 ? in.quoted() : in.atom();
    if (!text) {
        return error("date expected");
    }
    const auto date = parse_date(*text);
    if (!date) {
        return moved(date.error(), at_ + quote, in.at_);
    }
    *this = in;
    return *date;
}

}  // namespace postrider::imap::wire
