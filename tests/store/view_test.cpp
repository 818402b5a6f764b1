// Random histories of a folder, followed by clients that see nothing but what they are told.
#include "store/view.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "store/maildir/filename.hpp"
#include "store/snapshot_update.hpp"
#include "support/catch.hpp"

namespace postrider::store {
namespace {

/// A folder as the disk has it, and the snapshots made of it.
class History {
public:
    explicit History(unsigned seed) : random_(seed) {
        scan_.uid_validity = UidValidity(7);
        scan_.uid_next = Uid(1);
        arrive(static_cast<std::size_t>(below(700)));
        newest = first_snapshot(scan_, tick());
    }

    /// One change of a random kind. Arrivals and what other programs do come by a scan; our own by the shorter ways.
    void step() {
        switch (below(5)) {
            case 0:
                arrive(below(8) == 0 ? static_cast<std::size_t>(below(400)) : 1);
                newest = with_scan(newest, scan_, tick());
                break;
            case 1:
                change_flags();
                break;
            case 2:
                expunge();
                break;
            case 3:
                rename_by_others();
                newest = with_scan(newest, scan_, tick());
                break;
            default:
                set_keywords();
                newest = with_scan(newest, scan_, tick());
        }
    }

    std::vector<Uid> take_recent() { return std::exchange(recent_, {}); }
    std::uint32_t below(std::uint32_t limit) {
        return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
    }
    const maildir::Scan& disk() const { return scan_; }

    SnapshotPtr newest;

private:
    ModSeq tick() { return mod_seq_ = mod_seq_.next(); }

    void arrive(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const Uid uid = scan_.uid_next;
            scan_.uid_next = uid.next();
            scan_.messages.push_back({uid, owned(std::to_string(uid.value()) + ".host:2,")});
            recent_.push_back(uid);
        }
    }

    std::vector<std::size_t> some() {
        std::vector<std::size_t> chosen;
        const std::uint32_t one_in = 1 + below(20) * below(20);
        for (std::size_t i = 0; i < scan_.messages.size(); ++i) {
            if (below(one_in) == 0) {
                chosen.push_back(i);
            }
        }
        return chosen;
    }

    Flags any_flags() {
        Flags flags;
        for (const Flag flag : {Flag::draft, Flag::flagged, Flag::answered, Flag::seen, Flag::deleted}) {
            flags = below(2) == 0 ? flags | flag : flags;
        }
        return flags;
    }

    void change_flags() {
        std::vector<MessageChange> changes;
        for (const std::size_t i : some()) {
            auto& message = scan_.messages[i];
            const Message* before = newest->find(message.uid);
            const Flags flags = any_flags();
            message.name = owned(maildir::with_flags(message.name, flags));
            changes.push_back(
                {message.uid, flags, {before->keywords.begin(), before->keywords.end()}, std::string(message.name)});
        }
        newest = with_changes(newest, changes, newest->shared_keyword_table(), tick());
    }

    void rename_by_others() {
        for (const std::size_t i : some()) {
            scan_.messages[i].name = owned(maildir::with_flags(scan_.messages[i].name, any_flags()));
        }
    }

    void expunge() {
        std::vector<Uid> gone;
        for (const std::size_t i : some()) {
            gone.push_back(scan_.messages[i].uid);
        }
        std::erase_if(scan_.messages,
                      [&](const auto& message) { return std::ranges::binary_search(gone, message.uid); });
        std::erase_if(recent_, [&](Uid uid) { return std::ranges::binary_search(gone, uid); });
        newest = below(2) == 0 ? without(newest, gone, tick()) : with_scan(newest, scan_, tick());
    }

    void set_keywords() {
        scan_.keywords.clear();
        for (const std::size_t i : some()) {
            const std::string base(maildir::base_of(scan_.messages[i].name));
            scan_.keywords[base] = {"k" + std::to_string(below(5))};
        }
    }

    std::string_view owned(std::string name) { return names_.emplace_back(std::move(name)); }

    std::mt19937 random_;
    std::deque<std::string> names_;  ///< of scan_
    maildir::Scan scan_;
    std::vector<Uid> recent_;
    ModSeq mod_seq_{1};
};

/// What a client believes of one message.
struct Belief {
    Uid uid;
    Flags flags;
    std::vector<KeywordId> keywords;
    friend bool operator==(const Belief&, const Belief&) = default;
};

Belief belief_of(const Message& message) {
    return {message.uid, message.flags, {message.keywords.begin(), message.keywords.end()}};
}

/// Moves its view on, and hears of it only by the Changes; it asks only for what is new to it.
class Client {
public:
    explicit Client(const SnapshotPtr& first)
        : view_(std::make_shared<const View>(first, std::vector<View::Held>(), std::vector<Uid>())) {
        learn_arrivals();
    }

