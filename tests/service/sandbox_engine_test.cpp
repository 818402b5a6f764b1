// That the guards of a worker leave the Maildir engine what it needs.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/temp_folder.hpp"
#include "service/in_child.hpp"
#include "service/privilege.hpp"
#include "service/sandbox.hpp"
#include "store/user.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using test::Findings;
using test::in_child;

/// The Maildir engine with its threads.
class Engine {
public:
    template <class T>
    T run(Task<T> task) {
        auto done = asio::co_spawn(loop_, std::move(task), asio::use_future);
        loop_.restart();
        loop_.run();
        return done.get();
    }

    store::Store& store() { return store_; }

private:
    asio::io_context loop_;
    asio::steady_timer timer_{loop_};  ///< a worker's loop has its epoll before its calls are restricted
    asio::thread_pool pool_{2};
    store::Store store_{pool_, {}};
};

/// A worker's day, in short.
void use(Engine& engine, const std::string& maildir, Findings& findings) {
    const auto opened = engine.run(engine.store().open(maildir, {}));
    findings.expect(opened.has_value(), "open");
    const auto& user = opened.value();
    const auto upload = engine.run(user->begin_append("INBOX"));
    findings.expect(upload.has_value(), "begin APPEND");
    findings.expect(engine.run(upload.value()->write("Subject: x\r\n\r\ntext\r\n")).has_value(), "write");
    const auto stored = engine.run(upload.value()->finish(store::Flag::seen, {"Work"}, std::nullopt));
    findings.expect(stored.has_value(), "APPEND");
    findings.expect(engine.run(user->create("INBOX.a")).has_value(), "CREATE");
    findings.expect(engine.run(user->subscribe("INBOX.a")).has_value(), "SUBSCRIBE");
    const auto mailbox = engine.run(user->select("INBOX", store::Access::read_write));
    findings.expect(mailbox.has_value(), "SELECT");
    findings.expect(engine.run(mailbox.value()->copy({stored.value().uid}, "INBOX.a")).has_value(), "COPY");
    findings.expect(engine.run(user->rename("INBOX.a", "INBOX.b")).has_value(), "RENAME");
    const auto status = engine.run(user->status("INBOX.b"));
    findings.expect(status && status->messages == 1, "STATUS");
    findings.expect(engine.run(user->remove("INBOX.b")).has_value(), "DELETE");
}

TEST_CASE("the Maildir engine works under a worker's guards") {
    const test::TempFolder folder;
    const auto maildir = folder / "Maildir";
    for (const char* name : {"tmp", "new", "cur"}) {
        std::filesystem::create_directories(maildir + "/" + name);
    }
    // A lock whose owner is gone: whether he lives is asked with a signal that is none.
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    constexpr int above_every_process = 1 << 22;
    folder.write("Maildir/tmp/courier.lock", std::to_string(above_every_process) + ":" + host);
    CHECK(in_child([&](Findings& findings) {
              findings.expect(forbid_new_privileges().has_value(), "forbid_new_privileges");
              findings.expect(restrict_files(std::vector{maildir}).has_value(), "restrict_files");
              Engine engine;
              findings.expect(restrict_system_calls(Profile::worker).has_value(), "restrict_system_calls");
              use(engine, maildir, findings);
          }) == "");
}

}  // namespace
}  // namespace postrider::service
