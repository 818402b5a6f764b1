// What the system tells of a folder, applied by name: without reading its directories where the names suffice. Each
// name is compared with what stands there now, never believed: so events that are late, doubled or our own do nothing,
// and nothing counts as gone that is there under the name we know.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/folder_files.hpp"

namespace postrider::store::maildir {

namespace {

/// As watched() lists the directories.
enum class Place : std::size_t { cur, arrivals, folder, keywords };

/// The name in cur/ of a message in new/.
std::string accepted_name(const std::string& name) {
    return name.find(':') == std::string::npos ? name + ":2," : name;
}

/// Also when the system does not say: then the next step fails, and tells why.
bool is_message_file(int directory, const std::string& name) {
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno != ENOENT;
    }
    return S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
}

}  // namespace

bool FolderFiles::follow(const std::vector<WatchEvent>& events) {
    for (const WatchEvent& event : events) {
        switch (static_cast<Place>(event.place)) {
            case Place::cur:
                follow_in_cur(event);
                break;
            case Place::arrivals:
                follow_arrivals(event);
                break;
            case Place::folder:  // of our directories, or the map
                if (event.name != uid_list_file || !uid_list_.is_followed(folder_.get())) {
                    return false;
                }
                break;
            case Place::keywords:
                if (!follow_keywords(event)) {
                    return false;
                }
                break;
        }
    }
    return true;
}

void FolderFiles::follow_in_cur(const WatchEvent& event) {
    if (!is_message_name(event.name)) {
        return;
    }
    if (event.kind == WatchEvent::Kind::appeared) {
        appeared_in_cur(event.name);
        return;
    }
    const auto base = base_of(event.name);
    const auto known = table_.find(base);
    if (!known || !known->is_named) {
        const auto waiting = arrivals_.find(base);
        if (waiting != arrivals_.end() && waiting->second.in_cur && waiting->second.name == event.name) {
            arrivals_.erase(waiting);
        }
    } else if (known->suffix == std::string_view(event.name).substr(base.size()) && !file_id(cur_.get(), event.name)) {
        if (event.kind == WatchEvent::Kind::moved_away || twins_.contains(base)) {
            lost_.emplace(base);  // to its new name, most often: that is the next event
        } else {
            progress_.gone.push_back(known->uid);
            forgotten_.emplace(base);
            table_.forget(base);
        }
    }
}

void FolderFiles::appeared_in_cur(const std::string& name) {
    const auto base = base_of(name);
    const auto suffix = std::string_view(name).substr(base.size());
    const auto known = table_.find(base);
    if (known && known->is_named && known->suffix == suffix) {
        if (const auto lost = lost_.find(base); lost != lost_.end()) {
            lost_.erase(lost);
        }
        return;
    }
    if (!is_message_file(cur_.get(), name)) {
        return;  // it went on already: a later event tells where
    }
    if (!known) {
        arrivals_.insert_or_assign(std::string(base), Arrival{.name = name, .in_cur = true});
        return;
    }
    if (const auto lost = lost_.find(base); lost != lost_.end()) {
        lost_.erase(lost);
    }
    if (known->is_named && is_message_file(cur_.get(), std::string(base).append(known->suffix))) {
        twins_.emplace(base);  // linked, not renamed: who knows which name goes
    }
    name_message(*known, name);
}

/// A known message has this name now.
void FolderFiles::name_message(const KnownMessage& known, const std::string& name) {
    if (!known.is_named) {
        --unnamed_;
        progress_.arrived.push_back({.uid = known.uid, .name = name});
    } else {
        progress_.renamed.push_back({.uid = known.uid, .name = name});
    }
    table_.met(known, std::string_view(name).substr(base_of(name).size()));
}

void FolderFiles::follow_arrivals(const WatchEvent& event) {
    if (!is_message_name(event.name)) {
        return;
    }
    const std::string base(base_of(accepted_name(event.name)));
    if (event.kind == WatchEvent::Kind::appeared) {
        if (!is_message_file(new_.get(), event.name)) {
            return;
        }
        arrivals_.try_emplace(base, Arrival{.name = event.name, .in_cur = false});
    } else if (const auto waiting = arrivals_.find(base); waiting != arrivals_.end() && !waiting->second.in_cur) {
        arrivals_.erase(waiting);
    }
}

/// A change of keywords always comes as an update file with the complete new set; folding it into the list changes
/// nothing.
bool FolderFiles::follow_keywords(const WatchEvent& event) {
    if (event.kind != WatchEvent::Kind::appeared || event.name.front() == '.') {
        return true;
    }
    const bool list_is_known = file_id(folder_.get(), keyword_list_path) == keyword_list_;
    if (event.name == keyword_list) {
        return list_is_known;
    }
    const auto known = table_.find(event.name);
    if (!known) {
        return false;  // it may be written for a message to come
    }
    auto keywords = read_keyword_update(folder_.get(), event.name);
    if (!keywords) {
        return list_is_known;  // folded already, by us or by another
    }
    ++pending_keywords_;
    if (keywords->empty()) {
        keywords_.erase(event.name);
    } else {
        keywords_[event.name] = *keywords;
    }
    progress_.keywords.emplace_back(known->uid, std::move(*keywords));
    return pending_keywords_ <= most_pending_keywords;
}

