"""A delivery agent: a file in tmp/, then a rename into new/."""
import itertools
import os
import time

_numbers = itertools.count()


class Agent:
    """Delivers to one Maildir, by descriptors, so that its own work is small."""

    def __init__(self, maildir):
        self.tmp = os.open(maildir / "tmp", os.O_RDONLY | os.O_DIRECTORY)
        self.new = os.open(maildir / "new", os.O_RDONLY | os.O_DIRECTORY)

    def deliver(self, content):
        """content: bytes. Gives the monotonic time just before the rename."""
        name = f"{time.time():.0f}.M{time.time_ns() // 1000 % 1000000}P{os.getpid()}Q{next(_numbers)}.bench"
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self.tmp)
        os.write(file, content)
        os.close(file)
        moment = time.monotonic()
        os.rename(name, name, src_dir_fd=self.tmp, dst_dir_fd=self.new)
        return moment

    def close(self):
        os.close(self.tmp)
        os.close(self.new)
