#include "store/open_folders.hpp"

#include <utility>

namespace postrider::store {

std::shared_ptr<Folder> OpenFolders::find(const std::string& directory) const {
    const std::scoped_lock lock(mutex_);
    const auto open = folders_.find(directory);
    return open != folders_.end() ? open->second.lock() : nullptr;
}

void OpenFolders::put(const std::string& directory, const std::shared_ptr<Folder>& folder) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(folders_, [](const auto& entry) { return entry.second.expired(); });
    folders_[directory] = folder;
}

void OpenFolders::erase(const std::string& directory) {
    const std::scoped_lock lock(mutex_);
    folders_.erase(directory);
}

std::shared_ptr<Folder> OpenFolders::rename(const std::string& before, const std::string& after) {
    const std::scoped_lock lock(mutex_);
    auto open = folders_.extract(before);
    if (!open) {
        return nullptr;
    }
    open.key() = after;
    folders_.erase(after);
    return folders_.insert(std::move(open)).position->second.lock();
}

}  // namespace postrider::store
