// RFC 3501 section 5.1.3.
#include "imap/wire/mailbox_name.hpp"

#include <vector>

#include "imap/wire/prefixes.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

TEST_CASE("mailbox names in both spellings") {
    struct Row {
        std::string_view wire;
        std::string_view utf8;
    };
    const std::vector<Row> rows = {
        {"", ""},
        {"INBOX.Sent Items", "INBOX.Sent Items"},
        {"&-", "&"},
        {"&-&-", "&&"},
        {"Tom &- Jerry", "Tom & Jerry"},
        {"&AOk-t&AOk-", "été"},
        {"&AOk-&-", "é&"},
        {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},
        {"&2D3eAA-", "😀"},
        {"&IKw-", "€"},
        {"&,,8-", "\xEF\xBF\xBF"},
        {"&2,,f,w-", "\xF4\x8F\xBF\xBF"},
        {"*%", "*%"},
    };
    for (const auto& row : rows) {
        INFO(row.wire);
        const auto decoded = decode_mailbox_name(row.wire);
        REQUIRE(decoded.has_value());
        CHECK(*decoded == row.utf8);
        CHECK(encode_mailbox_name(row.utf8) == row.wire);
        check_prefixes(row.wire, decode_mailbox_name);
    }
}

TEST_CASE("mailbox names that are not modified UTF-7, or not its canonical form") {
    const std::vector<std::string_view> wrong = {
        "&",           // open shift
        "&AOk",        //
        "a&AOk",       //
        "&AOk-&AOk-",  // adjacent shifts
        "&AGE-",       // "a" in base64
        "&AC4ALg-",    // ".."
        "&AC8-",       // "/"
        "&ACY-",       // "&"
        "&AAA-",       // NUL
        "&AA0-",       // CR
        "&AAo-",       // LF
        "&AH8-",       // DEL
        "&2D0-",       // half a pair
        "&3gA-",       // the other half
        "&3gDYPQ-",    // the wrong way round
        "&2D0AYQ-",    // half a pair and a letter
        "&A-",         // bits without a unit
        "&AO-",        //
        "&AOkA-",      // superfluous character
        "&AOkAAAA-",   // NUL behind a character
        "&AOl-",       // bits that are not 0 at the end
        "&AO k-",      // not base64
        "&AO/k-",      //
        "&AOk=-",      //
        "\xC3\xA9",    // 8-bit
        "a\tb",        // control characters
        "a\x7F",       //
        {"a\0b", 3},   //
        "a\r\nb",      //
    };
    for (const auto text : wrong) {
        INFO(text);
        const auto decoded = decode_mailbox_name(text);
        REQUIRE_FALSE(decoded.has_value());
        CHECK(decoded.error().offset <= text.size());
    }
}

TEST_CASE("a mailbox name that is wrong says where") {
    CHECK(decode_mailbox_name("ab\x01").error().offset == 2);
    CHECK(decode_mailbox_name("ab&A/-").error().offset == 4);
    CHECK(decode_mailbox_name("&AOk-&AOk-").error().offset == 5);
}

TEST_CASE("bytes that are not UTF-8 become the replacement character") {
    CHECK(encode_mailbox_name("a\xFF") == "a&,,0-");
    CHECK(encode_mailbox_name("\xC3") == "&,,0-");
    CHECK(encode_mailbox_name("\xED\xA0\x80") == "&,,3,,f,9-");
    CHECK(encode_mailbox_name("\xC3z") == "&,,0-z");
}
