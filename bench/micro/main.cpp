// postrider-micro: Google Benchmark on the hot pure code, its floor beside each piece. All of Google Benchmark's
// options work (--benchmark_filter, --benchmark_out, ...); these come alone and measure nothing:
//   postrider-micro --once             every case and its floor once, for the tests
//   postrider-micro --list             the names, one a line
//   postrider-micro --run NAME TIMES   runs that case once to warm up and then as often: for bench/quick
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "core/text.hpp"
#include "micro/cases.hpp"
#include "micro/table.hpp"

namespace {

using postrider::bench::Case;
using postrider::bench::Cases;
using postrider::bench::Work;

constexpr int wrong_usage = 2;

Cases all_cases() {
    Cases cases;
    postrider::bench::add_command_cases(cases);
    postrider::bench::add_header_cases(cases);
    postrider::bench::add_text_cases(cases);
    postrider::bench::add_uid_list_cases(cases);
    return cases;
}

int list(const Cases& cases) {
    std::ranges::for_each(cases, [](const Case& one) { std::puts(one.name.c_str()); });
    return 0;
}

int once(const Cases& cases) {
    for (const Case& one : cases) {
        const Work work = one.make();
        work.once();
        if (work.floor) {
            work.floor();
        }
    }
    return 0;
}

int run(const Cases& cases, std::string_view name, std::string_view times) {
    const auto wanted = std::ranges::find(cases, name, &Case::name);
    auto left = postrider::parse_decimal<unsigned>(times);
    if (wanted == cases.end() || !left) {
        std::fputs("--run wants one of the names that --list gives, and a number\n", stderr);
        return wrong_usage;
    }
    const Work work = wanted->make();
    work.once();
    for (; *left > 0; --*left) {
        work.once();
    }
    return 0;
}

void measure(const std::string& name, std::size_t bytes, const std::function<void()>& once) {
    benchmark::RegisterBenchmark(name.c_str(), [once, bytes](benchmark::State& state) {
        for ([[maybe_unused]] auto _ : state) {
            once();
        }
        state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
    });
}

}  // namespace

int main(int argc, char** argv) {
    const Cases cases = all_cases();
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "--list" && argc == 2) {
        return list(cases);
    }
    if (first == "--once" && argc == 2) {
        return once(cases);
    }
    if (first == "--run" && argc == 4) {
        return run(cases, argv[2], argv[3]);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return wrong_usage;
    }
    for (const Case& one : cases) {
        const Work work = one.make();
        if (work.floor) {
            measure(one.name + postrider::bench::floor_suffix, work.bytes, work.floor);
        }
        measure(one.name, work.bytes, work.once);
    }
    postrider::bench::TableReporter table;
    benchmark::RunSpecifiedBenchmarks(&table);
    return 0;
}