    void move_on(const SnapshotPtr& newest, const std::vector<Uid>& recent, Expunges expunges) {
        const std::size_t recent_before = view_->recent_count();
        auto [view, changes] = view_->advanced(newest, recent, expunges);
        view_ = std::move(view);
        if (expunges == Expunges::hold_back) {
            REQUIRE(changes.expunged.empty());
        }
        for (const SeqNum seq : changes.expunged) {
            REQUIRE(seq.value() >= 1);
            REQUIRE(seq.value() <= known_.size());
            known_.erase(known_.begin() + (seq.value() - 1));
        }
        if (changes.counts) {
            REQUIRE(view_->size() >= known_.size());
            learn_arrivals();
        }
        CHECK((changes.counts || view_->recent_count() == recent_before));
        REQUIRE(std::ranges::is_sorted(changes.flags));
        for (const SeqNum seq : changes.flags) {
            REQUIRE(seq.value() <= known_.size());
            REQUIRE(known_[seq.value() - 1].uid == view_->at(seq).uid);
            known_[seq.value() - 1] = belief_of(view_->at(seq));
        }
    }

    /// Everything the client believes is so.
    void check() const {
        REQUIRE(known_.size() == view_->size());
        std::vector<Belief> present;
        for (std::uint32_t n = 1; n <= known_.size(); ++n) {
            const SeqNum seq(n);
            REQUIRE(view_->at(seq).uid == known_[n - 1].uid);
            REQUIRE(view_->seq_of(known_[n - 1].uid) == seq);
            const bool exists = view_->snapshot().find(known_[n - 1].uid) != nullptr;
            REQUIRE(view_->is_held(seq) != exists);
            if (exists) {
                present.push_back(known_[n - 1]);
            }
        }
        std::vector<Belief> real;
        for (std::size_t i = 0; i < view_->snapshot().size(); ++i) {
            real.push_back(belief_of(view_->snapshot().at(i)));
        }
        REQUIRE(present == real);
        REQUIRE(view_->last_uid() == (known_.empty() ? Uid() : known_.back().uid));
    }

    std::size_t size() const { return known_.size(); }
    std::size_t real_size() const { return view_->snapshot().size(); }

private:
    void learn_arrivals() {
        while (known_.size() < view_->size()) {
            known_.push_back(belief_of(view_->at(SeqNum(static_cast<std::uint32_t>(known_.size() + 1)))));
        }
    }

    std::shared_ptr<const View> view_;
    std::vector<Belief> known_;
};

void check_snapshot(const Snapshot& snapshot, const maildir::Scan& disk) {
    std::vector<std::pair<Uid, std::string>> have;
    std::vector<std::pair<Uid, std::string>> wanted;
    for (const auto& chunk : snapshot.chunks()) {
        REQUIRE(chunk->size() > 0);
        REQUIRE(chunk->size() <= Snapshot::chunk_messages);
        for (const Message& message : *chunk) {
            have.emplace_back(message.uid, message.name);
            REQUIRE(message.flags == maildir::flags_of(message.name));
            REQUIRE(snapshot.find(message.uid) == &message);
            REQUIRE(snapshot.at(snapshot.rank(message.uid)).uid == message.uid);
        }
    }
    for (const auto& message : disk.messages) {
        wanted.emplace_back(message.uid, message.name);
    }
    REQUIRE(have == wanted);
    REQUIRE(snapshot.size() == wanted.size());
    REQUIRE(snapshot.uid_next() == disk.uid_next);
}

TEST_CASE("a client that is told the changes knows exactly the messages of the folder", "[property]") {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        History history(seed);
        history.take_recent();
        Client eager(history.newest);
        Client lazy(history.newest);
        for (int round = 0; round < 40; ++round) {
            history.step();
            check_snapshot(*history.newest, history.disk());
            const auto expunges = history.below(3) == 0 ? Expunges::may_send : Expunges::hold_back;
            eager.move_on(history.newest, history.take_recent(), expunges);
            eager.check();
            if (history.below(6) == 0) {
                lazy.move_on(history.newest, {}, history.below(2) == 0 ? Expunges::may_send : Expunges::hold_back);
                lazy.check();
            }
        }
        eager.move_on(history.newest, {}, Expunges::may_send);
        lazy.move_on(history.newest, {}, Expunges::may_send);
        eager.check();
        lazy.check();
        CHECK(eager.size() == eager.real_size());
        CHECK(lazy.size() == lazy.real_size());
    }
}

/// A folder of `count` messages with UIDs 1, 2, ...
maildir::Scan plain_scan(std::uint32_t count) {
    static std::deque<std::string> names;
    maildir::Scan scan;
    scan.uid_validity = UidValidity(1);
    scan.uid_next = Uid(count + 1);
    for (std::uint32_t uid = 1; uid <= count; ++uid) {
        scan.messages.push_back({Uid(uid), names.emplace_back(std::to_string(uid) + ".h:2,")});
    }
    return scan;
}

