#include "load/options.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <map>

namespace postrider::bench {

namespace {

const std::map<std::string, Protocol> protocols = {{"imap", Protocol::imap}, {"pop3", Protocol::pop3}};
const std::map<std::string, Security> securities = {
    {"none", Security::none}, {"starttls", Security::starttls}, {"implicit", Security::implicit}};

std::vector<Account> read_accounts(const std::string& file) {
    std::ifstream in(file);
    if (!in) {
        throw UsageError("--accounts: " + file + " cannot be read");
    }
    std::vector<Account> accounts;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) {
            accounts.push_back(parse_account(line));
        }
    }
    return accounts;
}

/// Where CLI11 leaves what becomes something else afterwards.
struct Raw {
    std::vector<std::string> accounts;
    std::string accounts_file;
    double duration = 0;
    double settle = 0;
    double timeout = 0;
    double gap = 0;
    double guess_patience = 0;
};

void add_server(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--host", options.host, "the server's name or address")->capture_default_str();
    app.add_option("--port", options.port, "its port")->required();
    app.add_option("--protocol", options.protocol)
        ->transform(CLI::CheckedTransformer(protocols))
        ->option_text("imap|pop3");
    app.add_option("--tls", options.security)
        ->transform(CLI::CheckedTransformer(securities))
        ->option_text("none|starttls|implicit");
    app.add_flag("--resume", options.resume, "take up the TLS session of an earlier connection");
    auto* account =
        app.add_option("--account", raw.accounts, "USER:PASSWORD; may be given again")->allow_extra_args(false);
    app.add_option("--accounts", raw.accounts_file, "file of USER:PASSWORD lines; connection i takes line i mod n")
        ->excludes(account);
    app.add_option(
        "--server-pid", options.server_pids,
        "main process of the server, for its CPU time and memory: that of its cgroup where it has one of its "
        "own, else of all processes below it; may be given again");
}

void add_amount(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--connections", options.connections, "sessions side by side")
        ->check(CLI::Range(1U, 1'000'000U))
        ->capture_default_str();
    app.add_option("--threads", options.threads, "threads of this program; sessions are divided among them")
        ->check(CLI::Range(1U, 256U))
        ->capture_default_str();
    app.add_option("--folder", options.folder, "mailbox to work on")->capture_default_str();
    app.add_option("--count", options.count, "how often, for each connection")->capture_default_str();
    app.add_option("--duration", raw.duration, "seconds; instead of --count")->check(CLI::PositiveNumber);
    app.add_option("--warm-up", options.warm_up, "times before the measured ones, for each connection")
        ->capture_default_str();
    app.add_option("--repeat", options.repeat, "runs, each with new sessions; medians of them are given too")
        ->check(CLI::Range(1U, 10'000U))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "of all that is random")->capture_default_str();
}

void add_output(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--json", options.json, "write the figures to this file; \"-\": to standard output");
    app.add_flag("--quiet", options.quiet, "no table and no progress line");
    app.add_option("--settle", raw.settle, "seconds for which the server must be at rest before its CPU time is read")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--timeout", raw.timeout, "seconds to wait for an answer")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

void add_guesses(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--guesses", options.guesses, "log-ins with wrong passwords that begin each second")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--addresses", options.addresses,
                   "how many addresses, 127.1.0.1 and on, they come from; with --seed 2 the next ones, and so on")
        ->check(CLI::Range(1U, 10'000'000U))
        ->capture_default_str();
    app.add_option("--guess-patience", raw.guess_patience, "seconds that each waits for an answer")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

void add_own(CLI::App& app, Options& options, Raw& raw, OwnOption own) {
    switch (own) {
        case OwnOption::items:
            app.add_option("--items", options.items, "what to FETCH, as in the command")->capture_default_str();
            break;
        case OwnOption::batch:
            app.add_option("--batch", options.batch, "messages a command, going round in the folder; 0: all")
                ->capture_default_str();
            break;
        case OwnOption::to:
            app.add_option("--to", options.to, "mailbox that is made for this and deleted afterwards")
                ->capture_default_str();
            break;
        case OwnOption::size:
            app.add_option("--size", options.size, "bytes of a message")
                ->check(CLI::Range(std::size_t{500}, std::size_t{1} << 30))
                ->capture_default_str();
            break;
        case OwnOption::criteria:
            app.add_option("--criteria", options.criteria, "what to search for, as in the command")
                ->capture_default_str();
            break;
        case OwnOption::keys:
            app.add_option("--keys", options.keys, "sort keys, as in the command")->capture_default_str();
            break;
        case OwnOption::algorithm:
            app.add_option("--algorithm", options.algorithm, "REFERENCES or ORDEREDSUBJECT")->capture_default_str();
            break;
        case OwnOption::maildir:
            app.add_option("--maildir", options.maildir, "Maildir folder of the account's mailbox; mail stays there")
                ->required()
                ->check(CLI::ExistingDirectory);
            break;
        case OwnOption::gap:
            app.add_option("--gap", raw.gap, "mean seconds between two changes")
                ->check(CLI::NonNegativeNumber)
                ->capture_default_str();
            break;
        case OwnOption::speed:
            app.add_option("--speed", options.speed, "how much quicker than real people the users are")
                ->check(CLI::PositiveNumber)
                ->capture_default_str();
            break;
        case OwnOption::guesses:
            add_guesses(app, options, raw);
            break;
    }
}

void finish(Options& options, const Raw& raw, const CLI::App& app) {
    for (const std::string& text : raw.accounts) {
        options.accounts.push_back(parse_account(text));
    }
    if (!raw.accounts_file.empty()) {
        options.accounts = read_accounts(raw.accounts_file);
    }
    if (options.accounts.empty()) {
        throw UsageError("an account is needed: --account USER:PASSWORD or --accounts FILE");
    }
    if (options.resume && options.security == Security::none) {
        throw UsageError("--resume wants --tls starttls or --tls implicit");
    }
    if (app.count("--duration") > 0) {
        options.duration = std::chrono::duration<double>(raw.duration);
    }
    options.settle = std::chrono::duration<double>(raw.settle);
    options.timeout = std::chrono::duration<double>(raw.timeout);
    options.gap = std::chrono::duration<double>(raw.gap);
    options.guess_patience = std::chrono::duration<double>(raw.guess_patience);
    options.threads = std::min(options.threads, options.connections);
}

}  // namespace

Moment end_of(const Options& options) {
    return options.duration ? Clock::now() + std::chrono::duration_cast<Clock::duration>(*options.duration)
                            : Moment::max();
}

Account parse_account(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos) {
        throw UsageError("an account is written USER:PASSWORD");
    }
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

bool parse_arguments(CLI::App& app, const std::vector<std::string>& arguments) {
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(std::move(reversed));
        return true;
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return false;
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
}

std::optional<Options> parse_options(const std::string& program, const std::string& description,
                                     const std::vector<OwnOption>& own, std::uint64_t count,
                                     const std::vector<std::string>& arguments) {
    Options options;
    options.count = count;
    Raw raw;
    raw.settle = options.settle.count();
    raw.timeout = options.timeout.count();
    raw.gap = options.gap.count();
    raw.guess_patience = options.guess_patience.count();
    CLI::App app(description, program);
    add_server(app, options, raw);
    add_amount(app, options, raw);
    for (const OwnOption one : own) {
        add_own(app, options, raw, one);
    }
    add_output(app, options, raw);
    if (!parse_arguments(app, arguments)) {
        return std::nullopt;
    }
    finish(options, raw, app);
    return options;
}

}  // namespace postrider::bench
