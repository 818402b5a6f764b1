#include "imap/search/evaluator.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/fetch/renderer.hpp"
#include "imap/search/body_text.hpp"
#include "imap/search/needle.hpp"
#include "mime/decode.hpp"

namespace postrider::imap {

namespace {

using wire::SearchKey;
using wire::SearchKind;

constexpr std::uint32_t between_looks_at_clock = 8;

bool has_text(SearchKind kind) {
    switch (kind) {
        case SearchKind::header:
        case SearchKind::from:
        case SearchKind::to:
        case SearchKind::cc:
        case SearchKind::bcc:
        case SearchKind::subject:
        case SearchKind::body:
        case SearchKind::text:
            return true;
        default:
            return false;
    }
}

/// Which of the indexed fields the key asks for; none: another field.
std::optional<std::size_t> indexed_field(const SearchKey& key) {
    const auto index = [](store::IndexedField field) { return static_cast<std::size_t>(field); };
    switch (key.kind) {
        case SearchKind::from:
            return index(store::IndexedField::from);
        case SearchKind::to:
            return index(store::IndexedField::to);
        case SearchKind::cc:
            return index(store::IndexedField::cc);
        case SearchKind::bcc:
            return index(store::IndexedField::bcc);
        case SearchKind::subject:
            return index(store::IndexedField::subject);
        default:
            break;
    }
    const auto& names = store::indexed_field_names;
    const auto found = std::ranges::find_if(names, [&](auto name) { return iequals(name, key.field); });
    return found != names.end() ? std::optional(static_cast<std::size_t>(found - names.begin())) : std::nullopt;
}

/// Whether some field of the name holds the text; with an empty text, whether there is one.
bool field_holds(std::string_view header, std::string_view name, const std::string& text) {
    bool found = false;
    mime::each_field(header, [&](const mime::Field& field) {
        found = found || (iequals(field.name, name) &&
                          (text.empty() || comparable(field.value).find(text) != std::string::npos));
    });
    return found;
}

std::chrono::sys_days day_of(std::chrono::sys_seconds time, std::chrono::minutes zone) {
    return std::chrono::floor<std::chrono::days>(time + zone);
}

}  // namespace

Result<SearchPlan> SearchPlan::make(wire::SearchProgram program, const store::View& view) {
    const std::string charset = program.charset.value_or("UTF-8");
    if (!mime::is_known_charset(charset)) {
        return Error(Code::unknown_charset, charset);
    }
    SearchPlan plan;
    plan.keys_ = std::move(program.keys);
    const auto text_keys = std::ranges::count_if(plan.keys_, [](const SearchKey& key) { return has_text(key.kind); });
    if (static_cast<std::size_t>(text_keys) > limits::search_texts) {
        return Error(Code::limit, "more texts in one search than " + std::to_string(limits::search_texts));
    }
    for (SearchKey& key : plan.keys_) {
        if (has_text(key.kind)) {
            const auto utf8 = mime::to_utf8(key.text, charset);
            if (!utf8) {
                return Error(Code::unknown_charset, charset);
            }
            key.text = mime::search_form(*utf8);
        } else if (key.kind == SearchKind::sequence) {
            key.set = wire::resolved(key.set, static_cast<std::uint32_t>(view.size()));
        } else if (key.kind == SearchKind::uid) {
            key.set = wire::resolved(key.set, view.last_uid().value());
        }
    }
    return plan;
}

SearchEvaluator::SearchEvaluator(const store::Mailbox& mailbox, std::shared_ptr<const store::View> view,
                                 const SearchPlan& plan)
    : view_(std::move(view)), plan_(plan), facts_(mailbox), verdicts_(plan.keys().size()) {}

bool SearchEvaluator::next(std::chrono::steady_clock::duration budget) {
    const MessageFacts::Piece look(facts_);
    const auto until = std::chrono::steady_clock::now() + budget;
    while (next_ <= view_->size()) {
        const SeqNum seq(next_++);
        if (matches(seq)) {
            found_.push_back(seq);
        }
        if (next_ % between_looks_at_clock == 0 && std::chrono::steady_clock::now() >= until) {
            break;
        }
    }
    return next_ > view_->size();
}

bool SearchEvaluator::matches(SeqNum seq) {
    seq_ = seq;
    message_ = &view_->at(seq);
    facts_.go_to(*message_);
    std::ranges::fill(verdicts_, Verdict::open);
    Verdict verdict = whole(Source::memory);
    if (verdict == Verdict::open) {
        if (!look_at_facts()) {
            return false;  // it is gone: the next announcement says so
        }
        verdict = whole(Source::facts);
    }
    if (verdict == Verdict::open) {
        if (!read_body()) {
            return false;
        }
        verdict = whole(Source::body);
    }
    return verdict == Verdict::yes;
}

SearchEvaluator::Verdict SearchEvaluator::whole(Source source) {
    stack_.clear();
    for (std::size_t i = 0; i < plan_.keys().size(); ++i) {
        const SearchKey& key = plan_.keys()[i];
        if (key.kind == SearchKind::op_and || key.kind == SearchKind::op_or || key.kind == SearchKind::op_not) {
            stack_.push_back(combined(key));
            continue;
        }
        if (source == Source::memory) {
            verdicts_[i] = by_memory(key);
        }
        stack_.push_back(verdicts_[i]);
    }
    return stack_.back();
}

// Kleene's logic: an open operand leaves the result open unless the other decides it.
SearchEvaluator::Verdict SearchEvaluator::combined(const SearchKey& key) {
    const std::size_t operands = key.kind == SearchKind::op_not ? 1 : key.kind == SearchKind::op_or ? 2 : key.number;
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(operands);
    const bool any_open = std::find(first, stack_.end(), Verdict::open) != stack_.end();
    const bool any_yes = std::find(first, stack_.end(), Verdict::yes) != stack_.end();
    const bool any_no = std::find(first, stack_.end(), Verdict::no) != stack_.end();
    stack_.erase(first, stack_.end());
    if (key.kind == SearchKind::op_not) {
        return any_open ? Verdict::open : any_yes ? Verdict::no : Verdict::yes;
    }
    if (key.kind == SearchKind::op_or) {
        return any_yes ? Verdict::yes : any_open ? Verdict::open : Verdict::no;
    }
    return any_no ? Verdict::no : any_open ? Verdict::open : Verdict::yes;
}

bool SearchEvaluator::has_keyword(const std::string& name) const {
    const auto& table = view_->snapshot().keyword_table();
    return std::ranges::any_of(message_->keywords, [&](store::KeywordId id) { return iequals(table[id], name); });
}

SearchEvaluator::Verdict SearchEvaluator::by_memory(const SearchKey& key) const {
    const bool recent = view_->is_recent(message_->uid);
    switch (key.kind) {
        case SearchKind::all:
            return Verdict::yes;
        case SearchKind::recent:
            return verdict(recent);
        case SearchKind::not_recent:
            return verdict(!recent);
        case SearchKind::fresh:
            return verdict(recent && !message_->flags.has(store::Flag::seen));
        case SearchKind::flag:
            return verdict(message_->flags.has(key.flag));
        case SearchKind::not_flag:
            return verdict(!message_->flags.has(key.flag));
        case SearchKind::keyword:
            return verdict(has_keyword(key.text));
        case SearchKind::not_keyword:
            return verdict(!has_keyword(key.text));
        case SearchKind::sequence:
            return verdict(wire::contains(key.set, seq_.value()));
        case SearchKind::uid:
            return verdict(wire::contains(key.set, message_->uid.value()));
        default:
            return Verdict::open;
    }
}

Result<SearchEvaluator::Verdict> SearchEvaluator::by_day(const SearchKey& key) {
    const bool sent =
        key.kind == SearchKind::sent_before || key.kind == SearchKind::sent_on || key.kind == SearchKind::sent_since;
    std::chrono::sys_days day;
    if (sent) {
        const auto facts = facts_.header();
        if (!facts) {
            return facts.error();
        }
        if (!(*facts)->sent) {
            return Verdict::no;
        }
        day = day_of((*facts)->sent->time,
                     (*facts)->sent->zone);  // in the zone of the Date field: RFC 3501 section 6.4.4
    } else {
        const auto time = facts_.internal_date();
        if (!time) {
            return time.error();
        }
        day = day_of(*time, zone_at(*time));
    }
    const std::chrono::sys_days wanted(key.date);
    if (key.kind == SearchKind::before || key.kind == SearchKind::sent_before) {
        return verdict(day < wanted);
    }
    if (key.kind == SearchKind::since || key.kind == SearchKind::sent_since) {
        return verdict(day >= wanted);
    }
    return verdict(day == wanted);
}

Result<SearchEvaluator::Verdict> SearchEvaluator::by_field(const SearchKey& key) {
    if (const auto field = indexed_field(key)) {
        const auto facts = facts_.header();
        if (!facts) {
            return facts.error();
        }
        const std::string_view values = (*facts)->fields[*field];
        return verdict(!values.empty() &&
                       ::memmem(values.data(), values.size(), key.text.data(), key.text.size()) != nullptr);
    }
    const auto file = facts_.file();
    const auto header = file ? (*file)->header() : file.error();
    return header ? Result<Verdict>(verdict(field_holds(*header, key.field, key.text))) : header.error();
}

Result<SearchEvaluator::Verdict> SearchEvaluator::by_facts(const SearchKey& key) {
    switch (key.kind) {
        case SearchKind::before:
        case SearchKind::on:
        case SearchKind::since:
        case SearchKind::sent_before:
        case SearchKind::sent_on:
        case SearchKind::sent_since:
            return by_day(key);
        case SearchKind::larger:
        case SearchKind::smaller: {
            const auto size = facts_.wire_size();
            if (!size) {
                return size.error();
            }
            return verdict(key.kind == SearchKind::larger ? *size > key.number : *size < key.number);
        }
        case SearchKind::header:
        case SearchKind::from:
        case SearchKind::to:
        case SearchKind::cc:
        case SearchKind::bcc:
        case SearchKind::subject:
            return by_field(key);
        default:
            return Verdict::open;
    }
}

Result<void> SearchEvaluator::look_at_facts() {
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
        if (verdicts_[i] == Verdict::open) {
            const auto judged = by_facts(plan_.keys()[i]);
            if (!judged) {
                return judged.error();
            }
            verdicts_[i] = *judged;
        }
    }
    return {};
}

Result<void> SearchEvaluator::read_body() {
    const auto file = facts_.file();
    if (!file) {
        return file.error();
    }
    std::vector<std::size_t> in_body;
    std::vector<std::size_t> anywhere;
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
        if (verdicts_[i] == Verdict::open && has_text(plan_.keys()[i].kind)) {
            (plan_.keys()[i].kind == SearchKind::body ? in_body : anywhere).push_back(i);
        }
    }
    const auto needles = [this](const std::vector<std::size_t>& keys) {
        std::vector<const std::string*> texts;
        std::ranges::transform(keys, std::back_inserter(texts),
                               [this](std::size_t i) { return &plan_.keys()[i].text; });
        return texts;
    };
    NeedleFinder body(needles(in_body));
    NeedleFinder text(needles(anywhere));
    each_searchable_text(**file, body, text);
    for (std::size_t i = 0; i < in_body.size(); ++i) {
        verdicts_[in_body[i]] = verdict(body.found(i));
    }
    for (std::size_t i = 0; i < anywhere.size(); ++i) {
        verdicts_[anywhere[i]] = verdict(text.found(i));
    }
    return {};
}

}  // namespace postrider::imap
