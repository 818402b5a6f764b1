#include "stress/options.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace postrider::bench::stress {

namespace {

const std::map<std::string, Security> securities = {
    {"none", Security::none}, {"starttls", Security::starttls}, {"implicit", Security::implicit}};

constexpr const char* description =
    "Sessions of one account do random legal things in a few folders, and each response is checked against a model of\n"
    "what the sessions together have done. The first contradiction ends the run: exit code 1, a sentence that says "
    "what\n"
    "is wrong, the transcripts of the sessions concerned, and the command line that repeats the run.\n"
    "The folders are made for the run, below the account's INBOX, and deleted when it ends well.\n\n"
    "Repeating: a session draws its choices from a sequence of random numbers that the seed and its number give, and "
    "so\n"
    "do deliveries. What a session chooses among (which messages it has been told of) and how the sessions' commands\n"
    "fall together is the server's timing, which no seed repeats: a contradiction that needs an unlucky moment may "
    "take\n"
    "several runs to come again; with --sessions 1 and no --deliver a run repeats itself command by command.";

void add_options(CLI::App& app, StressOptions& options, std::string& account) {
    app.add_option("--host", options.host, "the server's name or address")->capture_default_str();
    app.add_option("--port", options.port, "its port")->required();
    app.add_option("--tls", options.security, "none, starttls or implicit")
        ->transform(CLI::CheckedTransformer(securities));
    app.add_option("--account", account, "USER:PASSWORD")->required();
    app.add_option("--sessions", options.sessions, "sessions side by side")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    app.add_option("--folders", options.folders, "folders that they share")
        ->check(CLI::Range(1U, 100U))
        ->capture_default_str();
    auto* duration =
        app.add_option("--duration", options.duration, "seconds")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--operations", options.operations, "so many commands in all, instead of --duration")
        ->check(CLI::PositiveNumber)
        ->excludes(duration);
    app.add_option("--seed", options.seed, "of all that is random")->capture_default_str();
    app.add_option("--deliver", options.deliver,
                   "the account's Maildir: mail is delivered into the folders' new/ meanwhile")
        ->check(CLI::ExistingDirectory);
    app.add_option(
        "--foreign", options.foreign,
        "a command (for the shell) that speaks IMAP on its standard streams, logged in, on the same Maildir and "
        "the same list of UIDs: Courier's imapd. Its sessions take part");
    app.add_option("--foreign-sessions", options.foreign_sessions, "how many of them")
        ->check(CLI::Range(1U, 100U))
        ->capture_default_str();
    app.add_option("--timeout", options.timeout, "seconds to wait for an answer")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--transcripts", options.transcripts,
                   "folder for the transcripts of a contradiction [stress-SEED in the current one]");
    app.add_option("--transcript-size", options.transcript_kib, "KiB that are kept of each session")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20))
        ->capture_default_str();
    app.add_option("--json", options.json, "write the figures to this file; \"-\": to standard output");
    app.add_flag("--quiet", options.quiet, "no progress line");
}

std::string quoted_for_shell(const std::string& word) {
    std::string quoted = "'";
    for (const char c : word) {
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return quoted + "'";
}

}  // namespace

std::optional<StressOptions> parse_stress_options(const std::string& program,
                                                  const std::vector<std::string>& arguments) {
    StressOptions options;
    std::string account;
    CLI::App app(description, program);
    add_options(app, options, account);
    if (!parse_arguments(app, arguments)) {
        return std::nullopt;
    }
    options.account = parse_account(account);
    if (options.transcripts.empty()) {
        options.transcripts = "stress-" + std::to_string(options.seed);
    }
    options.command_line = program;
    for (const std::string& argument : arguments) {
        options.command_line += " " + quoted_for_shell(argument);
    }
    return options;
}

}  // namespace postrider::bench::stress
