"""Faults at every step of a POP3 session: logins that write the list, and QUIT with deletions. It is killed before each
call that changes a file or tells the client something, and each call gives its errors in turn. The program is the one
that POSTRIDER names; with --all each call gives all of its errors.

Afterwards, in new sessions: each message is there and whole, or was to be removed; those that QUIT said to be gone are
gone; a UIDL that a client was told before is the message's again, and was never another's; IMAP's UIDs are as they were.
"""
import errno
import os
import re
import shutil
import signal
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import support
from held_process import GO, KILL, Holder, end_of, fail, start
from look import Remains, look
from points import ERROR_KINDS, KILL_KINDS, counts, errors_of, write_half
from stage import ENVIRONMENT, MEMORY, Stage
from system_calls import Kind

#: UIDLs made from names while the list could not be written have greater numbers.
MOST_COUNTED = 1_000_000


class Session:
    """One session of pop3d, held from its start.  told: {subject: (UIDL, size)}, as far as it came;  deleted: subjects
    whose DELE was answered;  quit: the answer to QUIT, None: it was not sent, "": sent and not answered."""

    def __init__(self, maildir, kinds=(), decide=lambda call: GO):
        self.told, self.deleted, self.quit = {}, [], None
        ours, theirs = socket.socketpair()
        self.errors = tempfile.TemporaryFile()
        with theirs:
            self.pid, listener = start([support.PROGRAM, "pop3d", maildir], ENVIRONMENT, kinds, theirs, self.errors)
        self.socket, self.stream = ours, ours.makefile("rb")
        ours.settimeout(support.PATIENCE)
        self.holder = Holder(listener, self.pid, decide)
        self.holder.asks = True
        self.holder.start()

    def play(self, deletes):
        """deletes: subjects.  Ends early with the process."""
        try:
            if not self._line().startswith("+OK"):
                return
            subjects = {}
            uidls, sizes = self._rows("UIDL"), self._rows("LIST")
            for number in uidls:
                header = "\n".join(self._lines("TOP %s 0" % number))
                if found := re.search(r"^Subject: (.*)$", header, re.M):
                    subjects[number] = found[1]
                    self.told[found[1]] = (uidls[number], sizes.get(number))
            for number, subject in subjects.items():
                if subject in deletes and self._answer("DELE " + number).startswith("+OK"):
                    self.deleted.append(subject)
            self.quit = ""
            self.quit = self._answer("QUIT")
        except (support.Gone, ConnectionError):
            pass

    def _line(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise support.Gone
        return line[:-2].decode()

    def _answer(self, command):
        self.socket.sendall(command.encode() + b"\r\n")
        return self._line()

    def _lines(self, command):
        lines = []
        if self._answer(command).startswith("+OK"):
            while (line := self._line()) != ".":
                lines.append(line)
        return lines

    def _rows(self, command):
        return dict(line.split(" ", 1) for line in self._lines(command))

    def end(self):
        """Gives (exit code or minus the signal, standard error)."""
        self.stream.close()
        self.socket.close()
        return end_of(self.pid, self.holder, self.errors)


def tell(maildir):
    """What a session without faults tells: {subject: (UIDL, size)}."""
    session = Session(maildir)
    session.play(())
    code, text = session.end()
    if code != 0 or not (session.quit or "").startswith("+OK"):
        raise AssertionError("a session without faults: exit %s, QUIT: %s\n%s" % (code, session.quit, text))
    return session.told


class Scene:
    """has_list: POP3 knows the old messages.  arrivals: how many wait in new/.  deletes: subjects."""

    def __init__(self, name, has_list=True, arrivals=0, deletes=()):
        self.name, self.has_list, self.arrivals, self.deletes = name, has_list, arrivals, deletes


SCENES = [Scene("login_news", arrivals=2), Scene("first_login", has_list=False, arrivals=1), Scene("login"),
          Scene("delete", deletes=("old 1", "old 3")),
          Scene("delete_news", arrivals=1, deletes=("old 0", "old 1", "old 2", "old 3", "new 0"))]


class Ground:
    """The Maildir that each point of a scene begins with.  before: {subject: (UIDL, size)} as told once; messages: all
    subjects;  imap: {content: UID} of what IMAP knows."""

    def __init__(self, scene, folder):
        self.scene, self.folder = scene, folder
        self.template = support.make_maildir(os.path.join(folder, scene.name))
        for number in range(4):
            support.deliver(self.template, support.message("old %d" % number, "x" * 50 + "\n"))
        self.imap = self.uids(self.template)
        self.before = tell(self.template)
        if not scene.has_list:
            self.before = {}
            os.unlink(os.path.join(self.template, "courierpop3dsizelist"))
        for number in range(scene.arrivals):
            support.deliver(self.template, support.message("new %d" % number, "y\n"))
        self.messages = {"old %d" % number for number in range(4)} | {"new %d" % number
                                                                       for number in range(scene.arrivals)}

    @staticmethod
    def uids(maildir):
        state = look(Stage.plain_session(maildir))
        if state.problems:
            raise AssertionError(state.problems)
        return {message.content: (state.folders["INBOX"].validity, uid)
                for uid, message in state.folders["INBOX"].messages.items()}

    def copy(self):
        maildir = os.path.join(tempfile.mkdtemp(prefix="point-", dir=self.folder), "Maildir")
        return shutil.copytree(self.template, maildir)


class Point:
    """step: before which call, from 0.  error: a name of errno, SHORT, KILL, or None: no fault."""

    def __init__(self, ground, step, error):
        self.ground, self.step, self.error = ground, step, error
        self.kinds = KILL_KINDS if error == "KILL" else ERROR_KINDS
        self.calls, self.violations = [], []

    def run(self):
        """Gives what is wrong, as lines."""
        self.maildir = self.ground.copy()
        try:
            self.session = Session(self.maildir, self.kinds, self._decide)
            self.session.play(self.ground.scene.deletes)
            code, text = self.session.end()
            if self.error != "KILL" and (code != 0 or support.SANITIZER_REPORT.search(text)):
                self.violations.append("exit %s\n%s" % (code, text[-4000:]))
            if self.error == "KILL" and code not in (-signal.SIGKILL, 0):
                self.violations.append("ended before it was killed: %s\n%s" % (code, text[-4000:]))
            self.violations += ["left for ever: " + name for name in Remains(self.maildir).strange]
            self._check_messages(tell(self.maildir))
            self._check_imap()
            return self.violations
        finally:
            shutil.rmtree(os.path.dirname(self.maildir), ignore_errors=True)

    def _decide(self, call):
        if not counts(call, self.kinds, self.maildir):
            return GO
        self.calls.append((call.kind, errors_of(call) if call.kind is not Kind.send else [], call.text(self.maildir)))
        if len(self.calls) != self.step + 1 or self.error is None:
            return GO
        if self.error == "KILL":
            return KILL
        return write_half(self.session.pid, call) if self.error == "SHORT" else fail(getattr(errno, self.error))

    def _check_messages(self, found):
        session, once = self.session, {**self.ground.before}
        to_go = set(session.deleted) if session.quit is not None else set()
        for subject in self.ground.messages - set(found) - to_go:
            self.violations.append("%s is lost" % subject)
        for subject in set(found) & set(session.deleted) if (session.quit or "").startswith("+OK") else ():
            self.violations.append("%s was removed and is there" % subject)
        for subject, told in session.told.items():
            number = int(re.match(r"UID(\d+)", told[0])[1])
            if number <= MOST_COUNTED:  # else told while the list could not be kept
                if once.setdefault(subject, told) != told:
                    self.violations.append("%s was told as %s, before as %s" % (subject, told, once[subject]))
        message_of = {uidl: subject for subject, (uidl, _) in once.items()}
        for subject, told in found.items():
            if subject in once and once[subject] != told:
                self.violations.append("%s is %s, and was told as %s" % (subject, told, once[subject]))
            if message_of.setdefault(told[0], subject) != subject:
                self.violations.append("%s has the UIDL of %s" % (subject, message_of[told[0]]))
        if tell(self.maildir) != found:
            self.violations.append("two logins tell different UIDLs")

    def _check_imap(self):
        found = Ground.uids(self.maildir)
        for content, place in self.ground.imap.items():
            if found.get(content, place) != place:
                self.violations.append("IMAP: %s.. was %s and is %s" % (content[:8], place, found[content]))


def points(ground, is_whole):
    """(name, place, Point) of a scene, after one without a fault."""
    for error in ("KILL", None):
        rehearsal = Point(ground, sys.maxsize, error)
        wrong = rehearsal.run()
        if wrong or not (rehearsal.session.quit or "").startswith("+OK"):
            raise AssertionError("%s without a fault: %s, %s" % (ground.scene.name, rehearsal.session.quit, wrong))
        for step, (kind, errors, text) in enumerate(rehearsal.calls):
            wanted = ["KILL"] if error == "KILL" else errors
            if error is None and not is_whole and kind is not Kind.look:
                wanted = [errors[step % len(errors)]]
            elif error is None and not is_whole:
                wanted = [errors[step % len(errors)]] if step % 3 == 0 else []
            for each in wanted:
                yield "%s/%d/%s" % (ground.scene.name, step, each), text, Point(ground, step, each)


def main():
    chosen = [argument for argument in sys.argv[1:] if not argument.startswith("-")]  # names of scenes, or of points
    folder = tempfile.mkdtemp(prefix="postrider-sweep-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
    count, wrong = 0, 0
    try:
        for scene in SCENES:
            if chosen and scene.name not in [name.split("/")[0] for name in chosen]:
                continue
            for name, text, point in points(Ground(scene, folder), "--all" in sys.argv):
                if chosen and not any(name == each or name.startswith(each + "/") for each in chosen):
                    continue
                count += 1
                if violations := point.run():
                    wrong += 1
                    print("%s (%s)\n    %s" % (name, text, "\n    ".join(violations)), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("%d points; %d with violations. Again: %s NAME" % (count, wrong, sys.argv[0]))
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
