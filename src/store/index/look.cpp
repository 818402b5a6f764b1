// Looks into the index: from a folder's messages to records and back.
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

void IndexedFolder::each_state(const std::function<void(const StateFacts&)>& visit) const {
    const auto file = index_ ? index_->file() : nullptr;
    if (!file) {
        return;
    }
    const std::string first = key_of(inode_, RecordKind::state, Uid());
    const auto folder_and_kind = std::string_view(first).substr(0, first.size() - sizeof(Uid::rep));
    index::TreeReader reader(file->get());
    for (bool found = reader.seek(first); found && reader.key().starts_with(folder_and_kind); found = reader.next()) {
        const auto uid = index::uid_in(reader.key());
        const auto record = uid ? reader.value() : std::nullopt;
        if (const auto state = record ? index::state_in(*record, {inode_, uid_validity_}, *uid) : std::nullopt) {
            visit(*state);
        }
    }
}

void IndexedFolder::keep(const std::vector<StateFacts>& states) const {
    if (!index_) {
        return;
    }
    std::vector<index::Batch::Record> records;
    records.reserve(states.size());
    for (const StateFacts& state : states) {
        records.push_back(
            {key_of(inode_, RecordKind::state, state.uid), index::encoded({inode_, uid_validity_}, state)});
    }
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
