// The syntax of authldaprc and of the SQL modules' files: lines of a name, blanks and a value. compat/config.md
// section 9.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace postrider::auth {

/// What such a file sets. Each refusal is a std::runtime_error that names the file, and the line where there is one.
class SourceFile {
public:
    /// path: for messages. Throws: no MARKER line, a NUL.
    SourceFile(std::string_view text, std::string path);

    /// "": not set, or set to nothing.
    const std::string& text(std::string_view name) const;
    /// Throws where it is empty.
    const std::string& required(std::string_view name) const;
    /// standard: where it is empty. Throws: not a number of that range.
    unsigned number(std::string_view name, unsigned standard, unsigned least, unsigned most) const;
    /// A number other than 0.
    bool is_on(std::string_view name) const;

    [[noreturn]] void refuse(std::string_view name, const std::string& reason) const;

private:
    struct Value {
        std::string text;
        int line = 0;
    };
    void read(std::string_view text);

    std::string path_;
    std::map<std::string, Value, std::less<>> values_;
};

/// Throws std::runtime_error: the file cannot be read or is longer than limits::source_file_bytes; and as above.
SourceFile read_source_file(const std::string& path);

}  // namespace postrider::auth
