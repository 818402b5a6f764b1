// Says whether the index has all MODSEQs of a folder that clients were told. States are written behind; a process that
// ends before that must not leave older ones that look good. Here the mark is explained, and docs/index.md.
//
// A file of two numbers beside the index, named after the folder's inode: the folder's highest MODSEQ when all was
// handed to the index, 0 from the first change after that until the next time; and the file's own inode, which a
// restored one does not have. So kept states are good when the first number is that of the folder's record: a batch
// that was lost leaves an older record, a process that was killed leaves 0. One write into an open file for a second's
// changes, without a sync: after a loss of power nothing kept is believed anyway.
//
// Who tells MODSEQs of a folder holds the file locked. Two at a time (WORKERS=session, another server) know nothing of
// each other's; then the file is removed, both find theirs without a name, and neither keeps anything from there on.
// Refused: a synced write before each first change (milliseconds on the reply's way).
#pragma once

#include <cstdint>
#include <string>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "store/index/place.hpp"

namespace postrider::store::index {

/// One folder's mark in the hands of who tells its MODSEQs. Blocking; one thread at a time.
class StateMark {
public:
    /// place: outlives this.
    StateMark(const Place& place, std::uint64_t inode);

    /// What it said when it was opened; 0: not all is in the index, or it cannot be known.
    ModSeq found() const { return found_; }
    /// Whether states are to be kept: nobody else tells, and the file can be written.
    bool is_ours() const { return static_cast<bool>(file_); }
    /// Before something is told that the index does not have. When it is not ours, it is removed.
    void clear();
    /// All up to here was handed to the index.
    void set(ModSeq highest);

    static void remove(const Place& place, std::uint64_t inode);

private:
    bool write(ModSeq value);
    void give_up();

    const Place& place_;
    std::uint64_t inode_;
    Descriptor file_;
    std::uint64_t file_inode_ = 0;
    ModSeq found_;
};

}  // namespace postrider::store::index
