// The quota of a Maildir: what its messages may use, kept in the file maildirsize as Courier and delivery agents do.
// compat/maildir.md section 8; format and rules: docs/maildir.md.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/quota_text.hpp"
#include "store/settings.hpp"

namespace postrider::store::maildir {

/// Whether a folder's messages count: all but those of .Trash, whatever the trash folder is called, since delivery
/// agents know no other. directory: "." or ".a.b".
bool folder_counts(std::string_view directory);

/// What a message counts: nothing with the flag \Deleted, or when it is gone. Its size is that in its name, else that
/// of the file. directory: cur/ or new/.
Usage usage_of(int directory, const std::string& name);
/// The same whatever its flags.
Usage whole_usage_of(int directory, const std::string& name);

/// Reads all counted folders: what their messages use, and the newest time of their directories. Symbolic links are
/// passed over, as are folders that cannot be read for want of permission. maildir: the main Maildir.
struct Counted {
    Usage used;
    timespec newest{};
};
Result<Counted> count_messages(int maildir);
/// The same without a look at the messages: the time alone.
Result<timespec> newest_directory(int maildir);

/// The quota in which one folder's messages count. Holds no state of its own: whoever shares the Maildir changes the
/// file. Blocking: pool only; a folder's calls on the account's strand.
///
/// Where the file is: in the folder above (the main Maildir) when the folder has the mark maildirfolder, else in the
/// folder itself. No such file, or one that cannot be opened for reading and writing, or no regular file: no quota. The
/// folder .Trash counts in none.
class Quota {
public:
    using Clock = std::chrono::system_clock;

    struct Options {
        QuotaLimits limits;  ///< MAILDIRQUOTA: these instead of the file's, which is made where it is not there
        std::string host;    ///< as in names of files
        Durability durability = Durability::durable;
    };

    /// folder: its descriptor; outlives this. directory: its name, "." or ".a.b".
    Quota(int folder, std::string_view directory, Options options);

    /// Whether messages of the folder count.
    bool counts() const { return counts_; }

    /// Whether so much more may be used. Counts the messages anew when the file may be wrong: it is damaged, has other
    /// limits than it should, is long, or says no and was not made within the last 15 minutes.
    /// Errors: over_quota. When messages cannot be counted, or others change the folders meanwhile again and again, the
    /// answer is yes, as Courier's.
    Result<void> check(const Usage& more, Clock::time_point now) const;

    /// Notes that more or less is used, after it happened. What cannot be written is logged; the next count finds it.
    void charge(const Usage& change) const;

    /// Counts the messages anew: after a folder was deleted or renamed.
    void recount() const;

private:
    struct Present;

    Result<Descriptor> root() const;
    Descriptor open_file(int root) const;
    std::optional<Present> read(int root) const;
    std::optional<Usage> count(int root, const QuotaLimits& limits) const;
    void replace(int root, std::string_view text) const;
    void append(int file, std::string_view line) const;

    int folder_;
    bool counts_;
    Options options_;
};

/// Of an account with these settings.
Quota::Options quota_options(const Settings& settings);

}  // namespace postrider::store::maildir
