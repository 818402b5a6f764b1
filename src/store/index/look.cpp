// Looks into the index: from a folder's messages to records and back.
#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "core/limits.hpp"
#include "store/index.hpp"
#include "store/index/index.hpp"
#include "store/index/record.hpp"
#include "store/index/tree_reader.hpp"

namespace postrider::store {

using index::FolderId;
using index::RecordKind;

struct IndexLook::State {
    State(std::shared_ptr<index::Index> its_index, FolderId its_folder)
        : index(std::move(its_index)), file(index->file()), folder(its_folder) {}

    /// reader: of the kind alone, so that its last way from the root is the way to the next record too.
    std::optional<std::string_view> find(std::optional<index::TreeReader>& reader, RecordKind kind, Uid uid) const {
        if (file && !reader) {
            reader.emplace(file->get());
        }
        return reader ? reader->find(key_of(folder.inode, kind, uid)) : std::nullopt;
    }
    void keep(RecordKind kind, Uid uid, std::string record) {
        if (record.size() <= limits::index_record_bytes) {
            made.push_back({key_of(folder.inode, kind, uid), std::move(record)});
        }
    }

    std::shared_ptr<index::Index> index;
    std::shared_ptr<const Descriptor> file;
    std::optional<index::TreeReader> headers;
    std::optional<index::TreeReader> structures;
    std::optional<index::TreeReader> saved;
    FolderId folder;
    std::vector<index::Batch::Record> made;
};

IndexLook::IndexLook(std::unique_ptr<State> state) : state_(std::move(state)) {}
IndexLook::IndexLook(IndexLook&& other) noexcept = default;
IndexLook& IndexLook::operator=(IndexLook&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

IndexLook::~IndexLook() {
    try {
        if (state_) {
            state_->index->keep(std::move(state_->made));
        }
    } catch (const std::bad_alloc&) {  // then it is found out again
    }
}

bool IndexLook::wants_facts() const {
    return state_ && state_->index->wants_records();
}

std::optional<HeaderFacts> IndexLook::header(const Message& message) {
    const auto record = state_ ? state_->find(state_->headers, RecordKind::header, message.uid) : std::nullopt;
    return record ? header_in(*record, state_->folder, message.uid, name_hash_of(message.name)) : std::nullopt;
}

std::optional<StructureFacts> IndexLook::structure(const Message& message) {
    const auto record = state_ ? state_->find(state_->structures, RecordKind::structure, message.uid) : std::nullopt;
    return record ? structure_in(*record, state_->folder, message.uid, name_hash_of(message.name)) : std::nullopt;
}

std::optional<std::chrono::sys_seconds> IndexLook::saved(const Message& message) {
    if (!state_) {
        return std::nullopt;
    }
    const auto record = state_->find(state_->saved, RecordKind::saved, message.uid);
    const auto saved =
        record ? saved_in(*record, state_->folder, message.uid, name_hash_of(message.name)) : std::nullopt;
    return saved ? saved : state_->index->arrival_of(state_->folder.inode, message.uid);
}

void IndexLook::keep(const Message& message, const HeaderFacts& facts) {
    if (state_) {
        state_->keep(RecordKind::header, message.uid,
                     encoded(state_->folder, message.uid, name_hash_of(message.name), facts));
    }
}

void IndexLook::keep(const Message& message, const StructureFacts& facts) {
    if (state_) {
        state_->keep(RecordKind::structure, message.uid,
                     encoded(state_->folder, message.uid, name_hash_of(message.name), facts));
    }
}

// --- A folder's part -------------------------------------------------------------------------------------------------

IndexedFolder::IndexedFolder(std::shared_ptr<index::Index> index, std::uint64_t inode, UidValidity uid_validity)
    : index_(std::move(index)), inode_(inode), uid_validity_(uid_validity) {}

IndexLook IndexedFolder::look() const {
    return IndexLook(index_ ? std::make_unique<IndexLook::State>(index_, FolderId{inode_, uid_validity_}) : nullptr);
}

std::optional<FolderFacts> IndexedFolder::folder_facts() const {
    const auto file = index_ ? index_->file() : nullptr;
    if (!file) {
        return std::nullopt;
    }
    index::TreeReader reader(file->get());
    const auto record = reader.find(key_of(inode_, RecordKind::state, index::folder_itself));
    return record ? index::folder_facts_in(*record, {inode_, uid_validity_}) : std::nullopt;
}

std::optional<FolderStates> IndexedFolder::states() const {
    const auto file = index_ ? index_->file() : nullptr;
    if (!file) {
        return std::nullopt;
    }
    const FolderId folder{inode_, uid_validity_};
    const std::string first = key_of(inode_, RecordKind::state, index::folder_itself);
    const auto folder_and_kind = std::string_view(first).substr(0, first.size() - sizeof(Uid::rep));
    index::TreeReader reader(file->get());
    std::optional<FolderStates> states;
    for (bool found = reader.seek(first); found && reader.key().starts_with(folder_and_kind); found = reader.next()) {
        const auto record = reader.value();
        const auto uid = index::uid_in(reader.key());
        if (!record || !uid) {
            continue;
        }
        if (*uid == index::folder_itself) {
            if (const auto facts = index::folder_facts_in(*record, folder)) {
                states = FolderStates{*facts, {}};
            }
        } else if (auto block = states ? index::states_in(*record, folder, *uid) : std::nullopt) {
            std::ranges::move(*block, std::back_inserter(states->messages));
        }
    }
    return states;
}

void IndexedFolder::keep(const FolderFacts& facts, const std::map<Uid, std::vector<StateFacts>>& blocks,
                         const std::vector<Uid>& dead) const {
    if (!index_) {
        return;
    }
    const FolderId folder{inode_, uid_validity_};
    std::vector<index::Batch::Record> records;
    std::vector<std::string> gone;
    records.reserve(blocks.size() + 1);
    for (const auto& [block, states] : blocks) {
        auto record = index::encoded(folder, block, states);
        auto key = key_of(inode_, RecordKind::state, block);
        if (record.size() <= limits::index_record_bytes) {
            records.push_back({std::move(key), std::move(record)});
        } else {
            gone.push_back(std::move(key));
        }
    }
    for (const Uid block : dead) {
        gone.push_back(key_of(inode_, RecordKind::state, block));
    }
    records.push_back({key_of(inode_, RecordKind::state, index::folder_itself), index::encoded(folder, facts)});
    index_->keep(std::move(records), std::move(gone));
}

void IndexedFolder::keep_saved(const std::vector<std::pair<Uid, std::string_view>>& messages,
                               std::chrono::sys_seconds saved) const {
    if (!index_ || messages.empty()) {
        return;
    }
    std::vector<index::Batch::Record> records;
    records.reserve(messages.size());
    for (const auto& [uid, name] : messages) {
        records.push_back({key_of(inode_, RecordKind::saved, uid),
                           index::encoded({inode_, uid_validity_}, uid, name_hash_of(name), saved)});
    }
    const auto [first, last] = std::ranges::minmax_element(messages);
    index_->saw_arrive(inode_, first->first, last->first, saved);
    index_->keep(std::move(records));
}

void IndexedFolder::forget(const std::vector<Uid>& uids) const {
    if (!index_) {
        return;
    }
    std::vector<std::string> keys;
    keys.reserve(uids.size() * index::message_kinds.size());
    for (const Uid uid : uids) {
        for (const RecordKind kind : index::message_kinds) {
            keys.push_back(key_of(inode_, kind, uid));
        }
    }
    index_->forget(std::move(keys));
}

}  // namespace postrider::store
