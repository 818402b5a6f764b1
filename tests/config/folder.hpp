// A settings folder of its own for a test, gone at its end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace postrider::config {

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "postrider-config-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }
    std::string at(const std::string& file) const { return (path_ / file).string(); }
    void write(const std::string& file, const std::string& text) const {
        std::ofstream out(path_ / file, std::ios::binary);
        out << text;
    }

private:
    std::filesystem::path path_;
};

}  // namespace postrider::config
