// Writes to the index's file by LMDB, many records at a time. docs/index.md, "Writing".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/index/place.hpp"

namespace postrider::store::index {

/// What is to be written; then what is to be removed.
struct Batch {
    struct Record {
        std::string key;
        std::string value;
    };
    std::vector<Record> records;
    std::vector<std::string> gone;            ///< keys
    std::vector<std::uint64_t> folders_gone;  ///< inodes

    bool empty() const { return records.empty() && gone.empty() && folders_gone.empty(); }
};

/// What tells the file as a batch left it from one that was touched since.
struct FileState {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t changed_seconds = 0;
    std::int64_t changed_nanoseconds = 0;
    std::uint64_t transaction = 0;

    friend bool operator==(const FileState&, const FileState&) = default;
};

inline constexpr auto data_name = "data";
/// While a batch is written the file has this name: LMDB maps it, and who goes by names (a restore, an administrator)
/// must not cut it off below LMDB.
inline constexpr auto busy_name = "data.busy";

struct BatchSettings {
    std::uint64_t most_bytes = 0;  ///< of the file
    bool durable = true;
};

struct Written {
    FileState state;
    std::string began_anew;  ///< why; empty: the file that was there went on
};

/// Writes the batch durably. known: the file as the last batch of this process left it; another one is checked page by
/// page first, and one that does not pass, is full or of another version is begun anew.
/// Errors: in_use (another process is writing), no_space and the others of the system: then nothing is written.
/// Blocking. One batch at a time for a Place, also among processes.
Result<Written> write_batch(const Place& place, const Batch& batch, const std::optional<FileState>& known,
                            const BatchSettings& settings);

/// The file, for a TreeReader. Errors: expunged when there is none.
Result<Descriptor> open_data(const Place& place);

}  // namespace postrider::store::index
