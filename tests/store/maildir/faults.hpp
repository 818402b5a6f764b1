// System calls that fail: faults_test.cpp replaces fsync(), fdatasync(), unlinkat() and the renames of this program.
#pragma once

namespace postrider::store::maildir::testing {

/// While it lives a sync or a rename fails, in whatever thread: the one number `call` from now, counted from 0.
class Fault {
public:
    Fault(int call, int error);
    Fault(const Fault&) = delete;
    ~Fault();
    bool happened() const;
};

/// While it lives files whose names begin so cannot be removed.
class Stuck {
public:
    explicit Stuck(const char* name);
    Stuck(const Stuck&) = delete;
    ~Stuck();
};

}  // namespace postrider::store::maildir::testing
