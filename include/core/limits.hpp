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
inline constexpr auto proxy_header_time = 10s;

// PROXY headers (the public specification, versions 1 and 2).
inline constexpr std::size_t proxy_v1_bytes = 107;       // with CRLF
inline constexpr std::size_t proxy_v2_rest_bytes = 536;  // behind the 16 bytes that tell its length

// The access list.
inline constexpr std::size_t access_list_bytes = 16 * 1024 * 1024;  // of its source, all files together
inline constexpr std::size_t access_entries = 1'000'000;

// Failed logins, per address (/48 for IPv6).
inline constexpr auto login_delay_first = 2s;
inline constexpr auto login_delay_most = 15s;
inline constexpr std::size_t hash_queue = 256;

// Stored Argon2 hashes that ask for more match nothing.
inline constexpr std::uint32_t argon2_memory_kib = 256 * 1024;
inline constexpr std::uint64_t argon2_work_kib = 1024 * 1024;  // memory times passes: about a second

// SCRAM: what clients are told for accounts without a count of their own; how long an exchange may take at least.
inline constexpr std::uint32_t scram_iterations = 15'000;  // RFC 7677 section 4
inline constexpr auto scram_time = login_time;

// Passwords that were right a short time ago.
inline constexpr std::size_t verified_passwords = 16 * 1024;
inline constexpr auto verified_time = 5min;

// Courier's authdaemon protocol, and programs that speak it. Times are Courier's: compat/auth.md sections 2.7 and 3.
inline constexpr std::size_t authdaemon_line_bytes = 8190;               // of a request or a list, without its end
inline constexpr std::size_t authdaemon_body_bytes = 8191;               // of AUTH
inline constexpr std::size_t authdaemon_metadata = 16;                   // lines before a request
inline constexpr std::size_t authdaemon_text_bytes = 32 * 1024;          // a request, or an account in a reply
inline constexpr std::size_t authdaemon_list_bytes = 256 * 1024 * 1024;  // all accounts
inline constexpr std::size_t authdaemon_clients = 32;                    // served at once; further ones wait
inline constexpr auto authdaemon_request_time = 10s;
inline constexpr auto authdaemon_answer_time = 30s;   // for a client to take a piece of its answer
inline constexpr std::size_t authdaemon_calls = 256;  // of ours, at another's socket, at once
inline constexpr auto authdaemon_connect_time = 10s;
inline constexpr auto authdaemon_write_time = 10s;
inline constexpr auto authdaemon_reply_time = 30s;
inline constexpr auto authdaemon_list_time = 60s;   // for each piece of a list
inline constexpr std::size_t authpipe_queue = 256;  // requests that wait for a program
inline constexpr auto authpipe_queue_time = 30s;
inline constexpr auto authpipe_reply_time = 30s;
inline constexpr auto authpipe_farewell_time = 2s;  // to end by itself
inline constexpr auto authpipe_term_time = 10s;     // to end by SIGTERM

// Between our processes.
inline constexpr std::size_t role_message_bytes = 64 * 1024;
inline constexpr std::size_t role_settings_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t role_queue_bytes = 16 * 1024 * 1024;  // waiting for a role that does not read
inline constexpr std::size_t role_queue_log_lines = 1024;          // further ones are dropped and counted
inline constexpr std::size_t pending_logins = 4096;                // look-ups and hashes
inline constexpr std::size_t delayed_logins = 16 * 1024;
inline constexpr std::size_t delayed_logins_an_address = 16;
inline constexpr std::size_t read_ahead_bytes = 24 * 1024;  // of a client, at hand-over
inline constexpr std::size_t client_id_bytes = 1024;
inline constexpr std::size_t log_line_bytes = 4096;
inline constexpr auto grant_time = 30s;
inline constexpr auto take_time = 20s;  // for a worker to take a session
inline constexpr auto hand_over_time = 30s;
inline constexpr auto role_start_time = 30s;
inline constexpr std::size_t control_clients = 16;
inline constexpr auto control_time = 30s;

// Sources of accounts that are asked and may be slow: each has threads of its own.
inline constexpr std::size_t source_queue = 256;  // requests of one source, under way and waiting
inline constexpr auto source_wait = 10s;          // until a thread is free
inline constexpr std::size_t source_file_bytes = 1024 * 1024;
inline constexpr unsigned ldap_connections = 4;
inline constexpr auto ldap_time = 15s;                  // for all that one request asks of a directory
inline constexpr auto ldap_idle_time = 60s;             // a connection is not used again after so long
inline constexpr auto pam_time = 20s;                   // for one conversation
inline constexpr unsigned pam_children = 5;             // where `daemons` says nothing
inline constexpr std::size_t pam_conversations = 1000;  // then a child is started anew
inline constexpr std::size_t pam_text_bytes = 1024;

// After login.
inline constexpr std::size_t command_bytes = 64 * 1024;
inline constexpr std::size_t literal_bytes = 128 * 1024;
inline constexpr std::size_t literals = 64;
inline constexpr int bad_commands = 20;
inline constexpr auto imap_idle_time = 30min;
inline constexpr auto pop3_idle_time = 10min;
inline constexpr std::size_t pop3_line_bytes = 8191;  // without its end; the rest of a longer one is dropped
inline constexpr auto literal_stall_time = 60s;

// Output: a command flushes when the queue passes the mark, so it never holds much more than that and one piece.
inline constexpr std::size_t output_mark = 64 * 1024;
inline constexpr std::size_t output_mark_of_fast = 256 * 1024;  // for a client that takes each piece at once
inline constexpr auto output_fast_time = 10ms;
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
inline constexpr std::size_t message_ids = 1000;  // of one References field
inline constexpr std::size_t message_id_bytes = 1000;
inline constexpr std::uint64_t message_bytes = 0xFFFF'FFFF;

// Mailboxes.
inline constexpr std::size_t mailbox_name_bytes = 240;
inline constexpr std::size_t keyword_bytes = 50;
inline constexpr std::size_t keywords = 1000;
inline constexpr std::size_t keywords_a_message = 100;
/// Folders that nobody has selected stay open for so long after their last use, at most so many with so many messages.
inline constexpr auto warm_time = 2min;
inline constexpr std::size_t warm_folders = 256;
inline constexpr std::size_t warm_messages = 1'000'000;
/// Names told of a folder and not yet looked at; more are as good as none.
inline constexpr std::size_t watch_events = 4096;
inline constexpr auto stale_temporary_age = 36h;

// The index, per account.
inline constexpr std::size_t index_record_bytes = 64 * 1024;         // larger ones are not kept
inline constexpr std::size_t index_pending_bytes = 8 * 1024 * 1024;  // waiting to be written; more are forgotten

}  // namespace postrider::limits
