// COPY and APPEND: messages on their way into a folder of the account. Durability: docs/architecture.md.
#include <boost/asio/strand.hpp>
#include <optional>
#include <utility>

#include "store/folder.hpp"
#include "store/maildir/delivery.hpp"
#include "store/patience.hpp"
#include "store/user.hpp"

namespace postrider::store {

namespace {

/// A hard link of a message on its way into another folder, with its flags and keywords.
Result<maildir::Delivery> linked(Folder& source, const maildir::Delivery::SharedDirectory& target_tmp,
                                 const Snapshot& snapshot, const Message& message, const Settings& settings) {
    const auto durability = settings.durable ? maildir::Durability::durable : maildir::Durability::relaxed;
    auto delivery = maildir::Delivery::link(target_tmp, settings.host_name, source.files().cur(),
                                            std::string(message.name), durability);
    if (delivery) {
        delivery->flags = message.flags;
        for (const KeywordId id : message.keywords) {
            delivery->keywords.push_back(snapshot.keyword_table()[id]);
        }
    }
    return delivery;
}

}  // namespace

Result<Copied> User::copy_now(Folder& source, const std::vector<Uid>& uids, const std::string& target, Adds adds) {
    auto destination = folder(target);
    if (!destination) {
        return destination.error();
    }
    const auto now = std::chrono::system_clock::now();
    const auto fresh = source.refresh(now);
    if (!fresh) {
        return fresh.error();
    }
    const auto target_tmp = maildir::Delivery::open_tmp((*destination)->files().folder());
    if (!target_tmp) {
        return target_tmp.error();
    }
    std::vector<maildir::Delivery> deliveries;
    deliveries.reserve(uids.size());
    for (const Uid uid : uids) {
        const Message* message = (*fresh)->find(uid);
        if (message == nullptr) {
            return Error(Code::expunged, "a message to be copied is gone");
        }
        auto delivery = linked(source, *target_tmp, **fresh, *message, settings_);
        if (!delivery) {
            return delivery.error();
        }
        deliveries.push_back(std::move(*delivery));
    }
    if (deliveries.empty()) {
        return Copied{};
    }
    auto delivered = (*destination)->deliver(deliveries, now, adds);
    if (!delivered) {
        return delivered.error();
    }
    keep_warm(*destination);
    return Copied{delivered->uid_validity, uids, std::move(delivered->uids)};
}

struct Upload::State {
    std::shared_ptr<User> user;
    std::shared_ptr<Folder> folder;
    PoolStrand strand;  ///< for the temporary file: beside the account's own strand
    std::optional<maildir::Delivery> delivery;
};

Upload::Upload(std::shared_ptr<User> user, std::shared_ptr<Folder> folder) {
    auto strand = asio::make_strand(user->pool_.get_executor());
    state_ = std::make_shared<State>(State{std::move(user), std::move(folder), std::move(strand), std::nullopt});
}

Upload::~Upload() = default;

Task<Result<std::unique_ptr<Upload>>> User::begin_append(std::string name) {
    auto work = [self = shared_from_this(), name = std::move(name)]() -> Result<std::unique_ptr<Upload>> {
        auto target = self->folder(name);
        if (!target) {
            return target.error();
        }
        auto delivery = maildir::Delivery::create((*target)->files().folder(), self->settings_.host_name);
        if (!delivery) {
            return delivery.error();
        }
        auto upload = std::make_unique<Upload>(self, std::move(*target));
        upload->state_->delivery = std::move(*delivery);
        return upload;
    };
    co_return co_await on_strand(strand_, std::move(work));
}

Task<Result<void>> Upload::write(std::string bytes) {
    auto work = [state = state_, bytes = std::move(bytes)] { return state->delivery->write(bytes); };
    co_return co_await on_pool(state_->strand, std::move(work));
}

Task<Result<Upload::Stored>> Upload::finish(Flags flags, std::vector<std::string> keywords,
                                            std::optional<std::chrono::sys_seconds> date) {
    state_->delivery->flags = flags;
    state_->delivery->keywords = std::move(keywords);
    auto sync = [state = state_, date] {
        const bool durable = state->user->settings_.durable;
        return state->delivery->finish(date, durable ? maildir::Durability::durable : maildir::Durability::relaxed);
    };
    auto synced = co_await on_pool(state_->strand, std::move(sync));
    if (!synced) {
        co_return synced.error();
    }
    auto work = [state = state_]() -> Result<Stored> {
        std::vector<maildir::Delivery> deliveries;
        deliveries.push_back(std::move(*state->delivery));
        auto delivered = state->folder->deliver(deliveries, std::chrono::system_clock::now());
        state->delivery = std::move(deliveries.front());  // for the next try, where the folder is locked
        if (!delivered) {
            return delivered.error();
        }
        state->user->keep_warm(state->folder);  // the next APPEND has not to read the UID list
        return Stored{delivered->uid_validity, delivered->uids.front()};
    };
    co_return co_await on_strand(state_->user->strand_, std::move(work));
}

}  // namespace postrider::store
