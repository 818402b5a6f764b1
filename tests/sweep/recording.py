"""A scene as pictures of the Maildir, one before each call, and what a crash of the machine may leave of it.

What lasts: a file's bytes as of its last fsync or fdatasync, its time as of its last fsync, a directory's entries as of
its last fsync. All else may be kept or lost, each change by itself: changes of entries in one directory by one call are
kept or lost together (a rename within it). Of a rename between two directories both names may be kept, as on a file
system that notes the new name before it takes the old one away. Both are lost only if the old one's directory was
synced and the new one's was not: no file system that keeps a journal does that, but nothing forbids it.
"""
import os
import stat

import support
from held_process import GO
from points import KILL_KINDS, counts
from stage import Play
from system_calls import Kind
from told import Told

class File:
    """versions: (bytes, time) as they were one after the other; data, time: the last version of which these last."""

    def __init__(self, is_new):
        self.versions, self.data, self.time = [], None if is_new else 0, None if is_new else 0


class Directory:
    """lasting: {name: inode}; pending: (number of the picture, {name: inode or None}) for each change, in order."""

    def __init__(self, entries):
        self.lasting, self.pending = dict(entries), []


class Disk:
    """What lasts and what may be lost, kept up to date picture by picture. The first picture lasts."""

    def __init__(self, picture):
        self.files, self.directories, self.root, self._number = {}, {}, picture.root, 0
        self._take(picture, is_first=True)

    def advance(self, picture):
        self._take(picture, is_first=False)

    def _take(self, picture, is_first):
        self._number += 1
        for inode, (data, when) in picture.files.items():
            file = self.files.setdefault(inode, File(not is_first))
            if not file.versions or file.versions[-1] != (data, when):
                file.versions.append((data, when))
        for inode, entries in picture.directories.items():
            if inode not in self.directories:
                self.directories[inode] = Directory(entries if is_first else {})
                self._change(inode, {} if not is_first else entries, entries)
            else:
                self._change(inode, self.present(inode), entries)

    def _change(self, inode, before, after):
        change = {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}
        if change:
            self.directories[inode].pending.append((self._number, change))

    def present(self, inode):
        entries = dict(self.directories[inode].lasting)
        for _, change in self.directories[inode].pending:
            apply(entries, change)
        return entries

    def sync(self, inode, with_time):
        """After a successful fsync (with_time) or fdatasync."""
        if inode in self.directories:
            directory = self.directories[inode]
            directory.lasting, directory.pending = self.present(inode), []
        elif inode in self.files:
            file = self.files[inode]
            file.data = len(file.versions) - 1
            file.time = file.data if with_time else file.time


def apply(entries, change, elsewhere=()):
    """Applies a directory's change, unless an earlier one is missing that it builds on (its removed names), or it
    removes an inode that got its new name elsewhere, by a change that is lost."""
    removed = [entries.get(name) for name, inode in change.items() if inode is None]
    if None in removed or set(removed) & set(elsewhere):
        return
    for name, inode in change.items():
        if inode is None:
            del entries[name]
        else:
            entries[name] = inode


class Picture:
    """root: its inode; files: {inode: (bytes, time in ns)}; directories: {inode: {name: inode}}."""

    def __init__(self, folder):
        self.root = os.stat(folder).st_ino
        self.files, self.directories = {}, {}
        self._directory(folder, self.root)

    def _directory(self, path, inode):
        entries = self.directories[inode] = {}
        for entry in os.scandir(path):
            status = entry.stat(follow_symlinks=False)
            entries[entry.name] = status.st_ino
            if stat.S_ISDIR(status.st_mode):
                self._directory(entry.path, status.st_ino)
            elif status.st_ino not in self.files:
                with open(entry.path, "rb") as file:
                    self.files[status.st_ino] = (file.read(), status.st_mtime_ns)


class Step:
    """A moment before a call: the picture, the inode that the call before it synced, and how much was sent by then."""

    def __init__(self, picture, synced, with_time, sent, text):
        self.picture, self.synced, self.with_time, self.sent, self.text = picture, synced, with_time, sent, text


class Heard(support.Client):
    """A client that hears again what was sent to another, and then the end of the session."""

    def __init__(self, sent, tags):
        self.buffer, self.tags = sent, tags

    def send(self, data):
        pass

    def _fill(self):
        raise support.Gone("cut")


class Recording:
    """steps: one before each call and one at the end.  decide(call): what becomes of a call; one that does not happen
    synced nothing."""

    def __init__(self, stage, scene, decide=lambda call: GO):
        self.scene, self.steps, self._sent, self._synced = scene, [], b"", (None, False)
        self.decide = decide
        self.play = Play(stage, scene, KILL_KINDS, self._note)
        self._tags = self.play.session.tags
        self.play.run()
        self._add("the end")
        self.play.session.ok("LOGOUT")
        self.play.session.end()

    def _note(self, call):
        if counts(call, KILL_KINDS, self.play.maildir):
            self._add(call.text(self.play.maildir))
            if call.kind is Kind.send:
                self._sent += call.memory(call.arguments[1], call.arguments[2])
            decision = self.decide(call)
            if call.name in ("fsync", "fdatasync") and decision is GO:
                self._synced = (call.inode(), call.name == "fsync")
            return decision
        return GO

    def _add(self, text):
        self.steps.append(Step(Picture(self.play.maildir), *self._synced, len(self._sent), text))
        self._synced = (None, False)

    def told(self, step):
        """What the client had been told at that step."""
        told = Told(self.play.before)
        told.hear(self.scene, Heard(self._sent[:step.sent], self._tags))
        return told
