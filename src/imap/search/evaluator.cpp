#include "imap/search/evaluator.hpp"

#include <algorithm>
#include <chrono>
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

std::string_view field_of(const SearchKey& key) {
    switch (key.kind) {
        case SearchKind::from:
            return "from";
        case SearchKind::to:
            return "to";
        case SearchKind::cc:
            return "cc";
        case SearchKind::bcc:
            return "bcc";
        case SearchKind::subject:
            return "subject";
        default:
            return key.field;
    }
}

/// A field's value as search compares it.
std::string comparable(std::string_view value) {
    return mime::search_form(mime::decode_words(mime::unfolded(value)));
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
    : mailbox_(mailbox), view_(std::move(view)), plan_(plan), verdicts_(plan.keys().size()) {}

bool SearchEvaluator::next(std::chrono::steady_clock::duration budget) {
    const auto until = std::chrono::steady_clock::now() + budget;
    while (next_ <= view_->size()) {
        const SeqNum seq(next_++);
        if (matches(seq)) {
            found_.push_back(seq);
        }
        if (std::chrono::steady_clock::now() >= until) {
            break;
        }
    }
    return next_ > view_->size();
}

bool SearchEvaluator::matches(SeqNum seq) {
    seq_ = seq;
    message_ = &view_->at(seq);
    reader_.reset();
    std::ranges::fill(verdicts_, Verdict::open);
    Verdict verdict = whole(Source::memory);
    if (verdict == Verdict::open) {
        auto opened = mailbox_.open(*message_);
        if (!opened) {
            return false;  // it is gone: the next announcement says so
        }
        reader_ = std::move(*opened);
        verdict = whole(Source::file);
    }
    if (verdict == Verdict::open) {
        verdict = whole(Source::body);
    }
    reader_.reset();
    return verdict == Verdict::yes;
}

SearchEvaluator::Verdict SearchEvaluator::whole(Source source) {
    if (source == Source::file) {
        read_file();
    } else if (source == Source::body) {
        read_body();
    }
    std::vector<Verdict> stack;
    for (std::size_t i = 0; i < plan_.keys().size(); ++i) {
        const SearchKey& key = plan_.keys()[i];
        if (key.kind == SearchKind::op_and || key.kind == SearchKind::op_or || key.kind == SearchKind::op_not) {
            stack.push_back(combined(key, stack));
            continue;
        }
        if (source == Source::memory) {
            verdicts_[i] = by_memory(key);
        }
        stack.push_back(verdicts_[i]);
    }
    return stack.back();
}

// Kleene's logic: an open operand leaves the result open unless the other decides it.
SearchEvaluator::Verdict SearchEvaluator::combined(const SearchKey& key, std::vector<Verdict>& stack) const {
    const std::size_t operands = key.kind == SearchKind::op_not ? 1 : key.kind == SearchKind::op_or ? 2 : key.number;
    const auto first = stack.end() - static_cast<std::ptrdiff_t>(operands);
    const bool any_open = std::find(first, stack.end(), Verdict::open) != stack.end();
    const bool any_yes = std::find(first, stack.end(), Verdict::yes) != stack.end();
    const bool any_no = std::find(first, stack.end(), Verdict::no) != stack.end();
    stack.erase(first, stack.end());
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
    const auto verdict = [](bool yes) { return yes ? Verdict::yes : Verdict::no; };
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

bool SearchEvaluator::is_on_day(const SearchKey& key) {
    std::chrono::sys_seconds time = reader_->internal_date();
    std::chrono::minutes zone = zone_at(time);
    const bool sent =
        key.kind == SearchKind::sent_before || key.kind == SearchKind::sent_on || key.kind == SearchKind::sent_since;
    if (sent) {
        const auto header = reader_->header();
        const auto value = header ? mime::field_value(*header, "date") : std::nullopt;
        const auto date = value ? mime::parse_date(*value) : std::nullopt;
        if (!date) {
            return false;
        }
        time = date->time;
        zone = date->zone;  // RFC 3501 section 6.4.4: time and zone are disregarded
    }
    const std::chrono::sys_days day = day_of(time, zone);
    const std::chrono::sys_days wanted(key.date);
    if (key.kind == SearchKind::before || key.kind == SearchKind::sent_before) {
        return day < wanted;
    }
    if (key.kind == SearchKind::since || key.kind == SearchKind::sent_since) {
        return day >= wanted;
    }
    return day == wanted;
}

SearchEvaluator::Verdict SearchEvaluator::by_file(const SearchKey& key) {
    const auto verdict = [](bool yes) { return yes ? Verdict::yes : Verdict::no; };
    switch (key.kind) {
        case SearchKind::before:
        case SearchKind::on:
        case SearchKind::since:
        case SearchKind::sent_before:
        case SearchKind::sent_on:
        case SearchKind::sent_since:
            return verdict(is_on_day(key));
        case SearchKind::larger:
        case SearchKind::smaller: {
            const auto extent = reader_->extent(0, reader_->size());
            const std::uint64_t size = extent ? extent->wire_size() : reader_->size();
            return verdict(key.kind == SearchKind::larger ? size > key.number : size < key.number);
        }
        case SearchKind::header:
        case SearchKind::from:
        case SearchKind::to:
        case SearchKind::cc:
        case SearchKind::bcc:
        case SearchKind::subject: {
            const auto header = reader_->header();
            return verdict(header && field_holds(*header, field_of(key), key.text));
        }
        default:
            return Verdict::open;
    }
}

void SearchEvaluator::read_file() {
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
        if (verdicts_[i] == Verdict::open) {
            verdicts_[i] = by_file(plan_.keys()[i]);
        }
    }
}

void SearchEvaluator::read_body() {
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
    each_searchable_text(*reader_, body, text);
    for (std::size_t i = 0; i < in_body.size(); ++i) {
        verdicts_[in_body[i]] = body.found(i) ? Verdict::yes : Verdict::no;
    }
    for (std::size_t i = 0; i < anywhere.size(); ++i) {
        verdicts_[anywhere[i]] = text.found(i) ? Verdict::yes : Verdict::no;
    }
}

}  // namespace postrider::imap
