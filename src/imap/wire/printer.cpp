// Strings, flags, envelopes and body structures as text. RFC 3501 section 7.4.2; compat/imap.md section 9.
#include "imap/wire/printer.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "imap/wire/header_text.hpp"

namespace postrider::imap::wire {

namespace {

struct NamedFlag {
    std::string_view name;
    store::Flag flag;
};

/// In Courier's order.
constexpr auto named_flags = std::to_array<NamedFlag>({{"\\Draft", store::Flag::draft},
                                                       {"\\Flagged", store::Flag::flagged},
                                                       {"\\Answered", store::Flag::answered},
                                                       {"\\Seen", store::Flag::seen},
                                                       {"\\Deleted", store::Flag::deleted}});

bool fits_quoted(char c) {
    return static_cast<unsigned char>(c) < 0x80 && c != '\r' && c != '\n' && c != '\0';
}

void print_quoted(std::string& out, std::string_view text) {
    out += '"';
    std::size_t printed = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"' || text[i] == '\\') {
            out.append(text, printed, i - printed).append(1, '\\');
            printed = i;
        }
    }
    out.append(text, printed).append(1, '"');
}

/// Prints what comes from a message's header; knows whether it may go out as UTF-8.
class HeaderPrinter {
public:
    HeaderPrinter(std::string& out, bool utf8) : out_(out), utf8_(utf8) {}

    void envelope(const mime::Envelope& envelope);
    void body(const mime::Part& part, Extensions extensions);

private:
    void text(std::string_view text) {
        if (std::ranges::all_of(text, fits_quoted)) {
            print_quoted(out_, text);  // mostly
        } else {
            print_quoted(out_, header_text(text, utf8_));
        }
    }

    void ntext(const std::optional<std::string>& value) {
        if (value) {
            text(*value);
        } else {
            out_ += "NIL";
        }
    }

    void addresses(const mime::AddressList& list);
    void parameters(const mime::Parameters& parameters);
    void disposition(const std::optional<mime::Disposition>& disposition);
    void languages(const std::vector<std::string>& languages);
    void encoding(const mime::Part& part);
    void leaf(const mime::Part& part, Extensions extensions);
    void message_inside(const mime::Part& part, Extensions extensions);
    void multipart(const mime::Part& part, Extensions extensions);
    void extension_data(const mime::Part& part);

    std::string& out_;
    bool utf8_;
};

void HeaderPrinter::addresses(const mime::AddressList& list) {
    if (list.empty()) {
        out_ += "NIL";
        return;
    }
    out_ += '(';
    for (const mime::Address& address : list) {
        out_ += '(';
        ntext(address.name);
        out_ += " NIL ";
        ntext(address.mailbox);
        out_ += ' ';
        ntext(address.host);
        out_ += ')';
    }
    out_ += ')';
}

void HeaderPrinter::envelope(const mime::Envelope& envelope) {
    out_ += '(';
    ntext(envelope.date);
    out_ += ' ';
    ntext(envelope.subject);
    for (const auto* list :
         {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc}) {
        out_ += ' ';
        addresses(*list);
    }
    out_ += ' ';
    ntext(envelope.in_reply_to);
    out_ += ' ';
    ntext(envelope.message_id);
    out_ += ')';
}

void HeaderPrinter::parameters(const mime::Parameters& parameters) {
    if (parameters.empty()) {
        out_ += "NIL";
        return;
    }
    char before = '(';
    for (const mime::Parameter& parameter : parameters) {
        out_ += before;
        text(parameter.name);
        out_ += ' ';
        text(parameter.name == "charset" ? lower(parameter.value) : parameter.value);
        before = ' ';
    }
    out_ += ')';
}

void HeaderPrinter::disposition(const std::optional<mime::Disposition>& disposition) {
    if (!disposition) {
        out_ += "NIL";
        return;
    }
    out_ += '(';
    text(disposition->type);
    out_ += ' ';
    parameters(disposition->parameters);
    out_ += ')';
}

void HeaderPrinter::languages(const std::vector<std::string>& languages) {
    if (languages.empty()) {
        out_ += "NIL";
    } else if (languages.size() == 1) {
        text(languages.front());
    } else {
        char before = '(';
        for (const std::string& language : languages) {
            out_ += before;
            text(language);
            before = ' ';
        }
        out_ += ')';
    }
}

