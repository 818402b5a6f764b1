// ENABLE: extensions that change what the server says. RFC 5161; UTF8=ACCEPT is RFC 6855.
#include "core/text.hpp"
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

struct Args {
    std::vector<std::string> words;
};

Parsed<Args> parse(ArgReader in) {
    Args args;
    do {
        auto word = in.atom();
        if (!word) {
            return in.error("a capability name expected");
        }
        args.words.push_back(std::move(*word));
    } while (in.take(' '));
    if (!in.done()) {
        return in.error("capability names expected");
    }
    return args;
}

Task<Reply> run(Session& session, Args args) {
    std::string enabled = "ENABLED";
    for (const std::string& word : args.words) {
        if (iequals(word, "UTF8=ACCEPT") && !session.utf8()) {
            session.enable_utf8();
            enabled += " UTF8=ACCEPT";
        }
    }
    session.untagged(enabled);
    co_return ok("Options enabled");
}

}  // namespace

constinit const Command cmd_enable = command<parse, run>({
    .name = "ENABLE",
    .allowed_in = after_login,
    .capability = "ENABLE UTF8=ACCEPT",
});

}  // namespace postrider::imap
