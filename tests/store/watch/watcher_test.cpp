#include "store/watch/watcher.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

#include "support/catch.hpp"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "watcher-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        directory = Descriptor(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void make(const std::string& name) const { std::ofstream(path / name) << "x"; }

    fs::path path;
    Descriptor directory;
};

/// Counts calls, and waits for them.
class Calls {
public:
    void add() {
        const std::scoped_lock lock(mutex_);
        ++count_;
        news_.notify_all();
    }
    bool reaches(int count) {
        std::unique_lock lock(mutex_);
        return news_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= count; });
    }
    int count() {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

private:
    std::mutex mutex_;
    std::condition_variable news_;
    int count_ = 0;
};

TEST_CASE("a change is news at once for who asks, and wakes who waits") {
    const Folder folder;
    const auto watcher = Watcher::start();
    REQUIRE(watcher);
    Calls calls;
    const auto watch = watcher->watch({{folder.directory.get()}}, [&] { calls.add(); });
    REQUIRE(watch);
    CHECK_FALSE(watch->take_news().empty());  // what came before the watch is not known
    CHECK(watch->take_news().empty());
    folder.make("a");
    CHECK(calls.reaches(1));
    CHECK_FALSE(watch->take_news().empty());
    CHECK(watch->take_news().empty());
    fs::rename(folder.path / "a", folder.path / "b");
    CHECK_FALSE(watch->take_news().empty());
    fs::remove(folder.path / "b");
    CHECK_FALSE(watch->take_news().empty());
    CHECK(watch->take_news().empty());
}

TEST_CASE("news wake once until they are taken") {
    const Folder folder;
    const auto watcher = Watcher::start();
    Calls calls;
    const auto watch = watcher->watch({{folder.directory.get()}}, [&] { calls.add(); });
    REQUIRE_FALSE(watch->take_news().empty());
    for (int i = 0; i < 100; ++i) {
        folder.make(std::to_string(i));
    }
    CHECK(calls.reaches(1));
    CHECK_FALSE(watch->take_news().empty());
    CHECK(calls.count() == 1);
}

TEST_CASE("of a place with names only those are news") {
    const Folder folder;
    const auto watcher = Watcher::start();
    const auto watch = watcher->watch({{folder.directory.get(), {"list"}}}, [] {});
    REQUIRE_FALSE(watch->take_news().empty());
    folder.make("lock");
    CHECK(watch->take_news().empty());
    folder.make("list");
    CHECK_FALSE(watch->take_news().empty());
    fs::rename(folder.path, folder.path.string() + "-moved");
    CHECK_FALSE(watch->take_news().empty());  // the directory itself went elsewhere
    fs::rename(folder.path.string() + "-moved", folder.path);
}

TEST_CASE("two watches of one directory hear both, and the end of one is not the end of the other") {
    const Folder folder;
    const auto watcher = Watcher::start();
    auto first = watcher->watch({{folder.directory.get()}}, [] {});
    const auto second = watcher->watch({{folder.directory.get()}}, [] {});
    REQUIRE_FALSE(first->take_news().empty());
    REQUIRE_FALSE(second->take_news().empty());
    folder.make("a");
    CHECK_FALSE(first->take_news().empty());
    CHECK_FALSE(second->take_news().empty());
    first.reset();
    folder.make("b");
    CHECK_FALSE(second->take_news().empty());
}

TEST_CASE("events that were lost are news for everybody") {
    int most = 0;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    if (most > 20'000) {
        WARN("fs.inotify.max_queued_events is " << most << ": too many to overflow here");
        return;
    }
    const Folder busy;
    const Folder quiet;
    const auto watcher = Watcher::start();
    const auto of_busy = watcher->watch({{busy.directory.get(), {"nothing"}}}, [] {});
    const auto of_quiet = watcher->watch({{quiet.directory.get()}}, [] {});
    REQUIRE_FALSE(of_busy->take_news().empty());
    REQUIRE_FALSE(of_quiet->take_news().empty());
    // Faster than the watcher's thread, or it would not be lost: so nothing is asserted but that nothing is missed.
    quiet.make("a");
    busy.make("x");
    for (int i = 0; i < most; ++i) {
        fs::rename(busy.path / (i % 2 == 0 ? "x" : "y"), busy.path / (i % 2 == 0 ? "y" : "x"));
    }
    CHECK_FALSE(of_quiet->take_news().empty());
}

TEST_CASE("what is no directory cannot be watched") {
    const auto watcher = Watcher::start();
    CHECK(watcher->watch({{-1}}, [] {}) == nullptr);
}

}  // namespace
}  // namespace postrider::store
