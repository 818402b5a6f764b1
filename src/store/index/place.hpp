// Where an account's index lies, and how its folder is entered: never through a symbolic link, only when it is ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "store/settings.hpp"

namespace postrider::store::index {

inline constexpr auto folder_name = "postrider-index";

class Place {
public:
    /// In the Maildir, or below Settings::index_dir; none: Settings::index is off, or the Maildir is on a file system
    /// of other hosts and there is no index_dir. maildir: outlives this.
    static std::optional<Place> of(int maildir, const Settings& settings);

    enum class Missing : bool { is_error, is_made };
    /// The index's own folder, mode 0700. Errors: not_permitted (it is somebody else's, or no directory), those of the
    /// system.
    Result<Descriptor> enter(Missing missing) const;

    /// Of the Maildir's directory: an index that was made for another one is of no use.
    std::uint64_t maildir_inode() const { return inode_; }

private:
    Place(int maildir, std::string above, std::string name, std::uint64_t inode)
        : maildir_(maildir), above_(std::move(above)), name_(std::move(name)), inode_(inode) {}

    int maildir_;
    std::string above_;  ///< the absolute path of the folder that holds the index's; empty: the Maildir
    std::string name_;
    std::uint64_t inode_;
};

}  // namespace postrider::store::index
