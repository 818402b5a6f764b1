#include "load/run.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <iostream>

#include "load/report.hpp"

namespace postrider::bench {

namespace {

/// Thousands of connections are descriptors.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void check_protocol(const Scenario& scenario, const Options& options) {
    if (scenario.speaks == Speaks::imap && options.protocol == Protocol::pop3) {
        throw UsageError("this scenario is IMAP's; leave out --protocol pop3");
    }
}

int run_all(const Scenario& scenario, const Options& options) {
    raise_descriptor_limit();
    Target target(options);
    const ServerProcesses server(options.server_pids);
    std::vector<Figures> runs;
    try {
        Progress progress(std::string(scenario.name), options.quiet);
        Bench bench{target, options.server_pids.empty() ? nullptr : &server, progress};
        for (unsigned i = 1; i <= options.repeat; ++i) {
            progress.say("run " + std::to_string(i) + " of " + std::to_string(options.repeat));
            runs.push_back(scenario.run(bench));
        }
    } catch (const Unsupported& reason) {
        if (!options.json.empty()) {
            write_json(report_unsupported(scenario, target, reason.what()), options.json);
        }
        std::fprintf(stderr, "postrider-bench %s: not supported by the server: %s\n",
                     std::string(scenario.name).c_str(), reason.what());
        return exit_unsupported;
    }
    const boost::json::object all = report(scenario, target, runs);
    if (!options.json.empty()) {
        write_json(all, options.json);
    }
    if (!options.quiet && options.json != "-") {
        std::cout << table(all);
    }
    return all.at("error_texts").as_object().empty() ? 0 : exit_failed;
}

}  // namespace

int run_scenario(const Scenario& scenario, const std::string& program, const std::vector<std::string>& arguments) {
    try {
        const std::string description = std::string(scenario.summary) + ".\n\n" + std::string(scenario.details);
        auto options = parse_options(program, description, scenario.own, scenario.count, arguments);
        if (!options) {
            return 0;
        }
        check_protocol(scenario, *options);
        if (scenario.speaks == Speaks::pop3) {
            options->protocol = Protocol::pop3;
        }
        return run_all(scenario, *options);
    } catch (const UsageError& error) {
        std::fprintf(stderr, "%s: %s; `%s --help` tells the rest\n", program.c_str(), error.what(), program.c_str());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
        return exit_failed;
    }
}

}  // namespace postrider::bench
