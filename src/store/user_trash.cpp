// The trash folder: where EXPUNGE moves messages, and how it is emptied. compat/maildir.md section 12.
#include <optional>
#include <utility>

#include "core/log.hpp"
#include "store/folder.hpp"
#include "store/maildir/folder_name.hpp"
#include "store/maildir/quota.hpp"
#include "store/maildir/trash.hpp"
#include "store/user.hpp"

namespace postrider::store {

namespace {

maildir::Durability durability(const Settings& settings) {
    return settings.durable ? maildir::Durability::durable : maildir::Durability::relaxed;
}

/// The trash folder during one EXPUNGE: opened for the first message that goes there.
class Bin {
public:
    Bin(int maildir, const Settings& settings)
        : maildir_(maildir), settings_(settings), directory_("." + settings.trash) {}

    const std::string& directory() const { return directory_; }

    Result<void> take(Uid uid, int cur, const std::string& name) {
        if (!trash_) {
            auto opened = maildir::Trash::open(maildir_, directory_, settings_.host_name, durability(settings_));
            if (!opened) {
                return opened.error();
            }
            trash_ = std::move(*opened);
        }
        auto taken = trash_->take(cur, name);
        if (!taken) {
            return taken.error();
        }
        used_ += maildir::usage_of(trash_->cur(), *taken);
        names_[uid] = std::move(*taken);
        return {};
    }

    /// What was taken stays, whatever becomes of the folder that it was taken from.
    Result<void> make_last() { return trash_ ? trash_->sync() : Result<void>(); }

    /// What was taken counts where the trash counts. Gives the new names.
    std::map<Uid, std::string> finish() {
        if (trash_) {
            maildir::Quota(trash_->folder(), directory_, maildir::quota_options(settings_)).charge(used_);
        }
        return std::move(names_);
    }

private:
    int maildir_;
    const Settings& settings_;
    std::string directory_;
    std::optional<maildir::Trash> trash_;
    maildir::Usage used_;
    std::map<Uid, std::string> names_;
};

}  // namespace

Result<Expunged> User::expunge_now(Folder& folder, const std::vector<Uid>* only, const std::set<Uid>& copied) {
    const auto now = std::chrono::system_clock::now();
    Bin bin(maildir_.get(), settings_);
    if (!settings_.expunge_to_trash || folder.files().directory() == bin.directory()) {
        return folder.expunge(only, now);
    }
    const auto one = [&](const Message& message, int cur, const std::string& name) {
        return copied.contains(message.uid) ? maildir::unlink_message(cur, name) : bin.take(message.uid, cur, name);
    };
    auto expunged = folder.expunge(only, now, {.one = one, .make_last = [&] { return bin.make_last(); }});
    auto moved = bin.finish();
    if (expunged) {
        expunged->trash = bin.directory();
        expunged->new_names = std::move(moved);
    }
    return expunged;
}

void User::purge_now(std::chrono::system_clock::time_point now) {
    for (const auto& [mailbox, age] : settings_.empty_trash) {
        const auto directory = maildir::directory_of(mailbox);
        const auto folder = directory ? maildir::open_folder_directory(maildir_.get(), *directory)
                                      : Result<Descriptor>(directory.error());
        if (!folder) {
            continue;  // most accounts have only some of them
        }
        const auto freed = maildir::purge(folder->get(), age, now);
        if (freed) {
            maildir::Quota(folder->get(), *directory, maildir::quota_options(settings_)).charge(-*freed);
        } else {
            log_line(LogLevel::warning, mailbox + " was not emptied: " + freed.error().detail);
        }
    }
}

Task<void> User::empty_trash(std::chrono::system_clock::time_point now) {
    if (settings_.empty_trash.empty()) {
        co_return;
    }
    auto work = [self = shared_from_this(), now] { self->purge_now(now); };
    co_await on_pool(strand_, std::move(work));
}

}  // namespace postrider::store
