// The settings of our own file, postrider, for the index. docs/index.md.
#include <cstdint>
#include <filesystem>
#include <string>

#include "config/row.hpp"

namespace postrider::config {

namespace {

void apply_index_dir(Draft& draft, const Value& value) {
    std::string path = value.text().empty() ? "" : std::filesystem::path(value.text()).lexically_normal().string();
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    if (!path.empty() && (!path.starts_with('/') || path == "/")) {
        value.refuse("an absolute path below /, or empty");
    }
    draft.settings.store.index_dir = path;
}

constexpr Row table[] = {
    {{"INDEX", "postrider", Type::on_off, "", "1", "", "0 or 1",
      "Keep envelopes, structures and search keys of messages in an index, a cache that may be deleted at any moment."},
     "INDEX:0",
     [](Draft& draft, const Value& value) { draft.settings.store.index = value.on_off(); }},
    {{"INDEX_DIR", "postrider", Type::path, "", "", "", "an absolute path",
      "The folder that holds all indexes, on a local disk; started as root: writable for every account, with the "
      "sticky "
      "bit (mode 1777). Unset: the folder postrider-index in each Maildir, and none for a Maildir on a network file "
      "system."},
     "INDEX_DIR:0",
     apply_index_dir},
    {{"INDEX_MAX_SIZE", "postrider", Type::number, "MiB", "4096", "", "16..1048576",
      "The most that the index of one account takes; a full one is emptied."},
     "INDEX_MAX_SIZE:0",
     [](Draft& draft, const Value& value) {
         draft.settings.store.index_most_bytes = std::uint64_t{value.number()} << 20;
     }},
};

}  // namespace

std::span<const Row> index_rows() {
    return table;
}

}  // namespace postrider::config
