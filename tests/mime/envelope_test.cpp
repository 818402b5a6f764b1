// The envelope and dates.
#include "mime/envelope.hpp"

#include "support/catch.hpp"

namespace postrider::mime {

using namespace std::chrono_literals;

TEST_CASE("the envelope of a message") {
    const Envelope envelope = envelope_of(
        "Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)\r\n"
        "From: a@x\r\n"
        "SUBJECT:  A\r\n  folded one \r\n"
        "Sender: \r\n"
        "Reply-To: Team: b@x;\r\n"
        "To: c@x\r\n"
        "Cc:\r\n"
        "To: d@x\r\n"
        "Message-ID: <id@host>\r\n"
        "In-Reply-To: <a@b>\r\n <c@d>\r\n"
        "\r\nBcc: e@x\r\n");
    const AddressList from{{std::nullopt, "a", "x"}};
    CHECK(envelope.date == "Mon, 7 Feb 1994 21:52:25 -0800 (PST)");
    CHECK(envelope.subject == "A  folded one");
    CHECK((envelope.from == from));
    CHECK((envelope.sender == from));
    CHECK((envelope.reply_to == AddressList{{std::nullopt, "Team", std::nullopt}, {std::nullopt, "b", "x"}, {}}));
    CHECK((envelope.to == AddressList{{std::nullopt, "c", "x"}, {std::nullopt, "d", "x"}}));
    CHECK(envelope.cc.empty());
    CHECK(envelope.bcc.empty());
    CHECK(envelope.message_id == "<id@host>");
    CHECK(envelope.in_reply_to == "<a@b> <c@d>");
}

TEST_CASE("absent and blank fields are none, several are joined") {
    CHECK((envelope_of("") == Envelope{}));
    CHECK((envelope_of("Subject:\nDate: \n \nFrom: ,\n") == Envelope{}));
    CHECK(envelope_of("Subject: a\nSubject:\nSubject: b\n").subject == "a,b");
}

TEST_CASE("dates") {
    struct Case {
        std::string_view value;
        std::string_view utc;  ///< empty: no date
        std::chrono::minutes zone;
    };
    const std::vector<Case> cases{
        {"Mon, 7 Feb 1994 21:52:25 -0800 (PST)", "1994-02-08 05:52:25", -8h},
        {"Mon, 7 Feb 94 21:52:25 -0800 (PST)", "1994-02-08 05:52:25", -8h},
        {"7 Feb 1994 21:52 +0530", "1994-02-07 16:22:00", 5h + 30min},
        {"07 Feb 49 00:00:00 Z", "2049-02-07 00:00:00", 0min},
        {"7 Feb 50 00:00:00 GMT", "1950-02-07 00:00:00", 0min},
        {"7 Feb 101 00:00:00 UT", "2001-02-07 00:00:00", 0min},
        {"Fri, 21 Nov 1997 09(comment):55:06 -0600", "1997-11-21 00:00:00", 0min},
        {"Fri , 21(x) Nov\r\n 1997 (y) 09:55:06 -0600", "1997-11-21 15:55:06", -6h},
        {"21 Nov 97 09:55:06 EST", "1997-11-21 14:55:06", -5h},
        {"21 Nov 97 09:55:06 pdt", "1997-11-21 16:55:06", -7h},
        {"21 Nov 97 09:55:06 K", "1997-11-21 09:55:06", 0min},
        {"21 Nov 97 09:55:06", "1997-11-21 09:55:06", 0min},
        {"21 Nov 97", "1997-11-21 00:00:00", 0min},
        {"21-Nov-1997 09.55.06 GMT+01:00", "1997-11-21 08:55:06", 1h},
        {"Tuesday, 3 February 2004 1:02:03 +0000", "2004-02-03 01:02:03", 0min},
        {"Mon Feb  7 21:52:25 1994", "1994-02-07 21:52:25", 0min},
        {"Mon Feb  7 21:52:25 PST 1994", "1994-02-08 05:52:25", -8h},
        {"Mon Feb 7 21:52:25 1994 -0800", "1994-02-08 05:52:25", -8h},
        {"31 Dec 1998 23:59:60 +0000", "1999-01-01 00:00:00", 0min},
        {"1 Jan 2000 24:00:00 +0000", "2000-01-01 00:00:00", 0min},
        {"1 Jan 2000 10:00:00.123 +0060", "2000-01-01 10:00:00", 0min},
        {"1 Jan 2000 10:00:00 +12345", "2000-01-01 10:00:00", 0min},
        {"29 Feb 2000 00:00:00 +0000", "2000-02-29 00:00:00", 0min},
        {"29 Feb 2001 00:00:00 +0000", "", 0min},
        {"0 Jan 2000 00:00:00 +0000", "", 0min},
        {"32 Jan 2000 00:00:00 +0000", "", 0min},
        {"001 Jan 2000", "", 0min},
        {"1 Anf 2000", "", 0min},
        {"1 Jan 20000", "", 0min},
        {"1 Jan", "", 0min},
        {"Monday", "", 0min},
        {"yesterday", "", 0min},
        {"(((", "", 0min},
        {"", "", 0min},
    };
    for (const Case& c : cases) {
        INFO(c.value);
        const auto date = parse_date(c.value);
        REQUIRE(date.has_value() == !c.utc.empty());
        if (date) {
            const auto day = std::chrono::floor<std::chrono::days>(date->time);
            const std::chrono::year_month_day ymd(day);
            const std::chrono::hh_mm_ss time(date->time - day);
            char text[64];
            std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", int(ymd.year()), unsigned(ymd.month()),
                          unsigned(ymd.day()), int(time.hours().count()), int(time.minutes().count()),
                          int(time.seconds().count()));
            CHECK(std::string(text) == c.utc);
            CHECK(date->zone.count() == c.zone.count());
        }
    }
}

}  // namespace postrider::mime
