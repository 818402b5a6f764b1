// Every size that comes from outside has its maximum here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postrider::limits {

using namespace std::chrono_literals;

// Before login.
inline constexpr std::size_t login_line_bytes = 8192;
inline constexpr std::size_t login_literal_bytes = 1024;
inline constexpr std::size_t sasl_bytes = 8192;
inline constexpr std::size_t credential_bytes = 1024;
inline constexpr int login_bad_commands = 3;
inline constexpr auto login_time = 60s;

// Failed logins, per address (/48 for IPv6).
inline constexpr auto login_delay_first = 2s;
inline constexpr auto login_delay_most = 15s;
inline constexpr std::size_t hash_queue = 256;

// After login.
inline constexpr std::size_t command_bytes = 64 * 1024;
inline constexpr std::size_t literal_bytes = 128 * 1024;
inline constexpr std::size_t literals = 64;
inline constexpr int bad_commands = 20;
inline constexpr auto imap_idle_time = 30min;
inline constexpr auto literal_stall_time = 60s;

// Output: a command flushes when the queue passes the mark, so it never holds much more than that and one piece.
inline constexpr std::size_t output_mark = 64 * 1024;
inline constexpr auto output_stall_time = 5min;

// Sequence sets, search, patterns.
inline constexpr std::size_t ranges = 16 * 1024;
inline constexpr std::size_t search_keys = 4096;
inline constexpr std::size_t search_nesting = 1000;
inline constexpr std::size_t search_texts = 128;  // each is looked for in every header or body
inline constexpr std::size_t fetch_items = 256;
inline constexpr std::size_t pattern_wildcards = 10;

// Messages.
inline constexpr std::size_t mime_depth = 100;
inline constexpr std::size_t mime_parts = 10'000;
inline constexpr std::size_t header_bytes = 10 * 1024 * 1024;
inline constexpr std::size_t mime_parameters = 128;
inline constexpr std::size_t addresses = 10'000;
inline constexpr std::uint64_t message_bytes = 0xFFFF'FFFF;

// Mailboxes.
inline constexpr std::size_t mailbox_name_bytes = 240;
inline constexpr std::size_t keyword_bytes = 50;
inline constexpr std::size_t keywords = 1000;
inline constexpr std::size_t keywords_a_message = 100;
inline constexpr auto stale_temporary_age = 36h;

}  // namespace postrider::limits
