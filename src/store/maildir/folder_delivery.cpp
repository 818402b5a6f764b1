// Deliveries: all of a command's messages become visible or none. The order of the steps is what makes a crash
// harmless: content (Delivery::finish), durable before there is a name in cur/; then the names and their UIDs, which
// may come to last in any order: a message without a UID gets one from the next scan, a line without a message counts
// for nothing, and nobody was told of either.
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

Result<std::vector<Uid>> FolderFiles::deliver(std::vector<Delivery>& deliveries, system_clock::time_point now) {
    const auto held = lock();
    if (!held) {
        return held.error();
    }
    if (!is_in_its_maildir()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    if (auto opened = open_parts(); !opened) {
        return opened.error();
    }
    if (auto read = read_uid_list(now, Writes::yes); !read) {
        return read.error();
    }
    if (deliveries.size() > table_.uids_left()) {
        return Error(Code::limit, "no UIDs are left in the folder");
    }
    Placing placing;
    auto placed = place(deliveries, placing, now);
    if (placed && !placing.keyword_bases.empty()) {
        placed = fold_keywords(placing, now);
    }
    if (!placed) {
        undo(placing);
        return placed.error();
    }
    auto uids = record(placing);
    if (!uids) {
        undo(placing);
        return uids.error();
    }
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        progress_.arrived.push_back({.uid = (*uids)[i], .name = placing.names[i]});
        if (const auto found = keywords_.find(base_of(placing.names[i])); found != keywords_.end()) {
            progress_.keywords.emplace_back((*uids)[i], found->second);
        }
    }
    return uids;
}

Result<void> FolderFiles::place(std::vector<Delivery>& deliveries, Placing& placing, system_clock::time_point now) {
    for (auto& delivery : deliveries) {
        const auto base = delivery.final_base();
        if (!base) {
            return base.error();
        }
        if (!delivery.keywords.empty() && settings_.keywords != Keywords::off) {
            placing.keyword_bases.push_back(*base);
            const auto all = [](std::string_view) { return true; };
            if (auto written = write_keywords(folder_.get(), *base, delivery.keywords, all, now, host_, durability());
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
    return {};
}

/// What the next scan would do: so their events need none.
Result<void> FolderFiles::fold_keywords(const Placing& placing, system_clock::time_point now) {
    const auto all = [](std::string_view) { return true; };  // also of messages that have no UID yet
    auto read = read_keywords(folder_.get(), all, now, host_, durability());
    if (!read) {
        return read.error();
    }
    for (const auto& base : placing.keyword_bases) {
        if (auto entry = read->find(base); entry != read->end()) {
            keywords_[base] = std::move(entry->second);
        }
    }
    keyword_list_ = file_id(folder_.get(), keyword_list_path);
    return {};
}

Result<std::vector<Uid>> FolderFiles::record(const Placing& placing) {
    std::vector<Uid> uids;
    for (const auto& name : placing.names) {
        uids.push_back(table_.add(name));
    }
    if (uids.empty()) {
        return uids;
    }
    if (auto saved = save_added(uids.size()); !saved) {
        table_.take_back(uids.size());
        return saved.error();
    }
    // The map's sync made the names last too where a file system has one journal; so this one costs little.
    if (auto lasting = sync_directory(cur_.get(), durability()); !lasting) {
        for (const auto& name : placing.names) {
            forgotten_.emplace(base_of(name));
            table_.forget(base_of(name));
        }
        return lasting.error();
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
