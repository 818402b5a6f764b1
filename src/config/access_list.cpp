#include "config/access_list.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/config.hpp"
#include "config/files.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

namespace fs = std::filesystem;

struct Line {
    std::uint32_t file = 0;  ///< index
    std::uint32_t number = 0;
};

struct Read {
    std::vector<std::string> files;
    std::vector<std::pair<net::AccessEntry, Line>> entries;
    std::map<std::string, Line> unused;  ///< variable: where it was first
    std::size_t bytes = 0;

    std::string place(Line line) const { return files[line.file] + ':' + std::to_string(line.number); }
};

void read_line(std::string_view text, Line line, Read& read) {
    const auto refuse = [&](const std::string& reason) {
        throw ConfigError(read.place(line) + ": \"" + log_safe(text, 80) + "\": " + reason);
    };
    const auto tab = text.find('\t');
    if (tab == std::string_view::npos) {
        refuse("an address, a tab, and allow or deny expected");
    }
    auto rule = net::parse_access_rule(trimmed(text.substr(0, tab)), trimmed(text.substr(tab)));
    if (!rule) {
        refuse(rule.error().reason);
    }
    if (read.entries.size() + rule->networks.size() > limits::access_entries) {
        refuse("the list has more than " + std::to_string(limits::access_entries) + " networks");
    }
    for (const net::Network& network : rule->networks) {
        read.entries.push_back({{.network = network, .access = rule->access}, line});
    }
    for (std::string& name : rule->unused) {
        read.unused.try_emplace(std::move(name), line);
    }
}

void read_file(const std::string& path, Read& read) {
    const std::string text = text_of(path, limits::access_list_bytes - read.bytes);
    read.bytes += text.size();
    if (read.bytes > limits::access_list_bytes) {
        throw ConfigError(path + ": the access list is larger than 16 MiB");
    }
    Line line{.file = static_cast<std::uint32_t>(read.files.size()), .number = 0};
    read.files.push_back(path);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto content = trimmed(std::string_view(text).substr(at, end - at));
        ++line.number;
        if (!content.empty() && content.front() != '#') {
            read_line(content, line, read);
        }
        at = end + 1;
    }
}

bool is_left_over(std::string_view name) {
    constexpr std::string_view suffixes[] = {"~", ".dist", ".rpmsave", ".rpmnew"};
    return name.starts_with('.') || name.find(".dpkg-") != std::string_view::npos ||
           std::ranges::any_of(suffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
}

/// In the order of their names.
std::vector<std::string> files_in(const fs::path& folder) {
    std::vector<std::string> files;
    std::error_code error;
    fs::directory_iterator at(folder, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        if (!is_left_over(at->path().filename().string())) {
            files.push_back(at->path().string());
        }
    }
    if (error) {
        throw ConfigError(folder.string() + ": " + error.message());
    }
    std::ranges::sort(files);
    return files;
}

void refuse_twice(const Read& read) {
    auto sorted = read.entries;
    const auto network = [](const auto& entry) -> const net::Network& { return entry.first.network; };
    std::ranges::stable_sort(sorted, {}, network);
    const auto twice = std::ranges::adjacent_find(sorted, {}, network);
    if (twice != sorted.end()) {
        throw ConfigError(read.place((twice + 1)->second) + ": " + twice->first.network.text() +
                          " is named already at " + read.place(twice->second));
    }
}

}  // namespace

AccessSource read_access_list(const fs::path& path) {
    if (path.empty()) {
        return {};
    }
    Read read;
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status) && fs::exists(path.string() + ".dat", error)) {
        throw ConfigError(path.string() + ".dat: this version reads the list that makeimapaccess made it from, and " +
                          path.string() + " is not there");
    }
    if (fs::is_directory(status)) {
        for (const std::string& file : files_in(path)) {
            read_file(file, read);
        }
    } else {
        read_file(path.string(), read);
    }
    refuse_twice(read);
    AccessSource source;
    for (const auto& [name, line] : read.unused) {
        source.remarks.push_back("has the variable " + log_safe(name, 80) + " (" + read.place(line) +
                                 "), which is not used");
    }
    std::vector<net::AccessEntry> entries;
    entries.reserve(read.entries.size());
    std::ranges::transform(read.entries, std::back_inserter(entries), [](const auto& entry) { return entry.first; });
    source.list = net::AccessList(std::move(entries));
    return source;
}

}  // namespace postrider::config
