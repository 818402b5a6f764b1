// Reads a search without recursion: what is open - the whole, parentheses, NOT, OR - stands on a stack of its own.
#include "imap/wire/search_keys.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::imap::wire {

namespace {

using store::Flag;

/// What stands behind a key's name.
enum class Argument : std::uint8_t { none, string, header, keyword, set, date, number };

struct NamedKey {
    std::string_view name;
    SearchKind kind = SearchKind::all;
    Argument argument = Argument::none;
    Flag flag = Flag::seen;
};

constexpr auto named_keys = std::to_array<NamedKey>({
    {"ALL", SearchKind::all},
    {"ANSWERED", SearchKind::flag, Argument::none, Flag::answered},
    {"BCC", SearchKind::bcc, Argument::string},
    {"BEFORE", SearchKind::before, Argument::date},
    {"BODY", SearchKind::body, Argument::string},
    {"CC", SearchKind::cc, Argument::string},
    {"DELETED", SearchKind::flag, Argument::none, Flag::deleted},
    {"DRAFT", SearchKind::flag, Argument::none, Flag::draft},
    {"FLAGGED", SearchKind::flag, Argument::none, Flag::flagged},
    {"FROM", SearchKind::from, Argument::string},
    {"HEADER", SearchKind::header, Argument::header},
    {"KEYWORD", SearchKind::keyword, Argument::keyword},
    {"LARGER", SearchKind::larger, Argument::number},
    {"NEW", SearchKind::fresh},
    {"NOT", SearchKind::op_not},
    {"OLD", SearchKind::not_recent},
    {"ON", SearchKind::on, Argument::date},
    {"OR", SearchKind::op_or},
    {"RECENT", SearchKind::recent},
    {"SEEN", SearchKind::flag, Argument::none, Flag::seen},
    {"SENTBEFORE", SearchKind::sent_before, Argument::date},
    {"SENTON", SearchKind::sent_on, Argument::date},
    {"SENTSINCE", SearchKind::sent_since, Argument::date},
    {"SINCE", SearchKind::since, Argument::date},
    {"SMALLER", SearchKind::smaller, Argument::number},
    {"SUBJECT", SearchKind::subject, Argument::string},
    {"TEXT", SearchKind::text, Argument::string},
    {"TO", SearchKind::to, Argument::string},
    {"UID", SearchKind::uid, Argument::set},
    {"UNANSWERED", SearchKind::not_flag, Argument::none, Flag::answered},
    {"UNDELETED", SearchKind::not_flag, Argument::none, Flag::deleted},
    {"UNDRAFT", SearchKind::not_flag, Argument::none, Flag::draft},
    {"UNFLAGGED", SearchKind::not_flag, Argument::none, Flag::flagged},
    {"UNKEYWORD", SearchKind::not_keyword, Argument::keyword},
    {"UNSEEN", SearchKind::not_flag, Argument::none, Flag::seen},
});

template <class T>
Parsed<bool> put(Parsed<T> value, T& place) {
    if (!value) {
        return value.error();
    }
    place = std::move(*value);
    return true;
}

Parsed<bool> read_header_argument(ArgReader& in, SearchKey& key) {
    if (const auto field = put(in.astring(), key.field); !field) {
        return field;
    }
    if (const auto gap = in.space(); !gap) {
        return gap;
    }
    return put(in.astring(), key.text);
}

/// What stands behind a key's name, with the blank between.
Parsed<bool> read_argument(ArgReader& in, const NamedKey& named, SearchKey& key) {
    if (named.argument != Argument::none && named.kind != SearchKind::sequence) {
        if (const auto gap = in.space(); !gap) {
            return gap;
        }
    }
    switch (named.argument) {
        case Argument::none:
            break;
        case Argument::string:
            return put(in.astring(), key.text);
        case Argument::header:
            return read_header_argument(in, key);
        case Argument::keyword:
            return put(in.atom(), key.text);
        case Argument::set:
            return put(in.sequence_set(), key.set);
        case Argument::date:
            return put(in.date(), key.date);
        case Argument::number:
            return put(in.number(), key.number);
    }
    return true;
}

/// Builds the program. op_and stands for the whole and for parentheses.
class SearchBuilder {
public:
    /// False: nested too deep.
    bool open(SearchKind op) {
        if (open_.size() > limits::search_nesting) {
            return false;
        }
        open_.push_back({op, 0});
        return true;
    }

    /// Whether a ")" fits here.
    bool can_close() const { return !is_whole() && open_.back().op == SearchKind::op_and; }
    bool is_whole() const { return open_.size() == 1; }

    void add(SearchKey key) {
        keys_.push_back(std::move(key));
        count_result();
    }

    /// The end of parentheses.
    void close() {
        close_and();
        count_result();
    }