void HeaderPrinter::encoding(const mime::Part& part) {
    switch (part.encoding) {
        case mime::Encoding::seven_bit:
            out_ += "\"7bit\"";
            break;
        case mime::Encoding::eight_bit:
            out_ += "\"8bit\"";
            break;
        case mime::Encoding::binary:
            out_ += "\"binary\"";
            break;
        case mime::Encoding::quoted_printable:
            out_ += "\"quoted-printable\"";
            break;
        case mime::Encoding::base64:
            out_ += "\"base64\"";
            break;
        case mime::Encoding::other:
            text(part.encoding_name.empty() ? "7bit" : std::string_view(part.encoding_name));
            break;
    }
}

/// Disposition and language end every kind of part; location only where there is one, as Courier prints none.
void HeaderPrinter::extension_data(const mime::Part& part) {
    out_ += ' ';
    disposition(part.disposition);
    out_ += ' ';
    languages(part.languages);
    if (part.location) {
        out_ += ' ';
        text(*part.location);
    }
}

/// Envelope, body and lines of the message inside. The grammar wants them for every message/rfc822, so one that was
/// not looked into (it is encoded, or nested too deep) shows an empty message.
void HeaderPrinter::message_inside(const mime::Part& part, Extensions extensions) {
    static const mime::Envelope no_envelope;
    static const mime::Part no_message;
    const mime::Part& message = part.children.empty() ? no_message : part.children.front();
    out_ += ' ';
    envelope(message.envelope ? *message.envelope : no_envelope);
    out_ += ' ';
    body(message, extensions);
    out_ += ' ' + std::to_string(part.body_lines);
}

void HeaderPrinter::leaf(const mime::Part& part, Extensions extensions) {
    const auto& type = part.content_type;
    text(type.type);
    out_ += ' ';
    text(type.subtype);
    out_ += ' ';
    parameters(type.parameters);
    out_ += ' ';
    ntext(part.id);
    out_ += ' ';
    ntext(part.description);
    out_ += ' ';
    encoding(part);
    out_ += ' ' + std::to_string(part.body.wire_size());
    if (type.type == "message" && (type.subtype == "rfc822" || type.subtype == "global")) {
        message_inside(part, extensions);
    } else if (part.is_text()) {
        out_ += ' ' + std::to_string(part.body_lines);
    }
    if (extensions == Extensions::include) {
        out_ += ' ';
        ntext(part.md5);
        extension_data(part);
    }
}

void HeaderPrinter::multipart(const mime::Part& part, Extensions extensions) {
    for (const mime::Part& child : part.children) {
        body(child, extensions);
    }
    out_ += ' ';
    text(part.content_type.subtype);
    if (extensions == Extensions::include) {
        out_ += ' ';
        parameters(part.content_type.parameters);
        extension_data(part);
    }
}

void HeaderPrinter::body(const mime::Part& part, Extensions extensions) {
    out_ += '(';
    if (part.is_multipart()) {
        multipart(part, extensions);
    } else {
        leaf(part, extensions);
    }
    out_ += ')';
}

}  // namespace

void print_string(std::string& out, std::string_view text) {
    if (std::ranges::all_of(text, fits_quoted)) {
        print_quoted(out, text);
        return;
    }
    out += '{' + std::to_string(text.size()) + "}\r\n";
    out += text;
}

void print_nstring(std::string& out, const std::optional<std::string>& text) {
    if (text) {
        print_string(out, *text);
    } else {
        out += "NIL";
    }
}

void print_flags(std::string& out, store::Flags flags, bool recent, const std::vector<std::string_view>& keywords) {
    std::string_view before;
    const auto print = [&](std::string_view name) {
        out += before;
        out += name;
        before = " ";
    };
    for (const NamedFlag& row : named_flags) {
        if (flags.has(row.flag)) {
            print(row.name);
        }
    }
    if (recent) {
        print("\\Recent");
    }
    std::ranges::for_each(keywords, print);
}

void print_envelope(std::string& out, const mime::Envelope& envelope, bool utf8) {
    HeaderPrinter(out, utf8).envelope(envelope);
}

void print_body_structure(std::string& out, const mime::Part& part, Extensions extensions, bool utf8) {
    HeaderPrinter(out, utf8).body(part, extensions);
}

}  // namespace postrider::imap::wire