// --- Arrivals
// ---------------------------------------------------------------------------------------------------------

/// The lock is held for the UIDs alone: other programs wait for it.
Result<bool> FolderFiles::accept(const std::function<WatchNews()>& news, std::chrono::system_clock::time_point now) {
    if (!move_arrivals()) {
        return false;
    }
    const auto held = lock();
    if (!held && held.error().code == Code::locked) {
        return held.error();
    }
    const auto in_cur = [this] {
        return std::ranges::count_if(arrivals_, [](const auto& waiting) { return waiting.second.in_cur; });
    };
    const auto lasting = in_cur();
    const auto told = news();
    if (!held || told.doubt || !follow(told.events)) {
        return false;  // the scan tells what can be done
    }
    if (in_cur() > lasting && !sync_directory(cur_.get(), durability())) {
        return false;
    }
    if (auto read = read_uid_list(now, Writes::yes); !read) {
        return read.error();
    }
    const auto names = names_of_arrivals();
    return !needs_scan() && record_arrivals(names);
}

/// From new/ to cur/, as a scan moves them, and made to last there, the target of the move before its source. What
/// cannot be moved, or has a name that a message in cur/ has already, stays where it is. False: they do not last.
bool FolderFiles::move_arrivals() {
    for (auto waiting = arrivals_.begin(); waiting != arrivals_.end();) {
        auto& [base, arrival] = *waiting;
        if (!arrival.in_cur) {
            auto target = accepted_name(arrival.name);
            const auto moved = table_.contains(base) || !is_message_file(new_.get(), arrival.name)
                                   ? Result<void>(Code::already_exists)
                                   : rename_no_replace(new_.get(), arrival.name, cur_.get(), target);
            if (!moved && moved.error().code != Code::already_exists && moved.error().code != Code::expunged) {
                return false;
            }
            arrival.in_cur = static_cast<bool>(moved);
            arrival.name = std::move(target);
        }
        waiting = arrival.in_cur ? std::next(waiting) : arrivals_.erase(waiting);
    }
    return arrivals_.empty() || (sync_directory(cur_.get(), durability()) && sync_directory(new_.get(), durability()));
}

/// Of those that are in cur/ and have no UID, in the order in which they get theirs.
std::vector<std::string> FolderFiles::names_of_arrivals() {
    std::vector<std::string> names;
    for (const auto& [base, arrival] : std::exchange(arrivals_, {})) {
        if (!arrival.in_cur) {
            arrivals_.emplace(base, arrival);  // came this moment: the next time
        } else if (const auto known = table_.find(base)) {
            if (!known->is_named) {
                name_message(*known, arrival.name);  // another process gave it its UID
            }
        } else if (is_message_file(cur_.get(), arrival.name)) {
            names.push_back(arrival.name);
        }
    }
    std::ranges::sort(names, [](const auto& a, const auto& b) { return delivery_order(a, b) < 0; });
    names.resize(std::min(names.size(), table_.uids_left()));
    return names;
}

/// False: they have none.
bool FolderFiles::record_arrivals(const std::vector<std::string>& names) {
    if (names.empty()) {
        return true;
    }
    std::vector<Uid> uids;
    for (const auto& name : names) {
        uids.push_back(table_.add(name));
    }
    if (!save_added(uids.size())) {
        table_.take_back(uids.size());
        return false;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        progress_.arrived.push_back({.uid = uids[i], .name = names[i]});
        progress_.recent.push_back(uids[i]);
    }
    return true;
}

/// What was told before a change of ours must not undo it.
void FolderFiles::name_as_it_is_now(NamedMessage& message) const {
    const auto base = base_of(message.name);
    if (const auto known = table_.find(base); known && known->is_named && known->uid == message.uid) {
        message.name = std::string(base).append(known->suffix);
    }
}

Progress FolderFiles::take_progress() {
    auto progress = std::exchange(progress_, {});
    for (auto* told : {&progress.renamed, &progress.arrived}) {
        std::ranges::for_each(*told, [this](NamedMessage& message) { name_as_it_is_now(message); });
    }
    std::ranges::sort(progress.arrived, {}, &NamedMessage::uid);
    std::ranges::sort(progress.gone);
    progress.uid_next = table_.uid_next();
    return progress;
}

FolderFiles::Waiting FolderFiles::waiting() const {
    Waiting waiting;
    for (const auto& [base, arrival] : arrivals_) {
        if (!table_.contains(base)) {
            ++waiting.messages;
            waiting.unseen += flags_of(arrival.name).has(Flag::seen) ? 0 : 1;
        }
    }
    return waiting;
}

}  // namespace postrider::store::maildir
