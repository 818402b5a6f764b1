#include "store/maildir/retired_names.hpp"

#include <algorithm>
#include <chrono>

#include "core/text.hpp"
#include "store/maildir/dot_lock.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/uid_list.hpp"
#include "store/maildir/uid_validity.hpp"

namespace postrider::store::maildir {

namespace {

constexpr std::size_t most_bytes = 4 * 1024 * 1024;
constexpr std::size_t most_list_bytes = 256 * 1024 * 1024;

std::string print(const RetiredNames& names) {
    std::string text;
    for (const auto& [directory, uid_validity] : names) {
        text += std::to_string(uid_validity.value()) + " " + directory + "\n";
    }
    return text;
}

}  // namespace

RetiredNames parse_retired_names(std::string_view text) {
    RetiredNames names;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto blank = line.find(' ');
        const auto number = parse_decimal<std::uint32_t>(line.substr(0, blank));
        if (blank != std::string_view::npos && number && *number > 0 && blank + 1 < line.size()) {
            auto& highest = names[std::string(line.substr(blank + 1))];
            highest = std::max(highest, UidValidity(*number));
        }
    }
    return names;
}

Result<RetiredNames> read_retired_names(int maildir) {
    const auto text = read_file(maildir, retired_names_file, most_bytes);
    if (!text) {
        return text.error();
    }
    return *text ? parse_retired_names(**text) : RetiredNames();
}

std::optional<UidValidity> uid_validity_of(int maildir, const std::string& directory) {
    const auto folder = open_folder_directory(maildir, directory);
    const auto text = folder ? read_file(folder->get(), uid_list_file, most_list_bytes)
                             : Result<std::optional<std::string>>(folder.error());
    if (!text || !*text) {
        return std::nullopt;
    }
    const auto list = parse_uid_list(**text);
    return list ? std::optional(list->uid_validity) : std::nullopt;
}

Result<void> retire_names(int maildir, const std::vector<std::string>& directories, const std::string& host,
                          Durability durability) {
    const auto before = read_retired_names(maildir);
    if (!before) {
        return before.error();
    }
    RetiredNames names = *before;
    for (const std::string& directory : directories) {
        if (const auto uid_validity = uid_validity_of(maildir, directory)) {
            auto& highest = names[directory];
            highest = std::max(highest, *uid_validity);
        }
    }
    if (names == *before) {
        return {};
    }
    const auto tmp = open_directory(maildir, "tmp");
    if (!tmp) {
        return tmp.error();
    }
    return replace_file(maildir, retired_names_file, tmp->get(), unique_name(host), print(names), durability);
}

Result<void> renew_uid_validity(int maildir, const std::string& directory, const std::string& new_directory,
                                const std::string& host, Durability durability) {
    const auto names = read_retired_names(maildir);
    if (!names) {
        return {};  // a new folder cannot know either
    }
    const auto clash = names->find(new_directory);
    const auto present = uid_validity_of(maildir, directory);
    if (clash == names->end() || !present || *present > clash->second) {
        return {};
    }
    const auto folder = open_folder_directory(maildir, directory);
    const auto tmp = folder ? open_directory(folder->get(), "tmp") : Result<Descriptor>(folder.error());
    if (!tmp) {
        return tmp.error();
    }
    const auto lock = DotLock::take(folder->get(), host, lock_patience);
    if (!lock) {
        return lock.error();
    }
    const auto text = read_file(folder->get(), uid_list_file, most_list_bytes);
    auto list = text && *text ? parse_uid_list(**text) : Parsed<UidList>(SyntaxError());
    if (!list) {
        return {};  // no list any more: the next scan makes one, with a UIDVALIDITY of its own
    }
    raise_uid_validity(clash->second);
    list->uid_validity = new_uid_validity(std::chrono::system_clock::now());
    return replace_file(folder->get(), uid_list_file, tmp->get(), unique_name(host), print_uid_list(*list), durability);
}

void respect_retired_name(int maildir, const std::string& directory) {
    const auto names = read_retired_names(maildir);
    if (!names) {
        return;
    }
    if (const auto retired = names->find(directory); retired != names->end()) {
        raise_uid_validity(retired->second);
    }
}

}  // namespace postrider::store::maildir
