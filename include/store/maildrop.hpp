// An account's INBOX as one POP3 session sees it: fixed at login. RFC 1939 section 4, compat/pop3.md section 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "store/mailbox.hpp"

namespace postrider::store {

class User;

/// Owned by a session. Messages go by their index, from 0, in the order of delivery; what happens to their files
/// meanwhile changes neither index nor count. Members that give a Task are awaited on the session's strand; their file
/// work runs on the account's strand of the pool.
class Maildrop {
public:
    ~Maildrop();
    Maildrop(const Maildrop&) = delete;
    Maildrop& operator=(const Maildrop&) = delete;

    std::size_t count() const;
    /// The sizes of all together.
    std::uint64_t octets() const;
    /// Octets as sent: each LF as CR LF, a missing last line end with, without the stuffing of dots.
    std::uint64_t size(std::size_t index) const;
    std::string uidl(std::size_t index) const;
    /// Whether a byte above 127 stands in its header. RFC 6856 section 2.
    bool is_utf8(std::size_t index) const;

    /// Opens the file, under whatever flags it has now. Pool only, any thread. Errors: expunged, unavailable.
    Result<MessageReader> open(std::size_t index) const;

    /// What went wrong with the list of UIDLs at the login, for the log; empty: nothing. compat/pop3.md section 5.
    std::string_view trouble() const;

    /// After RETR. Messages that are gone are no error.
    Task<Result<void>> mark_seen(std::vector<std::size_t> indexes);

    /// What QUIT did with the messages that were to be removed.
    struct Removed {
        std::vector<std::string> names;   ///< of the files in cur/, for the log
        std::vector<std::size_t> failed;  ///< those that are still there
        std::optional<Error> trouble;     ///< they are gone, but maybe not for good
    };
    /// Removes them for good, never to the trash folder; durable unless it says otherwise. Gone already is success; so
    /// is a message that came back under another UID meanwhile, which stays.
    Task<Result<Removed>> remove(std::vector<std::size_t> indexes);

    /// The pool strand on which this session's reading runs.
    const PoolStrand& reading_strand() const;

private:
    friend class User;
    struct State;
    explicit Maildrop(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;  ///< owners: this, and the piece of pool work under way
};

}  // namespace postrider::store
