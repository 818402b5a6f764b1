#include "load/proc_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "core/text.hpp"

namespace postrider::bench {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t number_of(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with(name) && line.size() > name.size() &&
            (line[name.size()] == ' ' || line[name.size()] == '\t')) {
            line = trimmed(line.substr(name.size()));
            return parse_decimal<std::uint64_t>(line.substr(0, line.find(' '))).value_or(0);
        }
    }
    return 0;
}

std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> found;
    std::error_code gone;
    for (fs::directory_iterator task("/proc/" + std::to_string(process) + "/task", gone), end; !gone && task != end;
         task.increment(gone)) {
        std::istringstream numbers(read_file(task->path().string() + "/children"));
        found.insert(found.end(), std::istream_iterator<pid_t>(numbers), {});
    }
    return found;
}

std::uint64_t ticks_of_ended_children(std::string_view stat) {
    const std::size_t name_end = stat.rfind(')');  // the name may hold blanks and brackets
    if (name_end == std::string_view::npos) {
        return 0;
    }
    std::istringstream fields{std::string(stat.substr(name_end + 1))};
    std::string skipped;
    for (int field = 3; field < 16; ++field) {  // proc(5): 16 and 17 are cutime and cstime
        fields >> skipped;
    }
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    fields >> user >> system;
    return user + system;
}

}  // namespace postrider::bench
