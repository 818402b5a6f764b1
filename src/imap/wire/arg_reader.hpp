// Reads the arguments of one command, token by token. RFC 3501 section 9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "imap/wire/date.hpp"
#include "imap/wire/sequence_set.hpp"
#include "store/message.hpp"

namespace postrider::imap::wire {

/// A flag list as a client gives it: system flags, and keywords in the client's spelling without doubles.
struct FlagList {
    store::Flags flags;
    std::vector<std::string> keywords;
    friend bool operator==(const FlagList&, const FlagList&) = default;
};

/// How mailbox names are spelled on the wire: modified UTF-7, or UTF-8 after ENABLE UTF8=ACCEPT (RFC 6855 section 3).
enum class Names : bool { utf7, utf8 };

/// A cursor over one command's bytes as the reader assembled them (wire/command_lines.hpp): everything behind the
/// command word, literals inline as "{n}\r\n" or "{n+}\r\n" and their n bytes, no CRLF at the end.
///
/// Every reading member either takes its token and gives it, or gives the SyntaxError and leaves the cursor where it
/// was. Offsets count from the beginning of the view. Copies are cheap; results own their text.
class ArgReader {
public:
    explicit ArgReader(std::string_view text, Names names = Names::utf7) : text_(text), names_(names) {}

    bool at_end() const { return at_ == text_.size(); }
    /// The next byte, or 0 at the end.
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    std::size_t offset() const { return at_; }
    std::string_view rest() const { return text_.substr(at_); }

    SyntaxError error(std::string reason) const { return {at_, std::move(reason)}; }

    /// Takes exactly that byte; false leaves the cursor.
    bool take(char c);
    /// Takes the word if it stands here in any case (whatever follows it); false leaves the cursor.
    bool take_word(std::string_view word);
    /// Takes as many bytes as fit, maybe none. A view into the command.
    std::string_view take_run(bool (*fits)(char));

    /// The blank between arguments. Runs of blanks are taken as one, and parentheses delimit themselves: none is
    /// needed before "(" or behind a ")" that take() took. Clients rely on both (compat/imap.md section 2).
    Parsed<bool> space();
    /// Passes over blanks, if there are any.
    void optional_space();
    /// Passes over blanks; whether nothing follows them. For the end of a command.
    bool done();

    Parsed<std::string> atom();     ///< at least one ATOM-CHAR
    Parsed<std::string> quoted();   ///< text inside the quotes, escapes taken off; no CR, LF, NUL; 8-bit only as UTF-8
    Parsed<std::string> literal();  ///< {n}, {n+}; no NUL (RFC 3501 section 9, CHAR8)
    Parsed<std::string> string();   ///< quoted or literal
    Parsed<std::string> astring();  ///< atom (with "]") or string
    /// nstring: none for NIL.
    Parsed<std::optional<std::string>> nstring();
    /// list-mailbox: astring plus the wildcards.
    Parsed<std::string> list_mailbox();
    bool utf8() const { return names_ == Names::utf8; }
    /// A mailbox name as UTF-8; "inbox" in any case as the first component becomes "INBOX". Not checked further.
    /// No NUL, CR or LF.
    Parsed<std::string> mailbox();
    Parsed<std::uint32_t> number();  ///< 0..2^32-1
    Parsed<std::uint32_t> nz_number();
    Parsed<SequenceSet> sequence_set();
    Parsed<FlagList> flag_list();  ///< in parentheses, possibly empty. \Recent and unknown \flags are wrong
    /// STORE's other form: one or more flags separated by blanks. NIL alone is no flag, as Courier takes it.
    Parsed<FlagList> flags_bare();
    Parsed<DateTime> date_time();  ///< quoted INTERNALDATE form
    Parsed<Date> date();           ///< SEARCH's date, quoted or not

private:
    /// NIL in any case, as a whole atom.
    bool take_nil();

    std::string_view text_;
    Names names_ = Names::utf7;
    std::size_t at_ = 0;
    std::size_t closed_at_ = 0;  ///< behind the ")" taken last
};

bool is_atom_char(char c);
bool is_astring_char(char c);

/// Client text for the reason of an error: in quotes, printable ASCII, cut.
std::string shown(std::string_view text);

}  // namespace postrider::imap::wire
