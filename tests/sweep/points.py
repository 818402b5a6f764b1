"""The points of the kill sweep and the error sweep: a scene, one of its calls, and what happens there."""
import errno
import os
import re
import signal
import time

import support
from checker import Check, Fault
from held_process import GO, KILL, claim, fail
from look import Remains, look, parts_of
from stage import Play
from system_calls import LIBC, Kind

#: Where a process is killed: before all that changes files or tells the client something. To be killed behind a call
#: is to be killed before the next.
KILL_KINDS = {Kind.write, Kind.name, Kind.sync, Kind.send}
#: Which calls fail.
ERROR_KINDS = {Kind.write, Kind.name, Kind.sync, Kind.look}
PROBE = support.message("probe")

WRITES = {"EIO", "ENOSPC", "EDQUOT", "EINTR", "ESTALE", "EROFS", "SHORT"}
LOOKS = {"EIO", "ENOMEM", "EINTR", "EACCES", "ESTALE"}
#: Which errors a call can give: the table of the manual pages, over all file systems.
ERRORS = {"make": {"EIO", "ENOSPC", "EDQUOT", "EMFILE", "ENOMEM", "EINTR", "EACCES", "EROFS", "ESTALE"},
          "open": LOOKS | {"EMFILE"}, "look": LOOKS, "read": {"EIO", "EINTR", "ESTALE", "ENOMEM"}, "write": WRITES,
          "attribute": {"EIO", "EACCES", "EROFS", "ESTALE", "ENOSPC"},
          "sync": {"EIO", "ENOSPC", "EDQUOT", "EROFS", "ESTALE", "EINTR"},
          "name": {"EIO", "ENOSPC", "EDQUOT", "ENOMEM", "EACCES", "EROFS", "ESTALE", "EINTR"},
          "move": {"EIO", "ENOSPC", "EDQUOT", "ENOMEM", "EACCES", "EROFS", "ESTALE", "EINTR", "EXDEV"},
          "remove": {"EIO", "ENOMEM", "EACCES", "EROFS", "ESTALE", "EINTR"}}


def errors_of(call):
    """Names of the errors to try at a call, sorted."""
    name = call.name
    if name in ("open", "openat", "creat"):
        row = "make" if call.kind is Kind.write else "open"
    elif call.kind is Kind.look:
        row = "read" if name in ("read", "pread64", "readv", "getdents64") else "look"
    elif call.kind is Kind.write:
        row = "write" if "write" in name or name in ("sendfile", "copy_file_range", "splice") else "attribute"
    elif call.kind is Kind.sync:
        row = "sync"
    else:
        row = "remove" if name.startswith(("unlink", "rmdir")) else "name" if name.startswith("mkdir") else "move"
    return sorted(ERRORS[row])


class Rehearsal:
    """A scene without a fault.  calls: those of `kinds`, in order;  after: the state that they lead to."""

    def __init__(self, stage, scene, kinds):
        self.calls, self.kinds = [], kinds
        play = Play(stage, scene, kinds, self._note)
        self._maildir = play.maildir
        play.run()
        if play.told.status(scene) != "OK":
            raise AssertionError("%s without a fault: %s, %s" % (scene.name, play.told.texts, play.told.gone))
        play.session.ok("LOGOUT")
        code, errors = play.session.end()
        if code != 0:
            raise AssertionError("%s without a fault: exit %s, %s" % (scene.name, code, errors))
        self.texts = [call.text(play.maildir) for call in self.calls]
        self.after = look(stage.plain_session(play.maildir))
        self.violations = Check(scene, play.before, self.after, stage.history, Fault.error).run(self.after, play.told)
        play.close()

    def _note(self, call):
        if counts(call, self.kinds, self._maildir):
            self.calls.append(call)
        return GO


def counts(call, kinds, maildir):
    """Whether the call is one of a sweep's points."""
    return call.kind in kinds and (call.kind is Kind.send or call.is_below(maildir))


def write_half(pid, call):
    """A short write: half of the bytes are written, in the program's place and to its own descriptor."""
    size = call.arguments[2] // 2
    if call.name not in ("write", "pwrite64") or size == 0:
        return GO
    process = os.pidfd_open(pid)
    descriptor = LIBC.syscall(438, process, call.arguments[0], 0)  # pidfd_getfd
    os.close(process)
    try:
        data = call.memory(call.arguments[1], size)
        written = os.write(descriptor, data) if call.name == "write" else os.pwrite(descriptor, data, call.arguments[3])
    finally:
        os.close(descriptor)
    return claim(written)


