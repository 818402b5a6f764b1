// A Maildir of its own for each test, and the ways to look into it.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "store/maildir/folder_files.hpp"

namespace postrider::store::maildir::testing {

namespace fs = std::filesystem;

inline const std::string host = "test.host";

class Maildir {
public:
    Maildir() {
        std::string name = (fs::temp_directory_path() / "maildir-XXXXXX").string();
        root = ::mkdtemp(name.data());
        for (const char* part : {"cur", "new", "tmp"}) {
            fs::create_directory(root / part);
        }
        directory = Descriptor(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    Maildir(const Maildir&) = delete;
    ~Maildir() { fs::remove_all(root); }

    int fd() const { return directory.get(); }

    void put(const std::string& name, const std::string& content = "text\n") const {
        std::ofstream(root / name, std::ios::binary) << content;
    }
    std::string get(const std::string& name) const {
        std::ifstream file(root / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    bool has(const std::string& name) const { return fs::exists(fs::symlink_status(root / name)); }
    std::vector<std::string> names(const std::string& part) const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(root / part)) {
            found.push_back(entry.path().filename().string());
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    /// Sets the modification time to so long ago.
    void age(const std::string& name, std::chrono::seconds age) const {
        fs::last_write_time(root / name, fs::file_time_type::clock::now() - age);
    }

    FolderFiles folder(Settings settings = {}, const std::string& name = ".") const {
        return FolderFiles::open(fd(), name, settings, host).value();
    }

    fs::path root;
    Descriptor directory;
};

/// While it lives no file can grow beyond this: writes fail as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t most) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{.rlim_cur = most, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

inline std::chrono::system_clock::time_point now() {
    return std::chrono::system_clock::now();
}

/// Catch cannot print a Result.
template <class R>
bool ok(const R& result) {
    return result.has_value();
}

/// A complete message in tmp/.
inline Delivery delivery(const FolderFiles& folder, std::string_view text = "a\r\nb\r\n") {
    auto made = Delivery::create(folder.folder(), host).value();
    made.write(text).value();
    made.finish(std::nullopt, Durability::relaxed).value();
    return made;
}

inline std::vector<std::string> names_of(const Scan& scan) {
    std::vector<std::string> names;
    for (const auto& message : scan.messages) {
        names.emplace_back(message.name);
    }
    return names;
}

inline std::vector<std::uint32_t> uids_of(const Scan& scan) {
    std::vector<std::uint32_t> uids;
    for (const auto& message : scan.messages) {
        uids.push_back(message.uid.value());
    }
    return uids;
}

using Names = std::vector<std::string>;
using Numbers = std::vector<std::uint32_t>;

}  // namespace postrider::store::maildir::testing
