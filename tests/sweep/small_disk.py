"""Disks that are soon full: a tmpfs. Root mounts it before it becomes the ordinary user; others in a user namespace of
their own."""
import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER, MS_REC_PRIVATE = 0x20000, 0x10000000, 0x44000
BLOCKS, FILES = 1024, 2000


def _call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(folders):
    """Mounts one on each folder, seen by this process and its children alone. OSError: it is not allowed here."""
    if not folders:
        return
    user, group = os.geteuid(), os.getegid()
    _call(LIBC.unshare(CLONE_NEWNS | (0 if user == 0 else CLONE_NEWUSER)))
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (user, user)),
                           ("gid_map", "%d %d 1" % (group, group))):
            with open("/proc/self/" + name, "w") as file:
                file.write(text)
    _call(LIBC.mount(b"none", b"/", None, MS_REC_PRIVATE, None))
    options = "size=%dk,nr_inodes=%d,mode=0777" % (BLOCKS * 4, FILES)
    for folder in folders:
        _call(LIBC.mount(b"sweep", folder.encode(), b"tmpfs", 0, options.encode()))
