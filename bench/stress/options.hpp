// What `postrider-bench stress` is told on its command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/connection.hpp"
#include "load/options.hpp"

namespace postrider::bench::stress {

struct StressOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    Security security = Security::none;
    Account account;
    unsigned sessions = 8;
    unsigned folders = 2;
    double duration = 60;          ///< seconds
    std::uint64_t operations = 0;  ///< commands of all sessions together; 0: as many as fit into the duration
    std::uint64_t seed = 1;
    std::string deliver;  ///< the account's Maildir; "": nothing is delivered
    std::string foreign;  ///< a command for the shell; "": none
    unsigned foreign_sessions = 2;
    double timeout = 60;  ///< seconds without an answer
    std::string transcripts;
    std::size_t transcript_kib = 512;  ///< kept of each session
    std::string json;
    bool quiet = false;
    std::string command_line;  ///< that repeats the run
};

/// None: --help was asked for and is printed. Throws UsageError.
std::optional<StressOptions> parse_stress_options(const std::string& program,
                                                  const std::vector<std::string>& arguments);

}  // namespace postrider::bench::stress
