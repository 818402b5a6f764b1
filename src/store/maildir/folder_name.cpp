#include "store/maildir/folder_name.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::store::maildir {

namespace {

constexpr std::string_view inbox = "INBOX";

bool has_empty_component(std::string_view below) {
    return below.empty() || below.front() == '.' || below.back() == '.' || below.find("..") != std::string_view::npos;
}

}  // namespace

Result<std::string> directory_of(std::string_view name) {
    const bool refused = name.size() > limits::mailbox_name_bytes || !istarts_with(name, inbox) ||
                         name.find('/') != std::string_view::npos || std::ranges::any_of(name, is_control) ||
                         !is_utf8(name);
    if (refused) {
        return Error(Code::invalid_name, log_safe(name));
    }
    const auto rest = name.substr(inbox.size());
    if (rest.empty()) {
        return ".";
    }
    if (rest.front() != '.' || has_empty_component(rest.substr(1))) {
        return Error(Code::invalid_name, log_safe(name));
    }
    return std::string(rest);
}

Result<std::string> name_of(std::string_view directory) {
    if (directory.size() < 2 || directory.front() != '.') {
        return Error(Code::invalid_name, log_safe(directory));
    }
    std::string name(inbox);
    name += directory;
    if (auto checked = directory_of(name); !checked) {
        return checked.error();
    }
    return name;
}

}  // namespace postrider::store::maildir
