// Folders stay open after their last session, for a while and not without bound.
#include "store/warm_folders.hpp"

#include <boost/asio/thread_pool.hpp>

#include "core/limits.hpp"
#include "store/folder.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir::testing;

namespace {

constexpr std::size_t most_folders = 8;

struct Warm {
    asio::thread_pool pool{1};
    Maildir maildir;
    std::shared_ptr<WarmFolders> warm = std::make_shared<WarmFolders>(pool, nullptr, most_folders);
    WarmFolders::Time start = std::chrono::steady_clock::now();

    std::weak_ptr<Folder> keep(std::chrono::seconds after = {}) {
        const auto strand = asio::make_strand(pool.get_executor());
        const auto folder = std::make_shared<Folder>(maildir.folder(), Settings{}, strand, nullptr);
        warm->keep(nullptr, folder, start + after);
        return folder;
    }
};

}  // namespace

TEST_CASE("a folder is kept for its time after its last use") {
    Warm test;
    const auto folder = test.keep();
    test.warm->sweep(test.start + limits::warm_time - std::chrono::seconds(1));
    REQUIRE_FALSE(folder.expired());
    test.warm->keep(nullptr, folder.lock(), test.start + std::chrono::seconds(60));
    test.warm->sweep(test.start + limits::warm_time);
    CHECK_FALSE(folder.expired());
    test.warm->sweep(test.start + limits::warm_time + std::chrono::seconds(60));
    CHECK(folder.expired());
}

TEST_CASE("the folder used longest ago makes room") {
    Warm test;
    const auto first = test.keep();
    const auto second = test.keep();
    for (std::size_t i = 2; i < most_folders; ++i) {
        test.keep();
    }
    CHECK_FALSE(first.expired());
    test.keep();
    CHECK(first.expired());
    CHECK_FALSE(second.expired());
    test.warm->clear();
    CHECK(second.expired());
}

TEST_CASE("messages of a folder that was only delivered to count for the bound") {
    Warm test;
    const auto strand = asio::make_strand(test.pool.get_executor());
    Folder folder(test.maildir.folder(), Settings{}, strand, nullptr);
    CHECK(folder.known_messages() == 0);
    std::vector<maildir::Delivery> deliveries;
    deliveries.push_back(delivery(folder.files()));
    REQUIRE(ok(folder.deliver(deliveries, now())));
    CHECK(folder.snapshot() == nullptr);
    CHECK(folder.known_messages() == 1);
    REQUIRE(ok(folder.refresh(now())));
    CHECK(folder.known_messages() == 1);
}