    std::vector<SearchKey> finish() {
        close_and();
        return std::move(keys_);
    }

private:
    struct Open {
        SearchKind op = SearchKind::op_and;
        std::uint32_t results = 0;
    };

    void close_and() {
        if (open_.back().results > 1) {
            keys_.push_back({.kind = SearchKind::op_and, .number = open_.back().results});
        }
        open_.pop_back();
    }

    /// One more operand for what was opened last; NOT and OR end with their last one and are an operand themselves.
    void count_result() {
        const auto is_complete = [](const Open& open) {
            return (open.op == SearchKind::op_not && open.results == 1) ||
                   (open.op == SearchKind::op_or && open.results == 2);
        };
        ++open_.back().results;
        while (is_complete(open_.back())) {
            keys_.push_back({.kind = open_.back().op});
            open_.pop_back();
            ++open_.back().results;
        }
    }

    std::vector<Open> open_ = {Open{}};
    std::vector<SearchKey> keys_;
};

class SearchReader {
public:
    explicit SearchReader(ArgReader in) : in_(in) {}

    Parsed<SearchProgram> read() {
        SearchProgram program;
        if (const auto charset = read_charset(program); !charset) {
            return charset.error();
        }
        for (bool more = true; more;) {
            if (const auto key = read_key(); !key) {
                return key.error();
            }
            const auto next = read_behind();
            if (!next) {
                return next.error();
            }
            more = *next;
        }
        program.keys = builder_.finish();
        return program;
    }

private:
    Parsed<bool> read_charset(SearchProgram& program) {
        in_.optional_space();
        ArgReader at = in_;
        if (!iequals(at.take_run(is_atom_char), "CHARSET")) {
            return true;
        }
        in_ = at;
        if (const auto gap = in_.space(); !gap) {
            return gap;
        }
        if (const auto name = put(in_.astring(), program.charset.emplace()); !name) {
            return name;
        }
        return in_.space();
    }

    /// One key, with the "(", NOT and OR in front of it.
    Parsed<bool> read_key() {
        for (;;) {
            const ArgReader start = in_;
            if (in_.take('(')) {
                if (!builder_.open(SearchKind::op_and)) {
                    return start.error("search nested too deep");
                }
                in_.optional_space();
                continue;
            }
            if (++keys_ > limits::search_keys) {
                return start.error("too many search keys");
            }
            const NamedKey named = take_name();
            if (named.kind != SearchKind::op_not && named.kind != SearchKind::op_or) {
                return read_simple_key(named, start);
            }
            if (!builder_.open(named.kind)) {
                return start.error("search nested too deep");
            }
            if (const auto gap = in_.space(); !gap) {
                return gap;
            }
        }
    }

    /// The key whose name stands here; a set of sequence numbers is a key without name. name "": none.
    NamedKey take_name() {
        if (is_digit(in_.peek()) || in_.peek() == '*') {
            return {"set", SearchKind::sequence, Argument::set};
        }
        const auto word = in_.take_run(is_atom_char);
        const auto* const known =
            std::ranges::find_if(named_keys, [&](const NamedKey& row) { return iequals(row.name, word); });
        return known != named_keys.end() ? *known : NamedKey{};
    }

    /// start: where the name stands.
    Parsed<bool> read_simple_key(const NamedKey& named, const ArgReader& start) {
        if (named.name.empty()) {
            const auto word = ArgReader(start).take_run(is_atom_char);
            return start.error(word.empty() ? "search key expected" : "unknown search key " + shown(word));
        }
        SearchKey key{.kind = named.kind, .flag = named.flag};
        auto argument = read_argument(in_, named, key);
        if (argument) {
            builder_.add(std::move(key));
        }
        return argument;
    }

    /// Behind a key: what closes, and the blank before the next key. False: the search ends here.
    Parsed<bool> read_behind() {
        for (;;) {
            const bool gap = in_.space().has_value();
            if (in_.at_end()) {
                return builder_.is_whole() ? Parsed<bool>(false) : in_.error("a search key is missing here");
            }
            if (in_.peek() != ')') {
                return gap ? Parsed<bool>(true) : in_.error("blank expected behind a search key");
            }
            if (!builder_.can_close()) {
                return in_.error("no \")\" expected here");
            }
            in_.take(')');
            builder_.close();
        }
    }

    ArgReader in_;
    SearchBuilder builder_;
    std::size_t keys_ = 0;  ///< seen so far, NOT and OR among them
};

}  // namespace

Parsed<SearchProgram> parse_search(ArgReader& in) {
    auto program = SearchReader(in).read();
    if (program) {
        in.take_run([](char) { return true; });
    }
    return program;
}

}  // namespace postrider::imap::wire