class Point:
    """step: before which call, from 0; one more than there are: after all.  error: a name of errno, SHORT, or KILL."""

    def __init__(self, stage, rehearsal, scene, step, error):
        self.stage, self.rehearsal, self.scene, self.step, self.error = stage, rehearsal, scene, step, error
        self.seen = 0  # calls so far
        self.met = None  # the call that met the fault
        self.probe = None  # UID of what was stored after it
        self.known = None  # what the session knew of its folder then, {uid: (flags, keywords)}
        self.violations = []

    def run(self):
        """Gives what is wrong, as lines."""
        is_kill = self.error == "KILL"
        self.kinds = KILL_KINDS if is_kill else ERROR_KINDS
        self.play = Play(self.stage, self.scene, self.kinds, self._decide)
        try:
            began = time.monotonic()
            self.play.run()
            self.violations += self.stage.too_slow("the scene", time.monotonic() - began)
            if is_kill:
                self._die()
            else:
                self._live_on()
            found, complaints = self.stage.look(self.play.maildir)
            if not is_kill:
                self._compare(found)
            check = Check(self.scene, self.play.before, self.rehearsal.after, self.stage.history,
                          Fault.kill if is_kill else Fault.error)
            return self.violations + complaints + check.run(found, self.play.told)
        finally:
            self.play.close()

    def _decide(self, call):
        if not counts(call, self.kinds, self.play.maildir):
            return GO
        self.seen += 1
        if self.seen != self.step + 1:
            return GO
        self.met = call
        if self.error == "KILL":
            return KILL
        return write_half(self.play.session.pid, call) if self.error == "SHORT" else fail(getattr(errno, self.error))

    def _die(self):
        if self.met is None:
            self.play.kill()
        code, errors = self.play.session.end()
        if code != -signal.SIGKILL:
            self.violations.append("ended before it was killed: %s\n%s" % (code, errors))
        self.violations += ["never cleaned: " + name for name in Remains(self.play.maildir).strange]

    def _live_on(self):
        """The session goes on, knows what there is, the next command works, and nothing is left lying about. A literal
        that was begun and whose file cannot be read any more ends it: its bytes were announced."""
        client, began = self.play.session, time.monotonic()
        try:
            if self.play.told.gone and not (client.is_cut and self.met.name == "pread64"):
                raise support.Gone(self.play.told.gone)
            if not self.play.told.gone:
                self._go_on(client)
                client.ok("LOGOUT")
        except (support.Gone, ConnectionError) as gone:
            self.violations.append("the session ended: %s" % gone)
        except AssertionError as error:
            self.violations.append("after the fault: %s" % error)
        self.violations += self.stage.too_slow("the session after the fault", time.monotonic() - began)
        code, errors = client.end()
        if code != 0 or support.SANITIZER_REPORT.search(errors):
            self.violations.append("exit %s\n%s" % (code, errors[-4000:]))
        remains = Remains(self.play.maildir)
        if self.met is None or self.met.name not in ("unlink", "unlinkat", "rmdir"):
            # The remains of a deleted folder may wait for the cleaning of tmp/.
            self.violations += ["left behind: " + name for name in remains.temporary + remains.locks
                                if not name.endswith(",folder")]

    def _go_on(self, client):
        client.ok("NOOP")
        if self.scene.selected:
            if client.run("UID SEARCH ALL").status != "OK":
                client.ok("SELECT " + self.scene.selected)  # the SELECT of the scene was what failed
            answer = client.ok("UID FETCH 1:* (UID FLAGS)")
            self.known = dict(_flags_row(line) for line in answer.lines if "FETCH" in line)
        self.probe = client.append_ok("INBOX", PROBE)

    def _compare(self, found):
        """The session's knowledge with another's. Takes the probe out of what was found."""
        inbox = found.folders.get("INBOX")
        if inbox and self.probe and inbox.messages.pop(self.probe, None) is None:
            self.violations.append("the message that was stored after the fault is not there")
        folder = found.folders.get(self.scene.selected)
        if self.known is not None and folder:
            seen = {uid: (message.flags, message.keywords) for uid, message in folder.messages.items()}
            for uid in sorted({*seen, *self.known}):
                if self.known.get(uid) != seen.get(uid):
                    self.violations.append("UID %d is %s to the session, %s to another" %
                                           (uid, _shown(self.known.get(uid)), _shown(seen.get(uid))))


def _flags_row(line):
    return int(re.search(r"UID (\d+)", line)[1]), parts_of(re.search(r"FLAGS \(([^)]*)\)", line)[1])


def _shown(flags):
    return "not there" if flags is None else "(%s)" % " ".join(sorted(flags[0] | flags[1]))
