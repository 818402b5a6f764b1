// NAMESPACE: all personal mailboxes stand below INBOX. RFC 2342. Shared namespaces are not served.
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run(Session& session, NoArgs) {
    session.untagged(R"(NAMESPACE (("INBOX." ".")) NIL NIL)");
    co_return ok("NAMESPACE completed.");
}

}  // namespace

constinit const Command cmd_namespace = command<parse_nothing, run>({
    .name = "NAMESPACE",
    .allowed_in = after_login,
    .capability = "NAMESPACE",
});

}  // namespace postrider::imap
