// Commands as they come in: command word, arguments, sets. And the lines of answers that are printed most.
#include <benchmark/benchmark.h>

#include <chrono>

#include "imap/wire/arg_reader.hpp"
#include "imap/wire/command_lines.hpp"
#include "imap/wire/date.hpp"
#include "imap/wire/fetch_items.hpp"
#include "imap/wire/printer.hpp"
#include "imap/wire/search_keys.hpp"
#include "imap/wire/sequence_set.hpp"
#include "micro/cases.hpp"
#include "micro/floors.hpp"

namespace postrider::bench {

namespace {

using namespace imap;

/// parse: ArgReader& -> anything.
template <class F>
Work reading(const std::string& text, F parse) {
    const auto once = [text, parse] {
        wire::ArgReader in(text);
        benchmark::DoNotOptimize(parse(in));
    };
    return {text.size(), once, seeing(text)};
}

Work head() {
    const std::string line = "a142 UID FETCH 1:* (UID FLAGS)";
    return {line.size(), [line] { benchmark::DoNotOptimize(wire::parse_command_head(line)); }, seeing(line)};
}

Work fetch_arguments() {
    return reading(
        "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT TO CC MESSAGE-ID REFERENCES)])",
        wire::parse_fetch_items);
}

Work search_arguments() {
    return reading("CHARSET UTF-8 OR (FROM \"ann\" SINCE 1-Feb-2024) NOT (SUBJECT {5}\r\norder UNSEEN) 1:500",
                   wire::parse_search);
}

constexpr std::uint32_t ranges = 1000;
constexpr std::uint32_t range_step = 40;
constexpr std::uint32_t range_numbers = 10;

/// "1:10,41:50,..."
std::string set_text() {
    std::string text;
    for (std::uint32_t first = 1; first < ranges * range_step; first += range_step) {
        text += (text.empty() ? "" : ",") + std::to_string(first) + ":" + std::to_string(first + range_numbers - 1);
    }
    return text;
}

Work set_read() {
    const std::string text = set_text();
    return {text.size(), [text] { benchmark::DoNotOptimize(wire::parse_sequence_set(text)); }, seeing(text)};
}

Work set_resolved() {
    const auto set = *wire::parse_sequence_set(set_text());
    const std::size_t bytes = set.size() * sizeof(set[0]);
    return {bytes, [set] { benchmark::DoNotOptimize(wire::resolved(set, ranges * range_step)); },
            copying(std::string(bytes, 'x'))};
}

Work set_asked() {
    const auto set = wire::resolved(*wire::parse_sequence_set(set_text()), ranges * range_step);
    const auto once = [set] {
        std::size_t found = 0;
        for (std::uint32_t number = 1; number <= ranges * range_step; number += 4) {
            found += wire::contains(set, number) ? 1 : 0;
        }
        benchmark::DoNotOptimize(found);
    };
    return {0, once, {}};
}

Work set_printed() {
    std::vector<std::uint32_t> uids;
    for (const auto& range : *wire::parse_sequence_set(set_text())) {
        for (std::uint32_t uid = range.first; uid <= range.last; ++uid) {
            uids.push_back(uid);
        }
    }
    const std::string text = wire::print_set(uids);
    return {text.size(), [uids] { benchmark::DoNotOptimize(wire::print_set(uids)); }, copying(text)};
}

Work flags_printed() {
    static constexpr store::Flags flags = store::Flag::seen | store::Flag::answered;
    const std::vector<std::string_view> keywords{"$Forwarded", "NonJunk"};
    std::string line;
    wire::print_flags(line, flags, true, keywords);
    const auto once = [keywords, out = std::string()]() mutable {
        out.clear();
        wire::print_flags(out, flags, true, keywords);
        benchmark::DoNotOptimize(out.data());
    };
    return {line.size(), once, copying(line)};
}

Work date_printed() {
    static constexpr std::chrono::sys_seconds time(std::chrono::seconds(1700000000));
    static constexpr std::chrono::minutes zone(60);
    const std::string text = wire::print_date_time(time, zone);
    return {text.size(), [] { benchmark::DoNotOptimize(wire::print_date_time(time, zone)); }, copying(text)};
}

}  // namespace

void add_command_cases(Cases& cases) {
    cases.push_back({"command word of a line", head});
    cases.push_back({"arguments of FETCH", fetch_arguments});
    cases.push_back({"arguments of SEARCH", search_arguments});
    cases.push_back({"sequence set of 1,000 ranges, read", set_read});
    cases.push_back({"sequence set of 1,000 ranges, resolved", set_resolved});
    cases.push_back({"sequence set of 1,000 ranges, 10,000 questions", set_asked});
    cases.push_back({"10,000 UIDs printed as a set", set_printed});
    cases.push_back({"flags printed", flags_printed});
    cases.push_back({"INTERNALDATE printed", date_printed});
}

}  // namespace postrider::bench
