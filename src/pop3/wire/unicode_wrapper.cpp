#include "pop3/wire/unicode_wrapper.hpp"

#include <algorithm>

namespace postrider::pop3::wire {

namespace {

constexpr std::string_view explanation =
    "The header of the attached message holds characters beyond ASCII, and your mail\n"
    "program has not told this server that it can read them.\n"
    "\n"
    "A program that knows UTF-8 in POP3 shows the message itself:\n"
    "https://www.rfc-editor.org/rfc/rfc6856\n"
    "\n"
    "It is also possible that the message was not written as the standards ask for.\n";

}  // namespace

std::uint64_t UnicodeWrapper::octets() const {
    const auto lines = std::ranges::count(before, '\n') + std::ranges::count(behind, '\n');
    return before.size() + behind.size() + static_cast<std::uint64_t>(lines);
}

UnicodeWrapper unicode_wrapper(std::string_view type, std::string_view boundary) {
    const std::string divider = "\n--" + std::string(boundary);
    UnicodeWrapper wrapper;
    wrapper.before =
        "From: Mail Delivery Subsystem <postmaster>\n"
        "Subject: Cannot display Unicode content\n"
        "Mime-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=\"" +
        std::string(boundary) + "\"\n\n\n" + divider + "\nContent-Type: text/plain\n\n" + std::string(explanation) +
        divider + "\nContent-Type: " + std::string(type) + "\n\n";
    wrapper.behind = divider + "--\n";
    return wrapper;
}

}  // namespace postrider::pop3::wire
