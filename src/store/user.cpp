#include "store/user.hpp"

#include <sys/stat.h>

#include <boost/asio/strand.hpp>
#include <cerrno>
#include <utility>

#include "core/log.hpp"
#include "core/text.hpp"
#include "store/folder.hpp"
#include "store/index/index.hpp"
#include "store/maildir/folder_name.hpp"
#include "store/maildir/folder_tree.hpp"
#include "store/maildir/quota.hpp"
#include "store/maildir/retired_names.hpp"
#include "store/maildir/subscriptions.hpp"
#include "store/maildrop_list.hpp"
#include "store/open_folders.hpp"
#include "store/patience.hpp"
#include "store/warm_folders.hpp"

namespace postrider::store {

namespace {

maildir::Durability durability(const Settings& settings) {
    return settings.durable ? maildir::Durability::durable : maildir::Durability::relaxed;
}

std::chrono::system_clock::time_point now() {
    return std::chrono::system_clock::now();
}

MailboxStatus told(const maildir::StatusCounts& counts) {
    return {counts.messages, counts.recent, counts.unseen, counts.uid_next, counts.uid_validity};
}

}  // namespace

User::User(asio::thread_pool& pool, Descriptor maildir, Settings settings, std::shared_ptr<Watcher> watcher,
           std::shared_ptr<index::Index> index)
    : pool_(pool),
      strand_(asio::make_strand(pool.get_executor())),
      maildir_(std::move(maildir)),
      settings_(std::move(settings)),
      watcher_(std::move(watcher)),
      index_(std::move(index)),
      folders_(std::make_unique<OpenFolders>()),
      maildrops_(std::make_unique<MaildropLister>(asio::make_strand(pool.get_executor()), settings_)) {}

User::~User() {
    if (index_) {
        index_->flush();
    }
}

// --- Folders, on the strand
// -------------------------------------------------------------------------------------------

Result<std::shared_ptr<Folder>> User::folder(const std::string& name) {
    const auto directory = maildir::directory_of(name);
    if (!directory) {
        return directory.error();
    }
    return folder_in(*directory);
}

Result<std::shared_ptr<Folder>> User::folder_in(const std::string& directory) {
    if (const auto folder = folders_->find(directory)) {
        struct stat by_name {};
        struct stat by_descriptor {};
        const bool there = ::fstatat(maildir_.get(), directory.c_str(), &by_name, 0) == 0;
        if ((!there && errno != ENOENT && errno != ENOTDIR) || ::fstat(folder->files().folder(), &by_descriptor) != 0) {
            return system_error(errno, "stat of " + directory);  // which does not say that it is gone
        }
        if (there && !folder->is_gone() && by_name.st_dev == by_descriptor.st_dev &&
            by_name.st_ino == by_descriptor.st_ino) {
            return folder;
        }
        folder->set_gone();  // another program deleted or replaced it
        folders_->erase(directory);
    }
    auto files = maildir::FolderFiles::open(maildir_.get(), directory, settings_, settings_.host_name);
    if (!files) {
        return files.error();
    }
    auto folder = std::make_shared<Folder>(std::move(*files), settings_, strand_, watcher_, index_);
    folders_->put(directory, folder);
    return folder;
}

/// Null: it is not open, or has news.
std::shared_ptr<Folder> User::settled_folder(const std::string& name) const {
    const auto directory = maildir::directory_of(name);
    auto folder = directory ? folders_->find(*directory) : nullptr;
    return folder && folder->is_settled() ? folder : nullptr;
}

void User::keep_warm(const std::shared_ptr<Folder>& folder) {
    if (const auto warm = warm_.lock()) {
        warm->keep(shared_from_this(), folder, std::chrono::steady_clock::now());
    }
}

Task<Result<std::unique_ptr<Mailbox>>> User::select(std::string name, Access access) {
    auto folder = settled_folder(name);
    if (!folder) {
        auto work = [self = shared_from_this(), name] { return self->folder(name); };
        auto opened = co_await on_strand(strand_, std::move(work));
        if (!opened) {
            co_return opened.error();
        }
        folder = std::move(*opened);
    }
    auto mailbox = std::make_unique<Mailbox>(shared_from_this(), folder, std::move(name), access);
    auto synced = co_await mailbox->sync(Expunges::may_send);
    if (!synced) {
        co_return synced.error();
    }
    keep_warm(folder);
    co_return mailbox;
}

Result<MailboxStatus> User::status_now(const std::string& name) {
    auto opened = folder(name);
    if (!opened) {
        return opened.error();
    }
    const auto counts = (*opened)->status(now());
    if (!counts) {
        return counts.error();
    }
    keep_warm(*opened);
    return told(*counts);
}

Task<Result<MailboxStatus>> User::status(std::string name) {
    if (const auto settled = settled_folder(name)) {
        keep_warm(settled);
        co_return told(settled->known_status());
    }
    auto work = [self = shared_from_this(), name = std::move(name)] { return self->status_now(name); };
    co_return co_await on_strand(strand_, std::move(work));
}

Task<Result<void>> User::create(std::string name) {
    auto work = [self = shared_from_this(), name = std::move(name)]() -> Result<void> {
        const auto directory = maildir::directory_of(name);
        if (!directory) {
            return directory.error();
        }
        if (*directory == ".") {
            return Error(Code::reserved, "INBOX");
        }
        auto made = maildir::create_folder(self->maildir_.get(), *directory, durability(self->settings_));
        if (!made) {
            return made;
        }
        maildir::respect_retired_name(self->maildir_.get(), *directory);
        // The UID list comes with the folder, as Courier's does: so its UIDVALIDITY stands from the first moment.
        const auto counts = self->status_now(name);
        if (!counts) {
            (void)maildir::delete_folder(self->maildir_.get(), *directory, self->settings_.host_name,
                                         durability(self->settings_));
            return counts.error();
        }
        return {};
    };
    co_return co_await on_strand(strand_, std::move(work));
}

maildir::Quota User::quota() const {
    return maildir::Quota(maildir_.get(), ".", maildir::quota_options(settings_));
}

// --- Deleting and renaming
// --------------------------------------------------------------------------------------------

Result<void> User::remove_now(const std::string& name) {
    const auto directory = maildir::directory_of(name);
    if (!directory) {
        return directory.error();
    }
    if (*directory == "." || *directory == "." + settings_.trash) {
        return Error(Code::reserved, name);
    }
    retire({*directory});
    struct stat folder_status {};
    const bool is_there = ::fstatat(maildir_.get(), directory->c_str(), &folder_status, 0) == 0;
    auto removed = maildir::delete_folder(maildir_.get(), *directory, settings_.host_name, durability(settings_));
    if (!removed) {
        return removed;
    }
    quota().recount();
    if (index_ && is_there) {
        index_->forget_folder(folder_status.st_ino);
    }
    if (const auto folder = folders_->find(*directory)) {
        folder->set_gone();
        folders_->erase(*directory);
    }
    return {};
}

Task<Result<void>> User::remove(std::string name) {
    auto work = [self = shared_from_this(), name = std::move(name)] { return self->remove_now(name); };
    co_return co_await on_strand(strand_, std::move(work));
}

// Best effort where nothing can be written: deleting is how a full disk is freed.
void User::retire(const std::vector<std::string>& directories) {
    if (auto done = maildir::retire_names(maildir_.get(), directories, settings_.host_name, durability(settings_));
        !done) {
        log_line(LogLevel::warning, "postrider-retired was not written: " + done.error().detail);
    }
}

// Before a RENAME: what the folders' old names meant is written down, and where a new name had meant something else,
// the folder gets another UIDVALIDITY.
Result<void> User::prepare_names(const std::string& from, const std::string& to) {
    const auto directories = maildir::list_folders(maildir_.get());
    if (!directories) {
        return directories.error();
    }
    std::vector<std::string> moving;
    for (const std::string& directory : *directories) {
        if (directory == from || directory.starts_with(from + ".")) {
            moving.push_back(directory);
        }
    }
    retire(moving);
    for (const std::string& directory : moving) {
        auto renewed = maildir::renew_uid_validity(maildir_.get(), directory, to + directory.substr(from.size()),
                                                   settings_.host_name, durability(settings_));
        if (!renewed) {
            return renewed;
        }
    }
    return {};
}

Result<void> User::rename_now(const std::string& from, const std::string& to) {
    const auto old_directory = maildir::directory_of(from);
    const auto new_directory = maildir::directory_of(to);
    if (!old_directory || !new_directory) {
        return !old_directory ? old_directory.error() : new_directory.error();
    }
    const std::string trash = "." + settings_.trash;
    if (*old_directory == trash || *new_directory == trash || *old_directory == "." || *new_directory == ".") {
        return Error(Code::reserved, from);
    }
    if (auto made_ready = prepare_names(*old_directory, *new_directory); !made_ready) {
        return made_ready;
    }
    const auto renamed = maildir::rename_folder(maildir_.get(), *old_directory, *new_directory, durability(settings_));
    if (!renamed) {
        return renamed.error();
    }
    quota().recount();
    // Sessions on a renamed folder hold its descriptors and stay; only the name under which it is found changes.
    for (const auto& [before, after] : *renamed) {
        if (const auto folder = folders_->rename(before, after)) {
            folder->files().renamed(after);
        }
    }
    return {};
}

Task<Result<void>> User::rename(std::string from, std::string to) {
    auto work = [self = shared_from_this(), from = std::move(from), to = std::move(to)] {
        return iequals(from, "INBOX") ? self->move_inbox(to) : self->rename_now(from, to);
    };
    co_return co_await on_strand(strand_, std::move(work));
}

// RENAME of INBOX moves its messages into the new mailbox and leaves it empty. RFC 3501 section 6.3.5.
Result<void> User::move_inbox(const std::string& to) {
    const auto directory = maildir::directory_of(to);
    if (!directory) {
        return directory.error();
    }
    if (*directory == "." || *directory == "." + settings_.trash) {
        return Error(Code::reserved, to);
    }
    auto inbox = folder_in(".");
    if (!inbox) {
        return inbox.error();
    }
    const auto snapshot = (*inbox)->refresh(now());
    if (!snapshot) {
        return snapshot.error();
    }
    auto made = maildir::create_folder(maildir_.get(), *directory, durability(settings_));
    if (!made) {
        return made;
    }
    maildir::respect_retired_name(maildir_.get(), *directory);
    std::vector<Uid> uids;
    for (std::size_t i = 0; i < (*snapshot)->size(); ++i) {
        uids.push_back((*snapshot)->at(i).uid);
    }
    const auto copied = copy_now(**inbox, uids, to, Adds::no);
    if (!copied) {
        (void)maildir::delete_folder(maildir_.get(), *directory, settings_.host_name, durability(settings_));
        return copied.error();
    }
    auto removed = (*inbox)->remove_messages(uids);
    quota().recount();
    return removed;
}

// --- Lists
// ------------------------------------------------------------------------------------------------------------

Result<std::vector<ListedMailbox>> User::list_now(UnseenMarks marks) {
    const auto directories = maildir::list_folders(maildir_.get());
    if (!directories) {
        return directories.error();
    }
    std::vector<ListedMailbox> mailboxes;
    for (const std::string& directory : *directories) {
        const bool inbox = directory == ".";
        auto name = inbox ? Result<std::string>("INBOX") : maildir::name_of(directory);
        if (!name) {
            continue;
        }
        ListedMailbox listed{std::move(*name), std::nullopt};
        if (inbox || marks == UnseenMarks::all) {
            listed.unseen = maildir::has_unseen(maildir_.get(), directory);
        }
        mailboxes.push_back(std::move(listed));
    }
    return mailboxes;
}

Task<Result<std::vector<ListedMailbox>>> User::list(UnseenMarks marks) {
    auto work = [self = shared_from_this(), marks] { return self->list_now(marks); };
    co_return co_await on_strand(strand_, std::move(work));
}

Task<Result<std::vector<std::string>>> User::subscriptions() {
    auto work = [self = shared_from_this()] { return maildir::read_subscriptions(self->maildir_.get()); };
    co_return co_await on_strand(strand_, std::move(work));
}

Result<void> User::set_subscription(const std::string& name, bool subscribed) {
    if (const auto directory = maildir::directory_of(name); !directory) {
        return directory.error();
    }
    return maildir::set_subscribed(maildir_.get(), name,
                                   subscribed ? maildir::Subscribed::yes : maildir::Subscribed::no, settings_.host_name,
                                   durability(settings_));
}

Task<Result<void>> User::subscribe(std::string name) {
    auto work = [self = shared_from_this(), name = std::move(name)] { return self->set_subscription(name, true); };
    co_return co_await on_strand(strand_, std::move(work));
}

Task<Result<void>> User::unsubscribe(std::string name) {
    auto work = [self = shared_from_this(), name = std::move(name)] { return self->set_subscription(name, false); };
    co_return co_await on_strand(strand_, std::move(work));
}

}  // namespace postrider::store
