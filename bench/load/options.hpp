// What postrider-bench is told on its command line. Every scenario takes the common options and its own ones.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "client/connection.hpp"

namespace CLI {
class App;
}

namespace postrider::bench {

enum class Protocol : std::uint8_t { imap, pop3 };

struct Account {
    std::string user;
    std::string password;
};

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    Protocol protocol = Protocol::imap;
    Security security = Security::none;
    bool resume = false;
    std::vector<Account> accounts;  ///< at least one; connection i takes number i mod size
    unsigned connections = 1;
    unsigned threads = 1;
    std::string folder = "INBOX";
    std::uint64_t count = 0;  ///< the scenario's own default where it is not given
    std::optional<std::chrono::duration<double>> duration;
    std::uint64_t warm_up = 0;
    unsigned repeat = 1;
    std::vector<pid_t> server_pids;
    std::uint64_t seed = 1;
    std::string json;  ///< a file, "-" for standard output, "" for none
    bool quiet = false;
    std::chrono::duration<double> settle{0.05};
    std::chrono::duration<double> timeout{60};

    // Of some scenarios only: see OwnOption.
    std::string items = "FLAGS";
    std::uint32_t batch = 0;  ///< messages a command; 0: all
    std::string to = "INBOX.postrider-bench";
    std::size_t size = 14'000;
    std::string criteria = "ALL";
    std::string keys = "SUBJECT";
    std::string algorithm = "REFERENCES";
    std::string maildir;
    std::chrono::duration<double> gap{0.1};
    double speed = 1;
    double guesses = 1000;  ///< a second
    std::uint32_t addresses = 20'000;
    std::chrono::duration<double> guess_patience{3};
};

/// When what begins now ends by --duration; Moment::max() without it.
Moment end_of(const Options& options);

/// The options that only some scenarios have.
enum class OwnOption : std::uint8_t { items, batch, to, size, criteria, keys, algorithm, maildir, gap, speed, guesses };

/// What is wrong with the command line, as one line that says what to do.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// arguments: without the program. False: --help was asked for and is printed.  Throws UsageError.
bool parse_arguments(CLI::App& app, const std::vector<std::string>& arguments);

/// Reads a scenario's command line.
/// program: "postrider-bench select".  own: the options it has beside the common ones.  count: its default for --count.
/// None: --help was asked for and is printed.  Throws UsageError.
std::optional<Options> parse_options(const std::string& program, const std::string& description,
                                     const std::vector<OwnOption>& own, std::uint64_t count,
                                     const std::vector<std::string>& arguments);

/// USER:PASSWORD; the first colon divides. Throws UsageError.
Account parse_account(std::string_view text);

}  // namespace postrider::bench
