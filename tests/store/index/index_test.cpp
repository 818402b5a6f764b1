// The account's index: kept behind, found again, shared, and never waited for.
#include "store/index/index.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "store/index.hpp"
#include "store/index/index_folder.hpp"
#include "store/index/tree_reader.hpp"
#include "support/catch.hpp"

namespace postrider::store::index {
namespace {

using namespace testing;
using namespace std::chrono_literals;

/// What a process has: a pool, an alarm, an index; and a way to wait until it has written.
struct Process {
    explicit Process(const IndexFolder& place) : index(Index::open(place.maildir.get(), place.settings, pool, alarm)) {}
    ~Process() {
        index.reset();
        pool.join();
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    IndexedFolder folder() const { return {index, 7, UidValidity(1)}; }
    /// Waits for all batches begun so far.
    void settle() {
        index->flush();
        pool.join();
    }

    asio::thread_pool pool{2};
    std::shared_ptr<Alarm> alarm = Alarm::start();
    std::shared_ptr<Index> index;
};

Settings quick() {
    Settings settings;
    settings.durable = false;
    settings.index_most_bytes = 16 << 20;
    return settings;
}

Message message(std::uint32_t uid, const char* name = "name") {
    Message message;
    message.uid = Uid(uid);
    message.name = name;
    return message;
}

HeaderFacts facts_of(std::string_view envelope) {
    HeaderFacts facts;
    facts.envelope = envelope;
    return facts;
}

/// The log's lines while it lives.
class Log {
public:
    Log() {
        set_log_sink([this](LogLevel, std::string_view line, Protocol) {
            const std::scoped_lock lock(mutex_);
            lines_ += std::string(line) + "\n";
        });
    }
    ~Log() { set_log_sink({}); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    std::string text() const {
        const std::scoped_lock lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    std::string lines_;
};

/// True as soon as it holds; false after ten seconds.
template <class F>
bool comes_true(F holds) {
    for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
        if (holds()) {
            return true;
        }
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

TEST_CASE("what a look keeps the next process finds") {
    IndexFolder place(quick());
    {
        Process process(place);
        auto look = process.folder().look();
        CHECK(look.wants_facts());
        CHECK_FALSE(look.header(message(1)));
        look.keep(message(1), facts_of("(one)"));
        StructureFacts structure;
        structure.wire_size = 5;
        look.keep(message(1), structure);
        look = IndexLook(process.folder().look());
        process.settle();
    }
    Process process(place);
    auto look = process.folder().look();
    REQUIRE(look.header(message(1)));
    CHECK(look.header(message(1))->envelope == "(one)");
    CHECK(look.structure(message(1))->wire_size == 5);
    CHECK_FALSE(look.header(message(2)));
    CHECK_FALSE(look.header(message(1, "another message")));
    CHECK(look.header(message(1, "name:2,S")));
}

TEST_CASE("a look's values stay while the other kind is looked at") {
    IndexFolder place(quick());
    Process process(place);
    {
        auto look = process.folder().look();
        const std::string long_text(3000, 'x');
        for (std::uint32_t uid = 1; uid < 50; ++uid) {
            look.keep(message(uid), facts_of(long_text));
            StructureFacts structure;
            structure.body = long_text;
            look.keep(message(uid), structure);
        }
    }
    process.settle();
    auto look = process.folder().look();
    const auto header = look.header(message(30));
    const auto structure = look.structure(message(40));
    REQUIRE(header);
    REQUIRE(structure);
    CHECK(header->envelope == std::string(3000, 'x'));
    CHECK(structure->body == std::string(3000, 'x'));
}

TEST_CASE("a few records are written after a second without being asked for") {
    IndexFolder place(quick());
    Process process(place);
    {
        auto look = process.folder().look();
        look.keep(message(1), facts_of("(one)"));
    }
    CHECK_FALSE(fs::exists(place.file()));
    CHECK(comes_true([&] { return process.folder().look().header(message(1)).has_value(); }));
}

using Blocks = std::map<Uid, std::vector<StateFacts>>;

Blocks blocks_of(std::uint32_t first, std::uint32_t last, ModSeq mod_seq) {
    Blocks blocks;
    for (std::uint32_t uid = first; uid <= last; ++uid) {
        blocks[block_of(Uid(uid))].push_back({Uid(uid), mod_seq, Flag::seen, {"key"}});
    }
    return blocks;
}

FolderFacts folder_at(std::uint64_t mod_seq) {
    return {ModSeq(mod_seq), Uid(1001), 1000, std::chrono::sys_seconds()};
}

TEST_CASE("states: the last ones of a block, in order, as long as the folder is there") {
    IndexFolder place(quick());
    const auto write = [&](const auto& work) {
        Process process(place);
        work(process);
        process.settle();
    };
    const auto seen = [&](std::uint64_t inode = 7, UidValidity uid_validity = UidValidity(1)) {
        Process process(place);
        return IndexedFolder(process.index, inode, uid_validity).states();
    };
    write([](const Process& process) {
        process.folder().keep(folder_at(1), blocks_of(1, 1000, ModSeq(1)), {});
        process.folder().keep(folder_at(2), blocks_of(257, 300, ModSeq(2)), {});
        IndexedFolder(process.index, 8, UidValidity(1)).keep(folder_at(9), {}, {});
    });
    const auto found = seen();
    REQUIRE(found);
    CHECK(found->folder == folder_at(2));
    REQUIRE(found->messages.size() == 256 + 44 + 488);
    CHECK(std::ranges::is_sorted(found->messages, {}, &StateFacts::uid));
    CHECK(found->messages[255].mod_seq == ModSeq(1));
    CHECK(found->messages[256].mod_seq == ModSeq(2));
    CHECK(found->messages[300].uid == Uid(513));
    CHECK_FALSE(seen(7, UidValidity(2)));

    write([](const Process& process) {
        process.folder().forget({Uid(1), Uid(1000)});
        process.folder().keep(folder_at(3), {}, {Uid(1), Uid(77'057)});
    });
    CHECK(seen()->messages.size() == 44 + 488);
    CHECK(Process(place).folder().folder_facts() == folder_at(3));
    write([](const Process& process) { process.index->forget_folder(7); });
    CHECK_FALSE(seen());
    CHECK(seen(8)->folder == folder_at(9));
}

TEST_CASE("a block that is too large for the index is none, not an old one") {
    IndexFolder place(quick());
    Process process(place);
    process.folder().keep(folder_at(1), blocks_of(1, 20, ModSeq(1)), {});
    Blocks large = blocks_of(1, 200, ModSeq(2));
    for (StateFacts& state : large.begin()->second) {
        state.keywords.assign(10, std::string(limits::keyword_bytes, 'k'));
    }
    process.folder().keep(folder_at(2), large, {});
    process.settle();
    CHECK(process.folder().states()->folder == folder_at(2));
    CHECK(process.folder().states()->messages.empty());
}

TEST_CASE("when a message came: from the first moment, and in the next process") {
    IndexFolder place(quick());
    const std::chrono::sys_seconds then(std::chrono::seconds(1'000'000'000));
    {
        Process process(place);
        process.folder().keep_saved({{Uid(5), "name"}, {Uid(6), "name"}}, then);
        auto look = process.folder().look();
        CHECK(look.saved(message(5)) == then);
        CHECK(look.saved(message(6)) == then);
        CHECK_FALSE(look.saved(message(4)));
        CHECK_FALSE(look.saved(message(7)));
        CHECK_FALSE(IndexedFolder(process.index, 8, UidValidity(1)).look().saved(message(5)));
        process.settle();
    }
    {
        Process process(place);
        auto look = process.folder().look();
        CHECK(look.saved(message(5, "name:2,S")) == then);
        CHECK_FALSE(look.saved(message(5, "another message")));
        process.folder().forget({Uid(5)});
        process.settle();
    }
    Process process(place);
    CHECK_FALSE(process.folder().look().saved(message(5)));
    CHECK(process.folder().look().saved(message(6)) == then);
}

TEST_CASE("arrivals that came long ago make room") {
    RecentArrivals arrivals;
    const auto second = [](std::uint32_t n) { return std::chrono::sys_seconds(std::chrono::seconds(n)); };
    constexpr auto runs = static_cast<std::uint32_t>(RecentArrivals::least_runs);
    for (std::uint32_t n = 1; n <= 2 * runs + 1; ++n) {
        arrivals.add(1, Uid(10 * n), Uid(10 * n + 5), second(n));
    }
    CHECK_FALSE(arrivals.find(1, Uid(10)));
    CHECK(arrivals.find(1, Uid(10 * (runs + 2))) == second(runs + 2));
    CHECK(arrivals.find(1, Uid(20 * runs + 15)) == second(2 * runs + 1));
    CHECK_FALSE(arrivals.find(1, Uid(20 * runs + 16)));
    CHECK_FALSE(arrivals.find(2, Uid(20 * runs + 15)));
}

TEST_CASE("two processes write to one index, and each finds what the other wrote") {
    IndexFolder place(quick());
    Process one(place);
    Process two(place);
    const auto write = [](const Process& process, std::uint32_t first) {
        for (std::uint32_t uid = first; uid < first + 2000; ++uid) {
            auto look = process.folder().look();
            look.keep(message(uid), facts_of("(" + std::to_string(uid) + ")"));
        }
    };
    std::thread other([&] { write(two, 10'000); });
    write(one, 1);
    other.join();
    const auto finds = [](const Process& process, std::uint32_t first) {
        auto look = process.folder().look();
        std::uint32_t found = 0;
        for (std::uint32_t uid = first; uid < first + 2000; ++uid) {
            const auto facts = look.header(message(uid));
            found += facts && facts->envelope == "(" + std::to_string(uid) + ")" ? 1 : 0;
        }
        return found == 2000;
    };
    CHECK(comes_true([&] { return finds(one, 1) && finds(one, 10'000) && finds(two, 1) && finds(two, 10'000); }));
}

TEST_CASE("readers beside a writer see whole records or none") {
    IndexFolder place(quick());
    Process process(place);
    std::atomic<bool> ends = false;
    std::atomic<std::uint32_t> wrong = 0;
    std::thread reader([&] {
        while (!ends) {
            auto look = process.folder().look();
            for (std::uint32_t uid = 1; uid < 200; ++uid) {
                const auto facts = look.header(message(uid));
                wrong += facts && facts->envelope.size() != 10 * uid ? 1 : 0;
            }
        }
    });
    for (std::uint32_t round = 0; round < 100; ++round) {
        auto look = process.folder().look();
        for (std::uint32_t uid = 1; uid < 200; ++uid) {
            look.keep(message(uid), facts_of(std::string(std::size_t{10} * uid, static_cast<char>('a' + round % 26))));
        }
        look = IndexLook(process.folder().look());
        process.index->flush();
    }
    ends = true;
    reader.join();
    CHECK(wrong == 0);
}

TEST_CASE("what finds no room in the queue is forgotten") {
    IndexFolder place(quick());
    Process process(place);
    std::promise<void> go;
    const auto gate = go.get_future().share();
    for (int thread = 0; thread < 2; ++thread) {
        asio::post(process.pool, [gate] { gate.wait(); });  // so that nothing is written meanwhile
    }
    const auto records = batch_of(1, 200, 60'000).records;
    std::size_t kept = 0;
    for (std::size_t bytes = 0; process.index->wants_records(); bytes += 60'000) {
        CHECK(bytes <= limits::index_pending_bytes);
        process.index->keep({records.at(kept++)});
    }
    process.index->keep({records.at(kept)});
    go.set_value();
    process.settle();
    TreeReader reader(process.index->file()->get());
    CHECK(reader.find(records[kept - 1].key));
    CHECK_FALSE(reader.find(records[kept].key));
    CHECK(process.index->wants_records());
}

TEST_CASE("what is too large is not kept") {
    IndexFolder place(quick());
    Process process(place);
    auto look = process.folder().look();
    look.keep(message(1), facts_of(std::string(limits::index_record_bytes, 'x')));
    look.keep(message(2), facts_of(std::string(limits::index_record_bytes - 1000, 'x')));
    look = IndexLook(process.folder().look());
    process.settle();
    look = IndexLook(process.folder().look());
    CHECK_FALSE(look.header(message(1)));
    CHECK(look.header(message(2)));
}

TEST_CASE("an index that cannot be written is told of once, and mail goes on from its files") {
    IndexFolder place(quick());
    place.folder.write(folder_name, "a file");
    const Log log;
    Process process(place);
    for (std::uint32_t uid = 1; uid < 3; ++uid) {
        process.index->keep({{key_of(7, RecordKind::header, Uid(uid)), "value"}});
        process.index->flush();
    }
    CHECK(comes_true([&] { return !process.folder().look().wants_facts(); }));
    process.pool.join();
    CHECK(log.text() == "the index is not written: postrider-index: no directory\n");
}

TEST_CASE("a full index is begun anew, with a line in the log") {
    Settings settings = quick();
    settings.index_most_bytes = 1 << 20;
    IndexFolder place(settings);
    const Log log;
    Process process(place);
    for (std::uint32_t round = 0; round < 2; ++round) {
        process.index->keep(batch_of(1000 * round, 300, 1000).records);
        process.index->flush();
        REQUIRE(comes_true([&] {
            const auto file = process.index->file();
            return file && TreeReader(file->get()).find(key_of(7, RecordKind::header, Uid(1000 * round))).has_value();
        }));
    }
    CHECK(log.text() == "the index was begun anew: INDEX_MAX_SIZE\n");
}

TEST_CASE("without an index every look is in vain") {
    const IndexedFolder none;
    auto look = none.look();
    CHECK_FALSE(look.wants_facts());
    CHECK_FALSE(look.header(message(1)));
    look.keep(message(1), facts_of("(one)"));
    none.keep(FolderFacts{}, {}, {});
    none.keep_saved({{Uid(1), "name"}}, {});
    none.forget({Uid(1)});
    CHECK_FALSE(none.states());
    CHECK_FALSE(none.folder_facts());
    CHECK_FALSE(look.saved(message(1)));
}

TEST_CASE("an alarm calls in order, and ends with calls left") {
    std::mutex mutex;
    std::string called;
    {
        const auto alarm = Alarm::start();
        const auto call = [&](char c) {
            return [&, c] {
                const std::scoped_lock lock(mutex);
                called += c;
            };
        };
        alarm->after(20ms, call('b'));
        alarm->after(0ms, call('a'));
        alarm->after(1h, call('c'));
        CHECK(comes_true([&] {
            const std::scoped_lock lock(mutex);
            return called == "ab";
        }));
    }
    CHECK(called == "ab");
}

}  // namespace
}  // namespace postrider::store::index
