#include "store/mailbox.hpp"

#include <boost/asio/strand.hpp>
#include <utility>

#include "store/folder.hpp"
#include "store/maildir/folder_name.hpp"
#include "store/patience.hpp"
#include "store/user.hpp"

namespace postrider::store {

Mailbox::Mailbox(std::shared_ptr<User> user, std::shared_ptr<Folder> folder, std::string name, Access access)
    : user_(std::move(user)),
      folder_(std::move(folder)),
      name_(std::move(name)),
      access_(access),
      reading_(asio::make_strand(user_->pool_.get_executor())) {}

Mailbox::~Mailbox() {
    on_change({});
}

Task<Result<Changes>> Mailbox::sync(Expunges expunges) {
    auto work = [folder = folder_]() -> Result<void> {
        const auto looked = folder->refresh(std::chrono::system_clock::now());
        return looked ? Result<void>() : looked.error();
    };
    if (!folder_->is_settled()) {
        const auto looked = co_await on_strand(user_->strand_, std::move(work));
        if (!looked) {
            co_return looked.error();
        }
    }
    co_return news(expunges);
}

Result<Changes> Mailbox::news(Expunges expunges) {
    if (folder_->is_gone()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    auto fresh = folder_->fresh(access_ == Access::read_write);
    if (!view_) {
        const std::shared_ptr<const View> first =
            std::make_shared<const View>(fresh.snapshot, std::vector<View::Held>(), std::vector<Uid>());
        view_ = first->advanced(fresh.snapshot, fresh.recent, Expunges::may_send).view;
        index_ = folder_->indexed(fresh.snapshot->uid_validity());
        return Changes{};
    }
    std::erase_if(fresh.recent, [this](Uid uid) { return view_->is_recent(uid); });
    auto advanced = view_->advanced(std::move(fresh.snapshot), fresh.recent, expunges);
    view_ = std::move(advanced.view);
    return std::move(advanced.changes);
}

bool Mailbox::must_sync() const {
    return folder_->must_look();
}

Changes Mailbox::catch_up(Expunges expunges) {
    auto advanced = view_->advanced(folder_->snapshot(), {}, expunges);
    view_ = std::move(advanced.view);
    return std::move(advanced.changes);
}

Task<Result<void>> Mailbox::store_flags(FlagChange change) {
    auto work = [folder = folder_, change = std::move(change)] {
        return folder->store_flags(change, std::chrono::system_clock::now());
    };
    co_return co_await on_strand(user_->strand_, std::move(work));
}

Task<Result<Expunged>> Mailbox::expunge(std::optional<std::vector<Uid>> only) {
    if (access_ == Access::read_only) {
        co_return Error(Code::not_permitted, "the mailbox is open read-only");
    }
    auto work = [user = user_, folder = folder_, only = std::move(only), copied = copied_] {
        return user->expunge_now(*folder, only ? &*only : nullptr, copied);
    };
    auto expunged = co_await on_strand(user_->strand_, std::move(work));
    if (expunged) {
        index_.forget(expunged->uids);
        for (const Uid uid : expunged->uids) {
            copied_.erase(uid);
        }
        const auto directory = maildir::directory_of(name_);
        expunged->directory = directory && *directory != "." ? "./" + *directory : ".";
    }
    co_return std::move(expunged);
}

Task<Result<Copied>> Mailbox::copy(std::vector<Uid> uids, std::string target) {
    auto work = [user = user_, folder = folder_, uids = std::move(uids), target = std::move(target)] {
        return user->copy_now(*folder, uids, target, Adds::yes);
    };
    auto copied = co_await on_strand(user_->strand_, std::move(work));
    if (copied && user_->settings_.expunge_to_trash) {
        copied_.insert(copied->source.begin(), copied->source.end());
    }
    co_return std::move(copied);
}

Result<MessageReader> Mailbox::open(const Message& message) const {
    auto file = folder_->open_message(message);
    return file ? MessageReader::over(std::move(*file)) : file.error();
}

void Mailbox::on_change(std::function<void()> notify) {
    if (listener_ != 0) {
        folder_->unlisten(std::exchange(listener_, 0));
    }
    if (notify) {
        listener_ = folder_->listen(std::move(notify));
    }
}

}  // namespace postrider::store
