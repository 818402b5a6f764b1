// postrider-bench: `postrider-bench list` names what it can do.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "core/version.hpp"
#include "load/run.hpp"
#include "load/subcommand.hpp"
#include "stress/stress.hpp"

namespace postrider::bench {

namespace {

void print_line(std::FILE* out, std::string_view name, std::string_view summary) {
    std::fprintf(out, "  %-11s %s\n", std::string(name).c_str(), std::string(summary).c_str());
}

void print_list(std::FILE* out) {
    for (const Scenario* scenario : scenarios()) {
        print_line(out, scenario->name, scenario->summary);
    }
    print_line(out, stress::subcommand_stress.name, stress::subcommand_stress.summary);
}

void print_help(std::FILE* out) {
    std::fprintf(out, "postrider-bench %s: measures IMAP and POP3 servers\n\n", std::string(version).c_str());
    std::fputs("Usage: postrider-bench SCENARIO --port PORT --account USER:PASSWORD [options]\n\n", out);
    print_list(out);
    print_line(out, "list", "name the scenarios");
    std::fputs(
        "\nExit code 0: done; 1: unexpected answers, or not run to the end; 2: wrong options; 3: the server lacks"
        " the command.\n`postrider-bench SCENARIO --help` tells the rest.\n",
        out);
}

int run(const std::vector<std::string>& arguments) {
    const std::string name = arguments.empty() ? "" : arguments.front();
    if (name.empty() || name == "--help" || name == "-h") {
        print_help(name.empty() ? stderr : stdout);
        return name.empty() ? exit_usage : 0;
    }
    if (name == "list") {
        print_list(stdout);
        return 0;
    }
    const std::string program = "postrider-bench " + name;
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (name == stress::subcommand_stress.name) {
        return stress::subcommand_stress.run(program, rest);
    }
    const auto all = scenarios();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Scenario* one) { return one->name == name; });
    if (found != all.end()) {
        return run_scenario(**found, program, rest);
    }
    std::fprintf(stderr, "postrider-bench: \"%s\" is no scenario; `postrider-bench list` names them\n", name.c_str());
    return exit_usage;
}

}  // namespace

}  // namespace postrider::bench

int main(int argc, char** argv) {
    return postrider::bench::run({argv + 1, argv + argc});
}
