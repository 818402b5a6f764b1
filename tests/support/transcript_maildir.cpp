// The Maildir of a transcript, and what other programs do to it meanwhile.
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/ordinary_user.hpp"
#include "support/transcript.hpp"

namespace postrider::test {

namespace {

namespace fs = std::filesystem;

const fs::path mails = fs::path(POSTRIDER_TEST_DATA) / "transcripts" / "mail";

void make_folder(const fs::path& folder) {
    for (const char* name : {"cur", "new", "tmp"}) {
        fs::create_directories(folder / name);
        ::chmod((folder / name).c_str(), 0700);
    }
    ::chmod(folder.c_str(), 0700);
}

/// The moment of message n: 2001-09-09 01:46:40 UTC and n days.
void set_time(const fs::path& file, long n) {
    const timespec time{1'000'000'000 + n * 86'400, 0};
    const timespec times[2] = {time, time};
    if (::utimensat(AT_FDCWD, file.c_str(), times, 0) != 0) {
        throw std::runtime_error("utimensat: " + file.string());
    }
}

/// "<n>.eml" and "<n>.<FLAGS>.eml" go to cur/, "<n>.new.eml" to new/. Gives the name of one in cur/ without its flags.
std::string copy_message(const fs::path& file, long n, const fs::path& folder) {
    const std::string stem = file.stem().string();
    const auto dot = stem.find('.');
    const std::string flags = dot == std::string::npos ? "" : stem.substr(dot + 1);
    const std::string base = std::to_string(1'000'000'000 + n) + ".M" + std::to_string(n) + "P1.fixture";
    const fs::path target = flags == "new" ? folder / "new" / base : folder / "cur" / (base + ":2," + flags);
    fs::copy_file(file, target);
    set_time(target, n);
    return flags == "new" ? std::string() : base;
}

/// Messages in cur/ are known to the folder's UID list already, with n as the UID: they are not recent.
void fill_folder(const fs::path& fixture, const fs::path& folder) {
    make_folder(folder);
    std::map<long, std::string> known;
    for (const auto& entry : fs::directory_iterator(fixture)) {
        if (entry.path().extension() == ".eml") {
            const long n = std::stol(entry.path().stem().string());
            if (auto base = copy_message(entry.path(), n, folder); !base.empty()) {
                known[n] = std::move(base);
            }
        }
    }
    std::ofstream list(folder / "courierimapuiddb");
    list << "1 700000001 " << (known.empty() ? 1 : known.rbegin()->first + 1) << '\n';
    for (const auto& [uid, base] : known) {
        list << uid << ' ' << base << '\n';
    }
}

/// Paths below the Maildir that fit the pattern; "*" does not cross a "/".
std::vector<fs::path> fitting(const fs::path& maildir, const std::string& pattern) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(maildir)) {
        const std::string name = fs::relative(entry.path(), maildir).string();
        if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0) {
            found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

fs::path only_one(const fs::path& maildir, const std::string& pattern) {
    const auto found = fitting(maildir, pattern);
    if (found.size() != 1) {
        throw std::runtime_error(std::to_string(found.size()) + " files fit " + pattern);
    }
    return found.front();
}

/// deliver FILE [FOLDER [NAME]]: mail/FILE by way of tmp/ into new/ of the folder ("." or ".a").
void deliver(const fs::path& maildir, std::istringstream& words) {
    static long count = 0;
    std::string file;
    std::string folder = ".";
    std::string name = std::to_string(1'100'000'000 + ++count) + ".M1P1.other";
    words >> file >> folder >> name;
    const fs::path into = maildir / folder;
    fs::copy_file(mails / file, into / "tmp" / name);
    set_time(into / "tmp" / name, 100);
    give(into / "tmp" / name, owner_of(maildir));
    fs::rename(into / "tmp" / name, into / "new" / name);
}

void write_file(const fs::path& file, std::istringstream& words) {
    std::string text;
    std::getline(words >> std::ws, text);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << unescaped(text);
    give(file, owner_of(file.parent_path()));
}

void check_file(const fs::path& file, std::istringstream& words) {
    std::string wanted;
    std::getline(words >> std::ws, wanted);
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text != unescaped(wanted)) {
        throw std::runtime_error(file.string() + " holds \"" + text + "\"");
    }
}

}  // namespace

void make_maildir(const fs::path& fixture, const fs::path& maildir) {
    if (!fs::is_directory(fixture)) {
        throw std::runtime_error("no such fixture: " + fixture.string());
    }
    fill_folder(fixture, maildir);
    for (const auto& entry : fs::directory_iterator(fixture)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory() && name.starts_with("INBOX.")) {
            const fs::path folder = maildir / name.substr(std::string_view("INBOX").size());
            fill_folder(entry.path(), folder);
            std::ofstream(folder / "maildirfolder").flush();
        }
    }
}

void act(const std::string& action, const fs::path& maildir) {
    std::istringstream words(action);
    std::string verb;
    std::string pattern;
    words >> verb;
    if (verb == "deliver") {
        deliver(maildir, words);
        return;
    }
    words >> pattern;
    if (verb == "rename") {
        std::string target;
        words >> target;
        fs::rename(only_one(maildir, pattern), maildir / target);
    } else if (verb == "remove") {
        fs::remove_all(only_one(maildir, pattern));
    } else if (verb == "folder") {
        make_folder(maildir / pattern);
        std::ofstream(maildir / pattern / "maildirfolder").flush();
        give(maildir / pattern, owner_of(maildir));
    } else if (verb == "write") {
        write_file(maildir / pattern, words);
    } else if (verb == "holds") {
        check_file(only_one(maildir, pattern), words);
    } else if (verb == "present") {
        (void)only_one(maildir, pattern);
    } else if (verb == "absent") {
        if (const auto found = fitting(maildir, pattern); !found.empty()) {
            throw std::runtime_error("there is " + found.front().string());
        }
    } else {
        throw std::runtime_error("unknown action: " + action);
    }
}

}  // namespace postrider::test
