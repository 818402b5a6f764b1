#include "imap/fetch/fact_maker.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "core/text.hpp"
#include "imap/wire/printer.hpp"
#include "mime/decode.hpp"
#include "mime/thread_keys.hpp"

namespace postrider::imap {

namespace {

/// Prints for clients without UTF8=ACCEPT. Gives whether the others see something else.
bool print_plain(std::string& out, const std::function<void(std::string& out, bool utf8)>& print) {
    out.clear();
    print(out, true);
    const bool differs = std::ranges::any_of(out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (differs) {
        out.clear();
        print(out, false);
    }
    return differs;
}

std::string_view first_mailbox(const mime::AddressList& addresses) {
    const bool has_one = !addresses.empty() && addresses.front().mailbox;
    return has_one ? std::string_view(*addresses.front().mailbox) : std::string_view();
}

void add_line(std::string& lines, std::string_view line) {
    lines += '\n';
    lines += line;
}

}  // namespace

/// The first values of the fields that are keys of their own.
class HeaderMaker::Firsts {
public:
    void look_at(const mime::Field& field) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!values_[i] && iequals(names[i], field.name)) {
                values_[i] = mime::unfolded(trimmed(field.value));
            }
        }
    }
    /// Empty: there is none.
    std::string_view of(std::string_view name) const {
        const auto& value = values_[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
        return value ? std::string_view(*value) : std::string_view();
    }

private:
    static constexpr auto names =
        std::to_array<std::string_view>({"subject", "date", "message-id", "references", "in-reply-to"});
    std::array<std::optional<std::string>, names.size()> values_;
};

std::string comparable(std::string_view value) {
    return mime::search_form(mime::decode_words(mime::unfolded(value)));
}

Result<store::HeaderFacts> HeaderMaker::make(store::MessageReader& file) {
    const auto header = file.header();
    if (!header) {
        return header.error();
    }
    store::HeaderFacts facts;
    facts.internal_date = file.internal_date();
    facts.file_size = file.size();
    facts.header_size = header->size();
    envelope_ = mime::envelope_of(*header);
    facts.utf8_differs = print_plain(
        envelope_text_, [this](std::string& out, bool utf8) { wire::print_envelope(out, envelope_, utf8); });
    facts.envelope = envelope_text_;
    make_keys(*header, facts);
    return facts;
}

/// Where there are several fields of a name, search looks at all, the others at the first (compat/imap.md section 12).
void HeaderMaker::make_keys(std::string_view header, store::HeaderFacts& facts) {
    std::ranges::for_each(fields_, [](std::string& values) { values.clear(); });
    Firsts firsts;
    mime::each_field(header, [&](const mime::Field& field) {
        const auto named = [&](std::string_view name) { return iequals(name, field.name); };
        const auto* const name = std::ranges::find_if(store::indexed_field_names, named);
        if (name != store::indexed_field_names.end()) {
            add_line(fields_[static_cast<std::size_t>(name - store::indexed_field_names.begin())],
                     comparable(field.value));
        }
        firsts.look_at(field);
    });
    std::ranges::copy(fields_, facts.fields.begin());
    facts.sent = mime::parse_date(firsts.of("date"));
    make_sort_keys(firsts, facts);
}

void HeaderMaker::make_sort_keys(const Firsts& firsts, store::HeaderFacts& facts) {
    auto base = mime::base_subject(mime::decode_words(firsts.of("subject")));
    base_subject_ = std::move(base.text);
    facts.base_subject = base_subject_;
    facts.is_reply = base.is_reply;
    const auto ids = mime::message_ids(firsts.of("message-id"));
    message_id_ = ids.empty() ? std::string() : ids.front();
    facts.message_id = message_id_;
    references_.clear();
    for (const std::string& id : mime::message_ids(firsts.of("references"))) {
        add_line(references_, id);
    }
    const auto parents = mime::message_ids(firsts.of("in-reply-to"));
    if (references_.empty() && !parents.empty()) {
        add_line(references_, parents.front());
    }
    facts.references = references_;
    facts.from_mailbox = first_mailbox(envelope_.from);
    facts.to_mailbox = first_mailbox(envelope_.to);
    facts.cc_mailbox = first_mailbox(envelope_.cc);
}

Result<store::StructureFacts> StructureMaker::make(store::MessageReader& file) {
    const auto content_id = file.content_id();  // first: both in one reading
    if (!content_id) {
        return content_id.error();
    }
    const auto tree = file.structure();
    if (!tree) {
        return tree.error();
    }
    const mime::Part& whole = **tree;
    store::StructureFacts facts;
    facts.wire_size = whole.whole().wire_size();
    facts.content_id = *content_id;
    const bool body_differs = print_plain(body_, [&](std::string& out, bool utf8) {
        wire::print_body_structure(out, whole, wire::Extensions::leave_out, utf8);
    });
    const bool structure_differs = print_plain(body_structure_, [&](std::string& out, bool utf8) {
        wire::print_body_structure(out, whole, wire::Extensions::include, utf8);
    });
    facts.utf8_differs = body_differs || structure_differs;
    facts.body = body_;
    facts.body_structure = body_structure_;
    return facts;
}

}  // namespace postrider::imap
