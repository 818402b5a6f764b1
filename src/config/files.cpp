#include "config/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <system_error>
#include <utility>

#include "config/syntax.hpp"
#include "core/descriptor.hpp"

namespace postrider::config {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_file(const std::string& path, int error_number) {
    throw ConfigError(path + ": " + std::generic_category().message(error_number));
}

}  // namespace

std::string text_of(const std::string& path, std::size_t most) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT) {
            return {};
        }
        refuse_file(path, errno);
    }
    struct stat status {};
    if (fstat(file.get(), &status) != 0) {
        refuse_file(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw ConfigError(path + ": not a file");
    }
    std::string text;
    std::array<char, 16 * 1024> piece{};
    while (text.size() <= most) {
        const ssize_t got = read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            refuse_file(path, errno);
        }
        if (got == 0) {
            break;
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}

namespace {

std::vector<Assignment> assignments_of(boost::system::result<std::vector<Assignment>, FileSyntaxError> parsed,
                                       const std::string& path) {
    if (!parsed) {
        throw ConfigError(path + ':' + std::to_string(parsed.error().line) + ": " + parsed.error().reason);
    }
    return *std::move(parsed);
}

Values sourced(const fs::path& folder, std::initializer_list<std::string_view> files) {
    Values values;
    std::map<std::string, std::string> known;
    for (const std::string_view file : files) {
        const std::string path = (folder / file).string();
        for (auto& found : assignments_of(parse_shell_assignments(text_of(path, settings_bytes), path, known), path)) {
            known.insert_or_assign(found.name, found.value);
            std::string name = found.name;
            values.insert_or_assign(std::move(name), std::move(found));
        }
    }
    return values;
}

void expect_folder(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw ConfigError(folder.string() + ": " + (error ? error.message() : "not a folder"));
    }
}

}  // namespace

std::string_view partner_of(std::string_view file) {
    for (const FilePair& pair : file_pairs) {
        if (file == pair.plain || file == pair.tls) {
            return file == pair.plain ? pair.tls : pair.plain;
        }
    }
    return {};
}

Values read_own(const fs::path& folder) {
    expect_folder(folder);
    return sourced(folder, {"postrider"});
}

Values read_auth(const fs::path& folder) {
    expect_folder(folder);
    const std::string path = (folder / "authdaemonrc").string();
    Values auth;
    for (auto& found : assignments_of(parse_authdaemonrc(text_of(path, settings_bytes), path), path)) {
        std::string name = found.name;
        auth.insert_or_assign(std::move(name), std::move(found));
    }
    return auth;
}

Sources read_folder(const fs::path& folder) {
    expect_folder(folder);
    Sources read;
    for (const FilePair& pair : file_pairs) {
        read[pair.plain] = sourced(folder, {pair.tls, pair.plain});
        read[pair.tls] = sourced(folder, {pair.plain, pair.tls});
    }
    read["postrider"] = read_own(folder);
    read["authdaemonrc"] = read_auth(folder);
    return read;
}

}  // namespace postrider::config
