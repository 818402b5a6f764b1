// Makes the next snapshot of a folder from the present one and what was found or done. Pure; unchanged chunks are
// shared.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "store/index_facts.hpp"
#include "store/maildir/folder_files.hpp"
#include "store/message.hpp"

namespace postrider::store {

using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// The snapshot of a folder that no one in this process knows yet. known: what another one had told of it: whose flags
/// and keywords are as they were keeps its MODSEQ, and so does the folder when that holds for all and none came or
/// went. mod_seq: for the rest; greater than all in known.
SnapshotPtr first_snapshot(const maildir::Scan& scan, ModSeq mod_seq, const FolderStates& known = {});

/// What a later scan makes of it; the same pointer when nothing changed. Messages whose UID should have been known
/// before (below the old UIDNEXT, but not in the old snapshot) are left out: a client's numbers cannot take them.
/// The scan has the same UIDVALIDITY.
SnapshotPtr with_scan(const SnapshotPtr& old, const maildir::Scan& scan, ModSeq mod_seq);

/// One message's new state.
struct MessageChange {
    Uid uid;
    Flags flags;
    std::vector<KeywordId> keywords;
    std::string name;
};
/// changes: ascending UIDs, all in the old snapshot.
SnapshotPtr with_changes(const SnapshotPtr& old, const std::vector<MessageChange>& changes,
                         std::shared_ptr<const KeywordTable> table, ModSeq mod_seq);

/// What names alone told: arrivals (those whose UIDs should have been known before are left out, as in with_scan), then
/// other flags and keywords, then what is gone; the same pointer when nothing changed.
SnapshotPtr with_progress(const SnapshotPtr& old, const maildir::Progress& progress, ModSeq mod_seq);

/// gone: ascending UIDs.
SnapshotPtr without(const SnapshotPtr& old, const std::vector<Uid>& gone, ModSeq mod_seq);

/// The ids of these names, ascending; names that are new are added to the table (which is copied then). Names compare
/// without case (ASCII); the first spelling stays. Names beyond what a KeywordId can count
/// are left out (the reader of the files has the same bound).
std::vector<KeywordId> keyword_ids(const std::vector<std::string>& names, std::shared_ptr<const KeywordTable>& table);

/// Above `last` and, when the clock goes right, above all that was ever used: microseconds since 1970.
ModSeq next_mod_seq(ModSeq last, std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace postrider::store
