// Address lists as they are met: RFC 5322 sections 3.4 and 4.4, and much that is not in it (no comma, no ">", dots and
// commas in unquoted names, ";" between addresses). Runs once over the text, keeping one address at a time.
#include <string>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "mime/encoded_word.hpp"
#include "mime/envelope.hpp"
#include "mime/lexer.hpp"

namespace postrider::mime {

namespace {

std::optional<std::string> none_if_empty(std::string text) {
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

/// Whether a blank between `left` and `right` is one around a dot, which the obsolete syntax allows and ignores.
bool dot_joins(std::string_view left, std::string_view right) {
    return left.ends_with('.') || right.starts_with('.');
}

class AddressParser {
public:
    explicit AddressParser(std::string_view text) : in_(text) {}

    AddressList run() {
        while (!in_.at_end() && !full()) {
            step();
        }
        finish_address();
        close_group();
        return std::move(list_);
    }

private:
    /// What is known of the address being read.
    struct Draft {
        std::string words;     ///< all words since it began, one blank where there were blanks
        std::string local;     ///< the last of them that stand without blanks: a local part if "@" follows
        std::size_t name = 0;  ///< length of what in words lies before local
        std::string comment;
        std::optional<Address> address;  ///< once "@" or "<...>" was read
        bool in_host = false;            ///< words go to the host
        bool in_angle = false;           ///< the address stood in "<...>"
    };

    bool full() const { return list_.size() + (in_group_ ? 1 : 0) >= limits::addresses; }

    void step() {
        switch (in_.peek()) {
            case ' ':
            case '\t':
            case '\r':
            case '\n':
                in_.skip_blanks();
                gap_ = true;
                break;
            case '(':
                comment();
                break;
            case '"':
                word(in_.quoted());
                break;
            case '<':
                angle();
                break;
            case '>':
                in_.skip(1);
                break;
            case '@':
                at_sign();
                break;
            case ':':
                colon();
                break;
            case ',':
                in_.skip(1);
                finish_address();
                break;
            case ';':
                in_.skip(1);
                finish_address();
                close_group();
                break;
            default:
                word(atom());
        }
    }

    void comment() {
        const std::string text = in_.comment();
        if (draft_.comment.empty()) {
            draft_.comment = trimmed(text);
        }
        gap_ = true;
    }

    /// An encoded word is one atom whatever it holds; so is a domain literal in a host.
    std::string_view atom() {
        const std::string_view rest = in_.rest();
        std::size_t length = encoded_word_length(rest);
        if (length == 0 && draft_.in_host && rest.front() == '[') {
            length = domain_literal_length(rest);
        }
        if (length > 0) {
            in_.skip(length);
            return rest.substr(0, length);
        }
        return in_.until(" \t\r\n(<>@,;:\"");
    }

    /// 0 when it has no end. RFC 5321 allows 255 bytes for a domain.
    static std::size_t domain_literal_length(std::string_view text) {
        const std::size_t end = text.substr(0, 255).find_first_of("]\r\n>");
        return end == std::string_view::npos || text[end] != ']' ? 0 : end + 1;
    }

    void word(std::string_view text) {
        const bool gap = std::exchange(gap_, false);
        if (draft_.in_host) {
            std::string& host = *draft_.address->host;
            if (!gap || host.empty() || dot_joins(host, text)) {
                host += text;
            } else {
                draft_.in_host = false;
            }
        }
        if (gap && !dot_joins(draft_.local, text)) {
            draft_.name = draft_.words.size();
            draft_.local.clear();
        }
        if (gap && !draft_.words.empty()) {
            draft_.words += ' ';
        }
        draft_.words += text;
        draft_.local += text;
    }

    void at_sign() {
        in_.skip(1);
        if (draft_.in_host) {
            word("@");
            return;
        }
        if (draft_.address) {  // words and a second "@" behind an address: a comma is missing
            std::string local = std::move(draft_.local);
            finish_address();
            draft_.words = draft_.local = std::move(local);
        }
        std::string name = draft_.words.substr(0, draft_.name);
        draft_.address = Address{none_if_empty(std::move(name)), std::move(draft_.local), ""};
        draft_.local.clear();
        draft_.words += '@';
        draft_.in_host = true;
        gap_ = false;
    }

    void colon() {
        in_.skip(1);
        if (in_group_ || draft_.address) {
            word(":");
        } else if (list_.size() + 2 > limits::addresses) {
            in_.skip_to_end();
            draft_ = {};
        } else {
            list_.push_back({std::nullopt, std::move(draft_.words), std::nullopt});
            draft_ = {};
            in_group_ = true;
        }
    }

    void angle();

    void finish_address() {
        Draft done = std::exchange(draft_, {});
        gap_ = false;
        if (full()) {
            return;
        }
        if (!done.address) {
            if (done.words.empty()) {
                return;
            }
            done.address = Address{std::nullopt, std::move(done.words), ""};
        }
        if (!done.address->name) {
            done.address->name = none_if_empty(std::move(done.comment));
        }
        list_.push_back(std::move(*done.address));
    }

    void close_group() {
        if (std::exchange(in_group_, false)) {
            list_.push_back({});
        }
    }

    Lexer in_;
    AddressList list_;
    Draft draft_;
    bool gap_ = false;  ///< blanks or a comment lie between the last word and the next
    bool in_group_ = false;
};

/// What stands between "<" and ">". A route ("@a,@b:") is read over.
class AngleAddress {
public:
    explicit AngleAddress(Lexer& in) : in_(in) {}

    void read(Address& address) {
        while (!in_.at_end() && step()) {
        }
        address.mailbox = std::move(local_);
        address.host = std::move(host_);
    }

private:
    /// Whether the address goes on.
    bool step() {
        const char c = in_.peek();
        if (is_blank(c) || c == '(') {
            in_.skip_cfws();
            gap_ = true;
        } else if (c == '"') {
            add(in_.quoted());
        } else if (c == '[') {
            add(in_.until("]>\r\n"));
        } else if (c == '>') {
            in_.skip(1);
            return false;
        } else if (c == '@') {
            in_.skip(1);
            at_sign();
        } else if (c == ':' && in_route()) {
            in_.skip(1);
            in_host_ = false;
            host_.clear();
        } else if (c == ',' || c == ';') {  // "," inside a route only; else ">" is missing
            if (!in_route() || c == ';') {
                return false;
            }
            in_.skip(1);
        } else if (c == ':' || c == '<') {
            in_.skip(1);
            add(c == ':' ? ":" : "");
        } else {
            add(in_.until(" \t\r\n(<>@,;:\"["));
        }
        return true;
    }

    bool in_route() const { return in_host_ && local_.empty(); }

    void at_sign() {
        if (in_host_ && !local_.empty()) {
            add("@");
            return;
        }
        in_host_ = true;
        host_.clear();
    }

    void add(std::string_view text) {
        std::string& to = in_host_ ? host_ : local_;
        if (std::exchange(gap_, false) && !to.empty() && !dot_joins(to, text)) {
            to += ' ';
        }
        to += text;
    }

    Lexer& in_;
    std::string local_;
    std::string host_;
    bool in_host_ = false;
    bool gap_ = false;
};

void AddressParser::angle() {
    in_.skip(1);
    if (draft_.address && draft_.in_angle) {  // a second one behind the first: a comma is missing
        std::string words = std::move(draft_.words);
        finish_address();
        draft_.words = std::move(words);
    }
    Address address;
    AngleAddress(in_).read(address);
    address.name = none_if_empty(std::move(draft_.words));
    draft_.address = std::move(address);
    draft_.words.clear();
    draft_.local.clear();
    draft_.in_host = false;
    draft_.in_angle = true;
    gap_ = false;
}

}  // namespace

AddressList parse_addresses(std::string_view value) {
    return AddressParser(value).run();
}

}  // namespace postrider::mime
