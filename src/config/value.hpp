// One assignment on its way into service::Settings: what reads a value, and what it says when the value is wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace postrider::config {

/// The value of one setting: an assignment, or the table's standard. Lives for one row; the notes outlive it.
class Value {
public:
    Value(const Setting& setting, const Assignment& assignment, std::vector<std::string>& notes)
        : setting_(setting), assignment_(assignment), notes_(notes) {}

    const Assignment& assignment() const { return assignment_; }

    /// Text without control characters; every reader below starts from it.
    const std::string& text() const;
    /// The same, and not empty.
    const std::string& word() const;
    /// A whole decimal number within the row's limits, "FROM..TO".
    unsigned number() const;
    /// An octal number within the row's limits.
    unsigned octal() const;
    /// 0 or 1, nothing else.
    bool on_off() const;
    /// As Courier reads it: what begins like a number that is not 0 is on. A note tells of values that are not numbers.
    bool lenient_on_off() const { return lenient_number() != 0; }
    /// As C's atoi() reads it, with that note.
    long lenient_number() const;
    /// A value that begins with y or Y is yes. A note tells of values that are neither "yes" nor "no".
    bool yes_no() const;
    /// A value that begins with 0 is off, as Courier has it here. A note tells of values that are neither 0 nor 1.
    bool on_unless_zero() const;
    /// One of the words in the row's limits.
    const std::string& choice() const;
    /// The words between its blanks; they live as long as the assignment.
    std::vector<std::string_view> words() const;
    /// A path; a relative one is meant from the folder of the settings. "" stays.
    std::string path_in(const std::filesystem::path& folder) const;

    /// Throws ConfigError: where, the name, the value, and what it should have been.
    [[noreturn]] void refuse(std::string_view expected) const;
    /// For values that are taken but read otherwise than they look.
    void note(std::string_view remark) const;

private:
    std::string place_and_value() const;

    const Setting& setting_;
    const Assignment& assignment_;
    std::vector<std::string>& notes_;
};

/// The words between blanks and tabs.
std::vector<std::string_view> words_of(std::string_view text);

/// "FILE:LINE", or the file alone where there are no lines.
std::string place_of(const Assignment& assignment);

/// The two numbers of a row's "FROM..TO".
struct Limits {
    unsigned least = 0;
    unsigned most = 0;
};
/// base: what they are written in. Throws std::logic_error when the row has no such limits: our mistake.
Limits limits_of(const Setting& setting, int base = 10);

}  // namespace postrider::config
