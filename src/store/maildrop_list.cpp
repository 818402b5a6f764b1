#include "store/maildrop_list.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "store/maildir/files.hpp"

namespace postrider::store {

MaildropLister::MaildropLister(PoolStrand strand, const Settings& settings)
    : strand_(std::move(strand)),
      file_(settings.host_name, settings.durable ? maildir::Durability::durable : maildir::Durability::relaxed) {}

/// No UID is given twice: where the next one is the same none came, and where their number is the same as well, none
/// went. Flags do not matter.
bool MaildropLister::is_current(int maildir, const std::shared_ptr<Folder>& folder, const Snapshot& snapshot) const {
    return last_ && folder_.lock() == folder && snapshot.uid_next() == uid_next_ &&
           snapshot.size() == last_->uids.size() && file_.is_current(maildir);
}

Result<std::shared_ptr<const MaildropList>> MaildropLister::list(int maildir, const std::shared_ptr<Folder>& folder,
                                                                 std::chrono::sys_seconds now) {
    const SnapshotPtr snapshot = folder->snapshot();
    if (is_current(maildir, folder, *snapshot)) {
        return last_;
    }
    std::vector<std::string> names;
    std::unordered_map<std::string_view, Uid> uids;  // by name: views into the snapshot
    names.reserve(snapshot->size());
    uids.reserve(snapshot->size());
    for (const auto& chunk : snapshot->chunks()) {
        for (const Message& message : *chunk) {
            names.emplace_back(message.name);
            uids.emplace(message.name, message.uid);
        }
    }
    const auto entries = file_.update(maildir, std::move(names), now);
    if (!entries) {
        return entries.error();
    }
    auto made = std::make_shared<MaildropList>();
    made->messages = file_.told();
    made->trouble = file_.trouble();
    made->uids.reserve(entries->size());
    for (const auto& entry : *entries) {
        made->uids.push_back(uids.at(entry.name));
        made->octets += entry.size;
    }
    const bool has_all = made->uids.size() == snapshot->size();
    last_ = has_all ? made : nullptr;
    folder_ = folder;
    uid_next_ = snapshot->uid_next();
    return std::shared_ptr<const MaildropList>(std::move(made));
}

}  // namespace postrider::store
