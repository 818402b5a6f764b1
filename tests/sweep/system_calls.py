"""The system calls that a sweep holds: their numbers, what they act on, and a filter that hands them to us.

seccomp_unotify(2): a filtered call waits until its supervisor lets it happen or answers in its place. So the calls of
all threads come one after the other, each before it happened. Numbers are those of x86_64.
"""
import ctypes
import enum
import os
import re
import struct


class Kind(enum.Enum):
    """What a call does: makes or writes a file; names (renames, links, removes) it; makes it last; looks only; or
    sends bytes to the client."""
    write, name, sync, look, send = range(5)


class Row:
    """One system call. files: which arguments say what it acts on, as (descriptor,) or (directory, path) or
    (None, path), by their index."""

    def __init__(self, number, kind, *files):
        self.number, self.kind, self.files = number, kind, files


#: "openat" and "open" are Kind.write when they make or empty a file.
TABLE = {
    "open": Row(2, Kind.look, (None, 0)), "openat": Row(257, Kind.look, (0, 1)),
    "creat": Row(85, Kind.write, (None, 0)),
    "read": Row(0, Kind.look, (0,)), "pread64": Row(17, Kind.look, (0,)), "readv": Row(19, Kind.look, (0,)),
    "getdents64": Row(217, Kind.look, (0,)), "fstat": Row(5, Kind.look, (0,)),
    "newfstatat": Row(262, Kind.look, (0, 1)), "statx": Row(332, Kind.look, (0, 1)),
    "stat": Row(4, Kind.look, (None, 0)), "lstat": Row(6, Kind.look, (None, 0)),
    "faccessat": Row(269, Kind.look, (0, 1)), "faccessat2": Row(439, Kind.look, (0, 1)),
    "write": Row(1, Kind.write, (0,)), "pwrite64": Row(18, Kind.write, (0,)), "writev": Row(20, Kind.write, (0,)),
    "pwritev": Row(296, Kind.write, (0,)), "pwritev2": Row(328, Kind.write, (0,)),
    "sendfile": Row(40, Kind.write, (0,)), "copy_file_range": Row(326, Kind.write, (2,)),
    "splice": Row(275, Kind.write, (2,)), "fallocate": Row(285, Kind.write, (0,)),
    "ftruncate": Row(77, Kind.write, (0,)), "truncate": Row(76, Kind.write, (None, 0)),
    "utimensat": Row(280, Kind.write, (0, 1)), "futimesat": Row(261, Kind.write, (0, 1)),
    "fchmod": Row(91, Kind.write, (0,)), "fchmodat": Row(268, Kind.write, (0, 1)),
    "chmod": Row(90, Kind.write, (None, 0)), "fchown": Row(93, Kind.write, (0,)),
    "fchownat": Row(260, Kind.write, (0, 1)), "fsetxattr": Row(190, Kind.write, (0,)),
    "rename": Row(82, Kind.name, (None, 0), (None, 1)), "renameat": Row(264, Kind.name, (0, 1), (2, 3)),
    "renameat2": Row(316, Kind.name, (0, 1), (2, 3)), "link": Row(86, Kind.name, (None, 0), (None, 1)),
    "linkat": Row(265, Kind.name, (0, 1), (2, 3)), "symlink": Row(88, Kind.name, (None, 1)),
    "symlinkat": Row(266, Kind.name, (1, 2)), "unlink": Row(87, Kind.name, (None, 0)),
    "unlinkat": Row(263, Kind.name, (0, 1)), "mkdir": Row(83, Kind.name, (None, 0)),
    "mkdirat": Row(258, Kind.name, (0, 1)), "rmdir": Row(84, Kind.name, (None, 0)),
    "fsync": Row(74, Kind.sync, (0,)), "fdatasync": Row(75, Kind.sync, (0,)),
    "sync_file_range": Row(277, Kind.sync, (0,)), "syncfs": Row(306, Kind.sync, (0,)), "msync": Row(26, Kind.sync),
}
NAMES = {row.number: name for name, row in TABLE.items()}
#: Which argument has an open's flags.
OPEN_FLAGS = {"open": 1, "openat": 2}
AT_FDCWD = 0xFFFFFF9C

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_NO_NEW_PRIVS = 38
SYS_SECCOMP, SET_MODE_FILTER, NEW_LISTENER = 317, 1, 8
AUDIT_ARCH_X86_64 = 0xC000003E
RET_ALLOW, RET_USER_NOTIF = 0x7FFF0000, 0x7FC00000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06


def install_filter(kinds):
    """Every call of these kinds by this process and its children waits for the owner of the descriptor that this gives.
    For good: a process cannot take its filter off."""
    held = [row.number for name, row in TABLE.items() if row.kind in kinds or name in OPEN_FLAGS]
    steps = [(LOAD, 0, 0, 4), (JUMP_IF_EQUAL, 1, 0, AUDIT_ARCH_X86_64), (RETURN, 0, 0, RET_ALLOW), (LOAD, 0, 0, 0)]
    steps += [(JUMP_IF_EQUAL, len(held) - index, 0, number) for index, number in enumerate(held)]
    steps += [(RETURN, 0, 0, RET_ALLOW), (RETURN, 0, 0, RET_USER_NOTIF)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(text)))
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    listener = LIBC.syscall(SYS_SECCOMP, SET_MODE_FILTER, NEW_LISTENER, program)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp with a listener")
    return listener


class Call:
    """A call that waits. It is described when it comes: afterwards its process may be gone."""

    def __init__(self, number, thread, arguments):
        self.name = NAMES[number]
        self.row = TABLE[self.name]
        self.thread, self.arguments = thread, arguments
        self.paths = [self._path(*places) for places in self.row.files]
        self.kind = self.row.kind
        if self.name in OPEN_FLAGS:
            flags = arguments[OPEN_FLAGS[self.name]]
            if flags & (os.O_CREAT | os.O_TRUNC) or flags & os.O_TMPFILE == os.O_TMPFILE:
                self.kind = Kind.write
        elif self.kind is Kind.write and self.row.files == ((0,),) and arguments[0] == 1:
            self.kind = Kind.send

    def _path(self, descriptor, path=None):
        folder = "cwd" if descriptor is None else self._descriptor(descriptor)
        text = b"" if path is None else self.memory(self.arguments[path], 4096).partition(b"\0")[0]
        name = text.decode("utf-8", "replace")
        if name.startswith("/"):
            return name
        try:
            base = os.readlink("/proc/%d/%s" % (self.thread, folder))
        except OSError:
            base = "?"
        return os.path.normpath(os.path.join(base, name)) if name else base

    def _descriptor(self, index):
        number = self.arguments[index] & 0xFFFFFFFF
        return "cwd" if number == AT_FDCWD else "fd/%d" % number

    def memory(self, address, size):
        if address == 0:
            return b""
        try:
            with open("/proc/%d/mem" % self.thread, "rb", buffering=0) as memory:
                memory.seek(address)
                return memory.read(size)
        except (OSError, OverflowError):
            return b""

    def inode(self):
        """Of the descriptor that the call is given first."""
        return os.stat("/proc/%d/%s" % (self.thread, self._descriptor(self.row.files[0][0]))).st_ino

    def is_below(self, folder):
        return any(path == folder or path.startswith(folder + "/") for path in self.paths)

    def text(self, folder):
        """For a report: paths below the folder, unique names shortened."""
        shown = [re.sub(r"\d{9,}\.M\w+\.[^/,:]*", "*", os.path.relpath(path, folder) if path.startswith("/") else path)
                 for path in self.paths]
        return " ".join([self.name, *shown])
