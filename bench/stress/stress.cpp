// `postrider-bench stress`: options, run, report.
#include "stress/stress.hpp"

#include <boost/json/object.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "load/report.hpp"
#include "load/run.hpp"
#include "stress/run.hpp"

namespace postrider::bench::stress {

namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) {
        throw std::runtime_error(path.string() + " cannot be written");
    }
}

std::string report_of(const Failure& failure, const StressOptions& options, const StressRun& run) {
    std::string text = failure.sentence + "\n\n";
    if (!failure.rule.empty()) {
        text += "rule: " + failure.rule + " (" + failure.source + ")\n";
    }
    if (!failure.session.empty()) {
        text += "told to session: " + failure.session + "\n";
    }
    text += "seed: " + std::to_string(options.seed) + "\ncommands until then: " + std::to_string(run.commands()) +
            ", seconds: " + std::to_string(run.seconds()) + "\nagain: " + options.command_line + "\n";
    text += failure.concerned.empty() ? "" : "transcripts, of the sessions that worked in the same folders:\n";
    for (const std::string& session : failure.concerned) {
        text += "  session-" + session + ".txt\n";
    }
    return text;
}

void write_failure(const Failure& failure, const StressOptions& options, const StressRun& run) {
    const std::string report = report_of(failure, options, run);
    const std::filesystem::path folder = options.transcripts;
    std::filesystem::create_directories(folder);
    write_file(folder / "contradiction.txt", report);
    for (const std::string& session : failure.concerned) {
        write_file(folder / ("session-" + session + ".txt"), run.transcript(session));
    }
    std::fprintf(stderr, "%swritten to %s\n", report.c_str(), folder.c_str());
}

void write_figures(const StressOptions& options, const StressRun& run, const std::optional<Failure>& failure) {
    boost::json::object figures = {{"version", 1},
                                   {"scenario", "stress"},
                                   {"parameters",
                                    {{"sessions", options.sessions},
                                     {"folders", options.folders},
                                     {"seed", options.seed},
                                     {"foreign", options.foreign},
                                     {"deliver", options.deliver}}},
                                   {"unit", "command"},
                                   {"operations", run.commands()},
                                   {"choices", run.choices()},
                                   {"deliveries", run.deliveries()},
                                   {"seconds", run.seconds()},
                                   {"contradiction", nullptr}};
    if (failure) {
        figures["contradiction"] = boost::json::object{
            {"rule", failure->rule}, {"sentence", failure->sentence}, {"session", failure->session}};
    }
    write_json(figures, options.json);
}

int run_stress(const std::string& program, const std::vector<std::string>& arguments) {
    try {
        const auto options = parse_stress_options(program, arguments);
        if (!options) {
            return 0;
        }
        StressRun run(*options);
        const auto failure = run.run();
        if (!options->json.empty()) {
            write_figures(*options, run, failure);
        }
        if (failure) {
            write_failure(*failure, *options, run);
            return exit_failed;
        }
        if (!options->quiet && options->json != "-") {
            std::printf("%llu commands and %llu deliveries in %.1f s: no contradiction\n",
                        static_cast<unsigned long long>(run.commands()),
                        static_cast<unsigned long long>(run.deliveries()), run.seconds());
        }
        return 0;
    } catch (const UsageError& error) {
        std::fprintf(stderr, "%s: %s; `%s --help` tells the rest\n", program.c_str(), error.what(), program.c_str());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
        return exit_failed;
    }
}

}  // namespace

const Subcommand subcommand_stress = {
    .name = "stress",
    .summary = "many sessions, and whether what they are told is right",
    .run = run_stress,
};

}  // namespace postrider::bench::stress
