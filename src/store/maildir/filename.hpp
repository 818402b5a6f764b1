// Names of message files: "<base>:2,<flags>". compat/maildir.md section 2.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/message.hpp"

namespace postrider::store::maildir {

/// The name up to its last ":"; a message's identity in every file of a Maildir.
std::string_view base_of(std::string_view name);

/// The flags behind ":2,". Letters that we do not know are passed over; no ":2,": no flags.
Flags flags_of(std::string_view name);

/// The name with these flags: letters in ASCII order, ":2," always there, letters that are not ours (P, a-z) kept.
std::string with_flags(std::string_view name, Flags flags);

/// ",S=<n>" of the base name, if it is there.
std::optional<std::uint64_t> size_of(std::string_view name);

/// The order in which new messages get their UIDs: the leading decimal number (delivery time), then bytewise up to
/// ":". compat/maildir.md section 4, step 7.
std::strong_ordering delivery_order(std::string_view a, std::string_view b);

/// A name for tmp/: "<time>.M<usec>P<pid>_<counter>.<host>". Never twice the same in a process, also when the clock
/// stands or goes back; "/" and ":" of the host are replaced. Any thread.
std::string unique_name(std::string_view host);

/// The final base name of a stored message: time, usec, pid, device, inode, counter, host, size.
/// temporary: as unique_name gave it.
std::string delivered_name(std::string_view temporary, std::uint64_t device, std::uint64_t inode, std::uint64_t size);

}  // namespace postrider::store::maildir
