// INBOX for a POP3 session, on the folder that IMAP sessions of the account share.
//
// Arrivals are taken from new/ as IMAP takes them: moved, made to last, given UIDs under the folder's lock. Courier's
// pop3d moves them without a lock and leaves their UIDs to the next IMAP session. That loses nothing either, since a
// UID depends on the map alone and a UIDL on the base name alone; but then only a look at cur/ could tell that nothing
// came, while here a login without news reads no directory. The price: a message is \Recent for an IMAP session only
// if that comes while the folder stays open, up to two minutes after its last use.
#include "store/maildrop.hpp"

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "store/folder.hpp"
#include "store/maildrop_list.hpp"
#include "store/patience.hpp"
#include "store/user.hpp"

namespace postrider::store {

struct Maildrop::State {
    std::shared_ptr<User> user;                ///< owners: the sessions of the account
    std::shared_ptr<Folder> folder;            ///< owners: see Folder
    std::shared_ptr<const MaildropList> list;  ///< owners: the sessions that have it, the account
    PoolStrand reading;
};

Maildrop::Maildrop(std::shared_ptr<State> state) : state_(std::move(state)) {}
Maildrop::~Maildrop() = default;

std::size_t Maildrop::count() const {
    return state_->list->uids.size();
}

std::uint64_t Maildrop::octets() const {
    return state_->list->octets;
}

std::uint64_t Maildrop::size(std::size_t index) const {
    return state_->list->messages->octets(index);
}

std::string Maildrop::uidl(std::size_t index) const {
    return state_->list->messages->uidl(index);
}

bool Maildrop::is_utf8(std::size_t index) const {
    return state_->list->messages->is_utf8(index);
}

const PoolStrand& Maildrop::reading_strand() const {
    return state_->reading;
}

Result<MessageReader> Maildrop::open(std::size_t index) const {
    const Uid uid = state_->list->uids[index];
    const auto snapshot = state_->folder->snapshot();
    const Message* present = snapshot->find(uid);
    const Message at_login{
        .uid = uid, .flags = {}, .mod_seq = {}, .keywords = {}, .name = state_->list->messages->name(index)};
    auto file = state_->folder->open_message(present != nullptr ? *present : at_login);
    return file ? MessageReader::over(std::move(*file)) : file.error();
}

std::string_view Maildrop::trouble() const {
    return state_->list->trouble;
}

Task<Result<void>> Maildrop::mark_seen(std::vector<std::size_t> indexes) {
    const auto snapshot = state_->folder->snapshot();
    std::vector<Uid> uids;
    for (const std::size_t index : indexes) {
        const Message* message = snapshot->find(state_->list->uids[index]);
        if (message != nullptr && !message->flags.has(Flag::seen)) {
            uids.push_back(message->uid);
        }
    }
    if (uids.empty()) {
        co_return Result<void>();
    }
    auto work = [state = state_, uids = std::move(uids)] {
        Result<void> done;
        for (const Uid uid : uids) {
            const auto marked = state->folder->mark_seen(uid);
            done = done ? marked : done;
        }
        return done;
    };
    co_return co_await on_pool(state_->user->strand(), std::move(work));
}

Task<Result<Maildrop::Removed>> Maildrop::remove(std::vector<std::size_t> indexes) {
    auto work = [state = state_, indexes = std::move(indexes)]() -> Result<Removed> {
        // To find each file that another program renamed meanwhile would read cur/ as often. Where the look fails the
        // names that are known do.
        (void)state->folder->refresh(std::chrono::system_clock::now());
        const auto& uids = state->list->uids;
        std::vector<Uid> wanted;
        for (const std::size_t index : indexes) {
            wanted.push_back(uids[index]);
        }
        auto done = state->folder->remove_for_good(std::move(wanted));
        if (!done) {
            return done.error();
        }
        Removed removed{.names = std::move(done->names), .failed = {}, .trouble = std::move(done->trouble)};
        std::ranges::copy_if(indexes, std::back_inserter(removed.failed),
                             [&](std::size_t index) { return std::ranges::binary_search(done->failed, uids[index]); });
        return removed;
    };
    co_return co_await on_pool(state_->user->strand(), std::move(work));
}

/// A folder that is there, but was renumbered by another program, is gone for those who had it open; a second look
/// finds the new one.
Result<std::shared_ptr<Folder>> User::fresh_inbox() {
    for (bool again = true;; again = false) {
        auto inbox = folder_in(".");
        if (!inbox) {
            return inbox.error();
        }
        const auto looked = (*inbox)->refresh(std::chrono::system_clock::now());
        if (looked) {
            return std::move(*inbox);
        }
        if (!again || looked.error().code != Code::no_such_mailbox) {
            return looked.error();
        }
    }
}

Task<Result<std::unique_ptr<Maildrop>>> User::open_maildrop() {
    auto inbox = settled_folder("INBOX");
    if (!inbox) {
        auto work = [self = shared_from_this()] { return self->fresh_inbox(); };
        auto opened = co_await on_strand(strand_, std::move(work));
        if (!opened) {
            co_return opened.error();
        }
        inbox = std::move(*opened);
    }
    auto work = [self = shared_from_this(), inbox] {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        return self->maildrops_->list(self->maildir_.get(), inbox, now);
    };
    auto list = co_await on_strand(maildrops_->strand(), std::move(work));
    if (!list) {
        co_return list.error();
    }
    keep_warm(inbox);
    auto state = std::make_shared<Maildrop::State>(Maildrop::State{
        shared_from_this(), std::move(inbox), std::move(*list), asio::make_strand(pool_.get_executor())});
    co_return std::unique_ptr<Maildrop>(new Maildrop(std::move(state)));
}

}  // namespace postrider::store