std::size_t shared_chunks(const Snapshot& a, const Snapshot& b) {
    return static_cast<std::size_t>(std::ranges::count_if(
        a.chunks(), [&](const auto& chunk) { return std::ranges::count(b.chunks(), chunk) > 0; }));
}

TEST_CASE("a change of one message leaves every other chunk as it is") {
    const auto first = first_snapshot(plain_scan(1000), ModSeq(1));
    REQUIRE(first->chunks().size() == 4);
    const MessageChange change{Uid(300), Flag::seen, {}, "300.h:2,S"};
    CHECK(shared_chunks(*first, *with_changes(first, {change}, first->shared_keyword_table(), ModSeq(2))) == 3);
    CHECK(shared_chunks(*first, *without(first, {Uid(300)}, ModSeq(2))) == 3);
    auto scan = plain_scan(1000);
    CHECK(with_scan(first, scan, ModSeq(2)) == first);
    scan.messages[299].name = "300.h:2,F";
    CHECK(shared_chunks(*first, *with_scan(first, scan, ModSeq(2))) == 3);
    CHECK(shared_chunks(*first, *with_scan(first, plain_scan(1001), ModSeq(2))) >= 3);
}

TEST_CASE("a message below UIDNEXT that was never announced is left out") {
    auto scan = plain_scan(3);
    scan.uid_next = Uid(6);
    const auto first = first_snapshot(scan, ModSeq(1));
    scan.messages.push_back({Uid(5), "late.h:2,"});
    scan.messages.push_back({Uid(6), "new.h:2,"});
    scan.uid_next = Uid(7);
    const auto next = with_scan(first, scan, ModSeq(2));
    CHECK(next->size() == 4);
    CHECK(next->find(Uid(5)) == nullptr);
    CHECK(next->find(Uid(6)) != nullptr);
}

TEST_CASE("a file renamed without a change of flags is no news") {
    auto scan = plain_scan(2);
    const auto first = first_snapshot(scan, ModSeq(1));
    scan.messages[0].name = "1.h:2,a";
    const auto next = with_scan(first, scan, ModSeq(2));
    CHECK(next->at(0).name == "1.h:2,a");
    const View view(first, {}, {});
    CHECK(view.advanced(next, {}, Expunges::may_send).changes == Changes{});
}

TEST_CASE("recent messages are counted until they are told as expunged") {
    const auto first = first_snapshot(plain_scan(1), ModSeq(1));
    const auto second = with_scan(first, plain_scan(3), ModSeq(2));
    const View view(first, {}, {});
    auto step = view.advanced(second, {Uid(2), Uid(3)}, Expunges::hold_back);
    CHECK(step.changes.counts);
    CHECK(step.view->recent_count() == 2);
    step = step.view->advanced(without(second, {Uid(2)}, ModSeq(3)), {}, Expunges::hold_back);
    CHECK(step.view->recent_count() == 2);
    CHECK(step.view->is_recent(Uid(2)));
    step = step.view->advanced(without(second, {Uid(2)}, ModSeq(3)), {}, Expunges::may_send);
    CHECK(step.changes.expunged == std::vector{SeqNum(2)});
    CHECK(step.changes.counts);
    CHECK(step.view->recent_count() == 1);
}

TEST_CASE("messages that turn out recent after they were announced are counted") {
    const auto first = first_snapshot(plain_scan(1), ModSeq(1));
    const auto second = with_scan(first, plain_scan(2), ModSeq(2));
    const View view(first, {}, {});
    const auto announced = view.advanced(second, {}, Expunges::hold_back);
    CHECK(announced.view->recent_count() == 0);
    const auto later = announced.view->advanced(second, {Uid(2)}, Expunges::hold_back);
    CHECK(later.changes.counts);
    CHECK(later.view->recent_count() == 1);
}

TEST_CASE("keyword names compare without case and keep their first spelling; none on disk is left out") {
    std::shared_ptr<const KeywordTable> table = std::make_shared<const KeywordTable>();
    CHECK(keyword_ids({"Work", "home"}, table) == std::vector<KeywordId>{0, 1});
    CHECK(keyword_ids({"HOME", "WORK", "work"}, table) == std::vector<KeywordId>{0, 1});
    CHECK(*table == KeywordTable{"Work", "home"});
    std::vector<std::string> many;
    for (int i = 0; i < 1100; ++i) {
        many.push_back("k" + std::to_string(i));
    }
    CHECK(keyword_ids(many, table).size() == 1100);
    CHECK(table->size() == 1102);
}

TEST_CASE("modification numbers rise, also when the clock stands or goes back") {
    const ModSeq now = next_mod_seq(ModSeq());
    CHECK(next_mod_seq(now) > now);
    const ModSeq future(now.value() + 1'000'000'000'000);
    CHECK(next_mod_seq(future) == future.next());
}

}  // namespace
}  // namespace postrider::store
