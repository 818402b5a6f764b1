// The message around a message with UTF-8 in its header. compat/pop3.md section 3.
#include "pop3/wire/unicode_wrapper.hpp"

#include <string>

#include "pop3/wire/message_text.hpp"
#include "support/catch.hpp"

namespace postrider::pop3::wire {
namespace {

TEST_CASE("a wrapped message is a part of its own type behind an explanation") {
    const UnicodeWrapper wrapper = unicode_wrapper("message/rfc822", "=_1-2");
    const std::string_view head =
        "From: Mail Delivery Subsystem <postmaster>\n"
        "Subject: Cannot display Unicode content\n"
        "Mime-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=\"=_1-2\"\n"
        "\n\n\n"
        "--=_1-2\n"
        "Content-Type: text/plain\n"
        "\n";
    CHECK(wrapper.before.starts_with(head));
    CHECK(wrapper.before.ends_with(".\n\n--=_1-2\nContent-Type: message/rfc822\n\n"));
    CHECK(wrapper.behind == "\n--=_1-2--\n");
}

TEST_CASE("a wrapper counts as it is sent") {
    const UnicodeWrapper wrapper = unicode_wrapper("message/global", "=_1-2");
    MessageText printer;
    std::string out;
    printer.add(wrapper.before, out);
    printer.add(wrapper.behind, out);
    CHECK(out.size() == wrapper.octets());
}

TEST_CASE("TOP of a wrapped message counts the lines of the wrapper") {
    const UnicodeWrapper wrapper = unicode_wrapper("message/global", "=_1-2");
    MessageText printer(0);
    std::string out;
    printer.add(wrapper.before, out);
    printer.add("Subject: \xc3\xa9\n\nhi\n", out);
    CHECK(out.ends_with("boundary=\"=_1-2\"\r\n\r\n"));
}

}  // namespace
}  // namespace postrider::pop3::wire
