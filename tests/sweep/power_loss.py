"""The sweep of power losses: at each moment of a scene the power goes, and what was not synced is lost, each part of it
by itself. A new session on what is left must find all that was answered OK before."""
import os

from checker import Check, Fault
from look import Remains
from recording import Disk, Recording, apply

EMPTY = (b"", 0)


class Loss:
    """What of a Disk's unsynced changes is lost.  name: for people and for repeating;  changes: {(directory, index)};
    files: {inode: index of the version that stays, None: empty, or bytes};  times: inodes that lose their time."""

    def __init__(self, name, changes=(), files=None, times=()):
        self.name, self.changes, self.files, self.times = name, set(changes), files or {}, set(times)


def losses_of(disk):
    """All kept, all lost, each one alone lost, each one alone kept, and files of which a part arrived."""
    changes = [(inode, index) for inode, directory in disk.directories.items()
               for index in range(len(directory.pending))]
    files = {inode: file.data for inode, file in disk.files.items() if file.data != len(file.versions) - 1}
    times = [inode for inode, file in disk.files.items() if file.time != len(file.versions) - 1]
    yield Loss("nothing")
    yield Loss("all", changes, files, times)
    for number, change in enumerate(changes):
        yield Loss("entry%d" % number, [change])
        yield Loss("all-but-entry%d" % number, set(changes) - {change}, files, times)
    for number, (inode, version) in enumerate(files.items()):
        yield Loss("file%d" % number, files={inode: version})
        yield from _partial(disk.files[inode], inode, number)
    for number, inode in enumerate(times):
        yield Loss("time%d" % number, times=[inode])


def _partial(file, inode, number):
    """Versions between; the later change without the earlier; zeros where bytes were added."""
    first = file.data if file.data is not None else -1
    old = file.versions[first][0] if first >= 0 else b""
    new = file.versions[-1][0]
    for index in range(first + 1, len(file.versions) - 1):
        yield Loss("file%d-version%d" % (number, index), files={inode: index})
    if len(file.versions) - first > 2:
        before = file.versions[-2][0]
        mixed = bytes(new[i] if i >= len(before) or before[i] != new[i] else (old + new[len(old):])[i]
                      for i in range(len(new)))
        yield Loss("file%d-last-change-alone" % number, files={inode: mixed})
    if len(new) > len(old):
        yield Loss("file%d-zeros" % number, files={inode: new[:len(old)] + bytes(len(new) - len(old))})


def remains(disk, loss):
    """What is on the disk afterwards: (directories, files), {inode: {name: inode}} and {inode: (bytes, time)}."""
    directories, lost = {}, {}
    for inode, index in loss.changes:
        number, change = disk.directories[inode].pending[index]
        lost.setdefault(number, set()).update(filter(None, change.values()))
    for inode, directory in disk.directories.items():
        entries = dict(directory.lasting)
        for index, (number, change) in enumerate(directory.pending):
            if (inode, index) not in loss.changes:
                apply(entries, change, lost.get(number, ()))
        directories[inode] = entries
    files = {}
    for inode, file in disk.files.items():
        data, when = file.versions[-1]
        if inode in loss.files:
            kept = loss.files[inode]
            data = kept if isinstance(kept, bytes) else (EMPTY if kept is None else file.versions[kept])[0]
        if inode in loss.times:
            when = file.versions[file.time][1] if file.time is not None else None
        files[inode] = (data, when)
    return directories, files


def write(directories, files, inode, path, written):
    """Makes a directory's tree at the path. written: {inode: path} of files with a name already."""
    os.mkdir(path, 0o700)
    for name, child in directories[inode].items():
        target = os.path.join(path, name)
        if child in directories:
            write(directories, files, child, target, written)
        elif child in written:
            os.link(written[child], target)
        else:
            data, when = files[child]
            with open(target, "wb") as file:
                file.write(data)
            if when is not None:
                os.utime(target, ns=(when, when))
            written[child] = target


def key_of(directories, files, inode):
    """The tree as a value to compare."""
    return tuple(sorted((name, key_of(directories, files, child) if child in directories else (child, files[child]))
                        for name, child in directories[inode].items()))


class PowerLoss:
    """The sweep of one scene."""

    def __init__(self, stage, scene, after, **recording):
        self.stage, self.scene, self.after = stage, scene, after
        self.recording = Recording(stage, scene, **recording)

    def points(self):
        """(number of the step, Step, Loss, tree) of all that differ."""
        disk, seen = None, set()
        for number, step in enumerate(self.recording.steps):
            if disk is None:
                disk = Disk(step.picture)
            disk.advance(step.picture)
            if step.synced is not None:
                disk.sync(step.synced, step.with_time)
            answers = len(self.recording.told(step).answers)
            for loss in losses_of(disk):
                tree = remains(disk, loss)
                key = hash((answers, key_of(*tree, disk.root)))
                if key not in seen:
                    seen.add(key)
                    yield number, step, loss, (*tree, disk.root)

    def run(self, step, tree):
        """Gives what is wrong, as lines."""
        folder = self.stage.new_folder()
        maildir = os.path.join(folder, "Maildir")
        write(*tree, maildir, {})
        violations = ["never cleaned: " + name for name in Remains(maildir).strange]
        found, complaints = self.stage.look(maildir)
        check = Check(self.scene, self.recording.play.before, self.after, self.stage.history, Fault.power)
        violations += complaints + check.run(found, self.recording.told(step))
        self.stage.remove(maildir)
        return violations

    def close(self):
        self.recording.play.close()
