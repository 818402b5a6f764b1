// A Maildir with an index of its own for each test, and records to fill it with.
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <string>

#include "auth/temp_folder.hpp"
#include "core/descriptor.hpp"
#include "store/index/batch.hpp"
#include "store/index/record.hpp"

namespace postrider::store::index::testing {

namespace fs = std::filesystem;

inline constexpr std::uint64_t most_bytes = 64 << 20;

inline Descriptor opened(const fs::path& file) {
    return Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

struct IndexFolder {
    explicit IndexFolder(Settings its_settings = {}) : settings(std::move(its_settings)) {}

    fs::path file() const { return fs::path(folder.path()) / folder_name / data_name; }
    Result<Written> write(const Batch& batch) {
        auto written = write_batch(place, batch, known, limits);
        if (written) {
            known = written->state;
        }
        return written;
    }

    test::TempFolder folder;
    Settings settings;
    Descriptor maildir{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    Place place = Place::of(maildir.get(), settings).value();
    BatchSettings limits{.most_bytes = most_bytes, .durable = false};
    std::optional<FileState> known;
};

/// Records with values of that size, of folder 7, header kind, UIDs from first on.
inline Batch batch_of(std::uint32_t first, std::uint32_t count, std::size_t size) {
    Batch batch;
    for (std::uint32_t uid = first; uid < first + count; ++uid) {
        std::string value(size, static_cast<char>('a' + uid % 26));
        batch.records.push_back({key_of(7, RecordKind::header, Uid(uid)), std::move(value)});
    }
    return batch;
}

/// Catch cannot print a Result.
template <class R>
bool ok(const R& result) {
    return result.has_value();
}

}  // namespace postrider::store::index::testing
