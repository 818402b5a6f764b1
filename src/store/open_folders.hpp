// Which folders of an account are open, by directory.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace postrider::store {

class Folder;

/// Any thread. Owner: the account. Does not keep a folder open.
class OpenFolders {
public:
    /// Null: not open. directory: as directory_of gave it.
    std::shared_ptr<Folder> find(const std::string& directory) const;
    void put(const std::string& directory, const std::shared_ptr<Folder>& folder);
    void erase(const std::string& directory);
    /// What is open as `before` is found as `after` from now on, in the place of what was. Gives it, or null.
    std::shared_ptr<Folder> rename(const std::string& before, const std::string& after);

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::weak_ptr<Folder>> folders_;
};

}  // namespace postrider::store
