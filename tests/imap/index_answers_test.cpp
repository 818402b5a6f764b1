// The index changes no answer: FETCH and SEARCH say the same without it, while it is being made, and out of it; and out
// of it they do not open a message.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "auth/temp_folder.hpp"
#include "imap/fetch/renderer.hpp"
#include "imap/search/evaluator.hpp"
#include "store/user.hpp"
#include "support/catch.hpp"

namespace postrider::imap {
namespace {

namespace fs = std::filesystem;

/// What real mail seldom has.
const std::vector<std::string> odd_messages = {
    "",
    "\n",
    "no header at all",
    "\n\nbody only\n",
    "Subject: no end of header",
    "Subject: x\r\n\r\nCRLF\r\nmixed\nlines\r",
    "Subject: \xC3\xA4\xC3\xB6 raw UTF-8\nFrom: \xC3\xA4 <a@b>\n\n\xC3\xBC\n",
    "Subject: \xE4 raw latin\nTo: \"\\\"q\\\"\" <a@b>\n\nx\n",
    "Subject: one\nSubject: two\nTo: a@b\nTo: c@d\nCc:\nBcc: Group: a@b, c@d;\n\nx\n",
    "SUBJECT: =?utf-8?Q?Re=3A_=C3=84?=\nDate: Tue, 1 Jul 2003 10:52:37 +0200\nMessage-ID: <a@b>\n\nx\n",
    "Date: nonsense\nReferences: <a@b> <c@d>\nIn-Reply-To: <e@f>\nContent-Type: text/plain; charset=UTF-8\n\nx\n",
    "Content-Type: multipart/mixed; boundary=a\nContent-Description: \xC3\xA4\n\n--a\n\npart\n--a\nContent-Type: "
    "message/rfc822\n\nSubject: in\xC3\xA4side\n\nbody\n--a--\nepilogue\n",
    "Subject: " + std::string(70'000, 'x') + "\n\ntoo large for a record\n",
};

constexpr const char* fetches[] = {
    "(UID ENVELOPE BODY BODYSTRUCTURE INTERNALDATE RFC822.SIZE)",
    "(RFC822.SIZE INTERNALDATE BODYSTRUCTURE BODY ENVELOPE UID)",
    "(ENVELOPE BODY.PEEK[HEADER] BODYSTRUCTURE BODY.PEEK[] ENVELOPE)",
    "FULL",
    "INTERNALDATE",
    "RFC822.SIZE",
    "(BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[1]<0.20> RFC822.SIZE)",
};

constexpr const char* searches[] = {
    "SUBJECT re",
    "SUBJECT \"\"",
    "FROM a",
    "TO @",
    "CC \"\"",
    "BCC c@d",
    "NOT FROM a",
    "OR SUBJECT two SUBJECT x",
    "HEADER Message-ID <",
    "HEADER DATE 2003",
    "HEADER Content-Type text",
    "HEADER received \"\"",
    "SENTSINCE 1-Jan-2004",
    "SENTON 1-Jul-2003",
    "SENTBEFORE 1-Jan-2050",
    "SINCE 1-Jan-2001",
    "BEFORE 1-Jan-2001",
    "ON 9-Sep-2001",
    "LARGER 1000",
    "SMALLER 30",
    "SUBJECT x BODY x",
    "TEXT subject",
    "NOT SENTBEFORE 1-Jan-2050 LARGER 10",
};

class Account {
public:
    explicit Account(bool with_index) : store_(std::in_place, pool_, settings(with_index)) {}
    ~Account() {
        store_.reset();  // lets go of warm folders: what their index has to write is written on the pool
        pool_.join();
    }
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    std::unique_ptr<store::Mailbox> inbox(const std::string& maildir) {
        auto opened = store_->open(maildir, "");
        const auto user = run(std::move(opened)).value();
        auto selecting = user->select("INBOX", store::Access::read_only);
        return run(std::move(selecting)).value();
    }

private:
    static store::Settings settings(bool with_index) {
        store::Settings settings;
        settings.durable = false;
        settings.check_owner = false;
        settings.index = with_index;
        return settings;
    }

    template <class T>
    T run(Task<T> task) {
        auto done = asio::co_spawn(loop_, std::move(task), asio::use_future);
        loop_.restart();
        loop_.run();
        return done.get();
    }

    asio::io_context loop_;
    asio::thread_pool pool_{2};
    std::optional<store::Store> store_;
};

/// In small pieces, so that the look into the index is a new one in the middle of a message.
std::string fetch(const store::Mailbox& mailbox, const std::string& items, bool utf8) {
    wire::ArgReader in(items);
    FetchPlan plan{mailbox.view(), {}, wire::parse_fetch_items(in).value(), utf8};
    for (std::uint32_t seq = 1; seq <= mailbox.view()->size(); ++seq) {
        plan.messages.emplace_back(seq);
    }
    FetchRenderer renderer(mailbox, std::move(plan));
    std::string all;
    for (bool done = false; !done;) {
        auto piece = renderer.next(100);
        all += piece.bytes;
        done = piece.done || piece.broken;
    }
    return all;
}

std::string search(const store::Mailbox& mailbox, const std::string& keys) {
    wire::ArgReader in(keys);
    const auto plan = SearchPlan::make(wire::parse_search(in).value(), *mailbox.view()).value();
    SearchEvaluator evaluator(mailbox, mailbox.view(), plan);
    while (!evaluator.next(std::chrono::milliseconds(1))) {
    }
    std::string all = keys + ":";
    for (const SeqNum seq : evaluator.found()) {
        all += " " + std::to_string(seq.value());
    }
    return all + "\n";
}

/// All that can be asked, of all messages.
std::string answers(const std::string& maildir, bool with_index, bool utf8) {
    Account account(with_index);
    const auto mailbox = account.inbox(maildir);
    std::string all;
    for (const char* items : fetches) {
        all += fetch(*mailbox, items, utf8);
    }
    for (const char* keys : searches) {
        all += search(*mailbox, keys);
    }
    return all;
}

/// What each says where they begin to differ; empty: they are the same.
std::string difference(const std::string& a, const std::string& b) {
    const auto [in_a, in_b] = std::ranges::mismatch(a, b);
    const auto at = static_cast<std::size_t>(in_a - a.begin());
    const std::size_t from = at > 200 ? at - 200 : 0;
    return a == b ? std::string() : a.substr(from, 400) + "\n--- and ---\n" + b.substr(from, 400);
}

struct Mail {
    Mail() {
        for (const char* name : {"cur", "new", "tmp"}) {
            fs::create_directories(folder / name);
        }
        for (const std::string& text : odd_messages) {
            add(text);
        }
        for (const auto& entry : fs::directory_iterator(fs::path(POSTRIDER_TEST_DATA) / "mime" / "data")) {
            add(test::read_file(entry.path()));
        }
    }
    static std::string name_of(std::size_t number) {
        return "cur/" + std::to_string(1'000'000'000 + number) + ".host:2,S";
    }
    void add(const std::string& text) {
        const std::string name = name_of(++count);
        folder.write(name, text);
        const auto time = std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000)) + std::chrono::days(count);
        fs::last_write_time(folder / name, std::chrono::file_clock::from_sys(time));
    }
    void remove(std::size_t number) const { fs::remove(folder / name_of(number)); }
    /// The messages' content is lost; their names stay.
    void spoil() const {
        for (const auto& entry : fs::directory_iterator(folder / "cur")) {
            std::ofstream(entry.path()) << "spoiled";
        }
    }

    test::TempFolder folder;
    std::size_t count = 0;
};

TEST_CASE("the same answers without an index, while it is made, and out of it") {
    const Mail mail;
    (void)answers(mail.folder.path(), false, false);  // they get their UIDs: nothing is \Recent in what follows
    for (const bool utf8 : {false, true}) {
        const std::string without = answers(mail.folder.path(), false, utf8);
        CHECK(without.size() > 10'000);
        CHECK_FALSE(fs::exists(mail.folder / "postrider-index"));
        CHECK(difference(answers(mail.folder.path(), true, utf8), without).empty());
        CHECK(fs::exists(mail.folder / "postrider-index/data"));
        CHECK(difference(answers(mail.folder.path(), true, utf8), without).empty());
        fs::remove_all(mail.folder / "postrider-index");
    }
}

TEST_CASE("what the index knows is told without a look at the message") {
    const Mail mail;
    const auto ask = [&] {
        Account account(true);
        const auto mailbox = account.inbox(mail.folder.path());
        // Of the last odd message the header is too large for the index.
        std::string told =
            search(*mailbox, "OR SUBJECT a OR FROM b OR HEADER message-id c OR SENTSINCE 1-Jan-2003 LARGER 500");
        return told + fetch(*mailbox, "(UID ENVELOPE BODY BODYSTRUCTURE INTERNALDATE RFC822.SIZE)", false);
    };
    mail.remove(odd_messages.size());
    const auto told = ask();
    mail.spoil();
    CHECK(difference(ask(), told).empty());
    fs::remove_all(mail.folder / "postrider-index");
    CHECK(ask() != told);
}

TEST_CASE("a message that goes between two pieces of the answer leaves the answer whole") {
    const Mail mail;
    Account account(true);
    const auto mailbox = account.inbox(mail.folder.path());
    (void)fetch(*mailbox, "(ENVELOPE BODYSTRUCTURE)", false);  // out of the index from now on
    wire::ArgReader in("(UID ENVELOPE BODY.PEEK[HEADER] BODY.PEEK[])");
    FetchPlan plan{mailbox->view(), {}, wire::parse_fetch_items(in).value(), false};
    for (std::uint32_t seq = 1; seq <= mailbox->view()->size(); ++seq) {
        plan.messages.emplace_back(seq);
    }
    FetchRenderer renderer(*mailbox, std::move(plan));
    std::string all;
    for (FetchRenderer::Piece piece; !piece.done;) {
        piece = renderer.next(1);
        all += piece.bytes;
        REQUIRE_FALSE(piece.broken);
        if (!renderer.is_between_messages()) {
            fs::remove_all(mail.folder / "cur");
        }
    }
    CHECK(all.starts_with("* 1 FETCH (UID 1 ENVELOPE ("));
    CHECK(all.ends_with(")\r\n"));
    CHECK(all.find("* 2 FETCH") == std::string::npos);
}

}  // namespace
}  // namespace postrider::imap
