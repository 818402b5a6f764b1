// The UID list of a folder of 10,000 messages, and the names of their files.
#include <benchmark/benchmark.h>

#include <memory>

#include "micro/cases.hpp"
#include "micro/floors.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/uid_list.hpp"

namespace postrider::bench {

namespace {

using namespace store;

constexpr std::uint32_t messages = 10000;

std::vector<std::string> file_names() {
    std::vector<std::string> names;
    for (std::uint32_t i = 1; i <= messages; ++i) {
        names.push_back(std::to_string(1700000000 + i * 61) + ".M" + std::to_string(i * 7919 % 1000000) +
                        "P4711V000000000000FE00I" + std::to_string(1000000000000000 + i) +
                        ".host,S=" + std::to_string(2000 + i) + ":2,RS");
    }
    return names;
}

/// The list of all, with the names that it has views into.
struct Folder {
    std::vector<std::string> names = file_names();
    maildir::UidList list{.uid_validity = UidValidity(700000000), .uid_next = Uid(messages + 1), .entries = {}};

    Folder() {
        for (std::uint32_t i = 0; i < messages; ++i) {
            list.entries.push_back({.uid = Uid(i + 1), .base = maildir::base_of(names[i])});
        }
    }
};

Work list_read() {
    const std::string text = maildir::print_uid_list(Folder().list);
    return {text.size(), [text] { benchmark::DoNotOptimize(maildir::parse_uid_list(text)); }, seeing_lines(text)};
}

Work list_printed() {
    const auto folder = std::make_shared<const Folder>();
    return {maildir::print_uid_list(folder->list).size(),
            [folder] { benchmark::DoNotOptimize(maildir::print_uid_list(folder->list)); },
            copying(maildir::print_uid_list(folder->list))};
}

/// read: the name of a file -> anything.
template <class F>
Work each_name(F read) {
    const auto names = std::make_shared<const std::vector<std::string>>(file_names());
    std::string together;
    for (const std::string& name : *names) {
        together += name + '\n';
    }
    const auto once = [names, read] {
        for (const std::string& name : *names) {
            benchmark::DoNotOptimize(read(name));
        }
    };
    return {together.size(), once, seeing_lines(together)};
}

}  // namespace

void add_uid_list_cases(Cases& cases) {
    cases.push_back({"UID list read", list_read});
    cases.push_back({"UID list printed", list_printed});
    cases.push_back({"flags of 10,000 file names", [] { return each_name(maildir::flags_of); }});
    cases.push_back({"bases of 10,000 file names", [] { return each_name(maildir::base_of); }});
    cases.push_back({"10,000 file names with other flags", [] {
                         return each_name([](const std::string& name) {
                             return maildir::with_flags(name, Flag::seen | Flag::deleted);
                         });
                     }});
}

}  // namespace postrider::bench
