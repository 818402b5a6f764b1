// Deliveries: all of a command's messages become visible or none. The order of the steps is what makes a crash
// harmless: content (Delivery::finish), names in cur/, the UID map, each durable before the next; a crash before the
// map leaves messages that nobody was told of, which get their UIDs from the next scan.
#include <unistd.h>

#include "store/maildir/filename.hpp"
#include "store/maildir/folder_files.hpp"

namespace postrider::store::maildir {

using std::chrono::system_clock;

/// What is to be undone.
struct FolderFiles::Placing {
    std::vector<std::string> names;          ///< in cur/
    std::vector<std::string> keyword_bases;  ///< updates in courierimapkeywords/
};

Result<FolderFiles::Delivered> FolderFiles::deliver(std::vector<Delivery>& deliveries, system_clock::time_point now) {
    const auto held = lock();
    if (!held) {
        return held.error();
    }
    if (!is_in_its_maildir()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    if (auto read = read_uid_list(now); !read) {
        return read.error();
    }
    if (deliveries.size() > table_.uids_left()) {
        return Error(Code::limit, "no UIDs are left in the folder");
    }
    Placing placing;
    if (auto placed = place(deliveries, placing, now); !placed) {
        undo(placing);
        return placed.error();
    }
    auto uids = record(placing);
    if (!uids) {
        undo(placing);
        return uids.error();
    }
    auto after = scan_locked(now, Writes::yes);
    if (!after) {
        undo(placing);
        return after.error();
    }
    return Delivered{.uids = std::move(*uids), .scan = std::move(*after)};
}

Result<void> FolderFiles::place(std::vector<Delivery>& deliveries, Placing& placing, system_clock::time_point now) {
    for (auto& delivery : deliveries) {
        const auto base = delivery.final_base();
        if (!base) {
            return base.error();
        }
        if (!delivery.keywords.empty() && settings_.keywords != Keywords::off) {
            // Made to last together with the others, by the list that the scan writes.
            placing.keyword_bases.push_back(*base);
            const auto all = [](std::string_view) { return true; };
            if (auto written =
                    write_keywords(folder_.get(), *base, delivery.keywords, all, now, host_, Durability::relaxed);
                !written) {
                return written;
            }
        }
        auto name = with_flags(*base, delivery.flags);
        if (auto moved = rename_no_replace(tmp_.get(), delivery.temporary_name(), cur_.get(), name); !moved) {
            return moved;
        }
        delivery.delivered();
        placing.names.push_back(std::move(name));
    }
    return sync_directory(cur_.get(), durability());
}

Result<std::vector<Uid>> FolderFiles::record(const Placing& placing) {
    std::vector<Uid> uids;
    for (const auto& name : placing.names) {
        uids.push_back(table_.add(name));
    }
    if (uids.empty()) {
        return uids;
    }
    if (auto saved = save_uid_list(); !saved) {
        table_.take_back(uids.size());
        return saved.error();
    }
    return uids;
}

void FolderFiles::undo(const Placing& placing) {
    for (const auto& name : placing.names) {
        ::unlinkat(cur_.get(), name.c_str(), 0);
    }
    const auto directory = open_directory(folder_.get(), keyword_directory);
    for (const auto& base : placing.keyword_bases) {
        if (directory) {
            ::unlinkat(directory->get(), base.c_str(), 0);
        }
    }
}

}  // namespace postrider::store::maildir
