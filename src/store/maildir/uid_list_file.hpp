// courierimapuiddb on disk: read once, followed while others change it, replaced or added to. compat/maildir.md
// section 4; how adding keeps it valid at every moment: docs/maildir.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/uid_list.hpp"

namespace postrider::store::maildir {

/// One folder's list. Blocking; changes with the folder's lock held.
class UidListFile {
public:
    /// What a look found.
    struct Look {
        enum class Kind : std::uint8_t {
            same,      ///< as last read or written
            grown,     ///< `list` has the new UIDNEXT and only the entries that were added
            replaced,  ///< `list` is all of it
            missing,   ///< or nothing that can be understood
        };
        Kind kind = Kind::same;
        UidList list;
        std::shared_ptr<const std::string> text;  ///< of which `list` has views
    };

    /// folder: its directory. Errors: unavailable (it is there and cannot be read now: it must not be replaced), and
    /// afterwards is_held() says no.
    Result<Look> look(int folder);

    /// Whether the list on disk is known.
    bool is_held() const { return static_cast<bool>(file_); }

    /// Whether it is as it was last read or written.
    bool is_same(int folder) const;

    /// Whether the list's name still leads to the file that is known, which may have grown.
    bool is_followed(int folder) const;

    /// Writes the whole list: temporary file, fdatasync, rename, fsync. Errors: the old list stays.
    Result<void> replace(int folder, int tmp, const std::string& temporary_name, const UidList& list,
                         Durability durability);

    /// Adds entries in place: first the new UIDNEXT over the old one, then the lines, each made to last. What breaks
    /// off between the two leaves UIDs unused, no more. list: header of the whole list as it shall be. False: this list
    /// cannot be added to (other links to it, a header of another length, not ours to write); replace it. Errors: as
    /// replace; entries are not in it then.
    Result<bool> append(const UidList& header, const std::vector<UidEntry>& entries, Durability durability);

private:
    std::optional<Look> look_behind_the_known();
    void hold(int folder);
    Result<void> add_lines(const std::string& lines, Durability durability);

    /// Kept open so that its inode cannot be given to a newer file. None: not on disk, or not known.
    Descriptor file_;
    FileId known_;              ///< of file_ when last read or written
    UidValidity uid_validity_;  ///< of that moment
    Uid uid_next_{1};
    bool writable_ = false;
    bool whole_lines_ = false;  ///< it ends with a line's end
    bool sync_failed_ = false;  ///< after that nothing may be synced again: it is to be written anew
};

}  // namespace postrider::store::maildir
