"""Courier's pop3d and ours take turns on one Maildir, with deliveries, IMAP sessions and other programs in between:
what a client was told of a message it is told for ever, by both.

The peers: courier_peer.py. COURIER_SEED repeats a run.
"""
import os
import poplib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import courier_peer  # before support, which gives up root
import support

STEPS = 150


class Session(poplib.POP3):
    """One session with a program that speaks POP3 on its standard streams, logged in already."""

    def __init__(self, arguments, environment):
        self.ours, theirs = socket.socketpair()
        self.errors = tempfile.TemporaryFile()
        with theirs:
            self.process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=self.errors,
                                            env={**os.environ, **environment})
        super().__init__("localhost", timeout=support.PATIENCE)

    def _create_socket(self, timeout):
        self.ours.settimeout(timeout)
        return self.ours

    def end(self, quit_first=True):
        """Fails on an exit code or a sanitizer's report."""
        try:
            if quit_first:
                self.quit()
        finally:
            self.close()
            try:
                code = self.process.wait(support.PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                code = self.process.wait()
            self.errors.seek(0)
            text = self.errors.read().decode("utf-8", "backslashreplace")
            self.errors.close()
        if code != 0 or support.SANITIZER_REPORT.search(text):
            raise AssertionError("%s: exit %s\n%s" % (self.process.args, code, text[-8000:]))

    def uidls(self):
        """{number: UIDL}"""
        rows = (row.split() for row in self.uidl()[1])
        return {int(number): uidl.decode() for number, uidl in rows}

    def sizes(self):
        rows = (row.split() for row in self.list()[1])
        return {int(number): int(size) for number, size in rows}

    def content(self, number):
        return b"\r\n".join(self.retr(number)[1]) + b"\r\n"


class Alternation(support.Test):
    pop3d = None
    imapd = None

    def setUp(self):
        self.maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        seed = int(os.environ.get("COURIER_SEED") or time.time_ns() % 1_000_000)
        print("COURIER_SEED=%d" % seed, flush=True)
        self.chance = random.Random(seed)
        self.steps = []
        self.uidl_of = {}  # by message
        self.message_of = {}  # by UIDL
        self.size_of = {}  # by message

    def session(self, name, maildir=None):
        program, environment = self.pop3d if name == "courier" else (support.PROGRAM, {"TZ": "UTC"})
        arguments = [program] if name == "courier" else [program, "pop3d"]
        return Session([*arguments, maildir or self.maildir], environment)

    def imap_session(self, name):
        if name == "courier":
            program, environment = self.imapd
            return support.imapd_session([program, self.maildir], environment)
        return support.imapd_session([support.PROGRAM, "imapd", self.maildir], {"TZ": "UTC"})

    def any_server(self):
        return self.chance.choice(("courier", "postrider"))

    def ask(self, name):
        """[(message, UIDL, size)] in the server's order; each must be what was told before."""
        session = self.session(name)
        try:
            uidls, sizes = session.uidls(), session.sizes()
            self.assertEqual(list(range(1, len(uidls) + 1)), list(uidls))
            self.assertEqual((len(uidls), sum(sizes.values())), session.stat())
            told = []
            for number, uidl in uidls.items():
                content = b"\n".join(session.top(number, 0)[1])
                message = re.search(rb"Subject: step (\S+)", content).group(1).decode()
                told.append((message, uidl, sizes[number]))
        finally:
            session.end()
        for message, uidl, size in told:
            what = "%s tells of %s\n%s" % (name, message, "\n".join(self.steps[-12:]))
            self.assertEqual(self.uidl_of.setdefault(message, uidl), uidl, what)
            self.assertEqual(self.message_of.setdefault(uidl, message), message, what)
            self.assertEqual(self.size_of.setdefault(message, size), size, what)
        return told

    def compare(self):
        names = ["courier", "postrider"]
        self.chance.shuffle(names)
        first, second = (self.ask(name) for name in names)
        self.assertEqual(first, second, "%s, %s\n%s" % (*names, "\n".join(self.steps[-12:])))
        files = os.listdir(os.path.join(self.maildir, "cur"))
        self.assertEqual(len(files), len(first), files)
        return first

    def content(self, message):
        body = self.chance.choice(("short\n", "two\n\nparagraphs\n", "x" * 1500 + "\n", ".\n..\n.x\n", "no line end",
                                   "\r\r bare\rCR\n", ""))
        subject = self.chance.choice(("", " caf\u00e9"))
        return ("From: a@example.com\nSubject: step %s%s\n\n%s" % (message, subject, body)).encode()

    # Each step changes something, and gives a line that says what.

    def deliver(self, _):
        count = self.chance.randint(1, 3)
        for number in range(count):
            name = support.deliver(self.maildir, self.content("%d.%d" % (len(self.steps), number)))
            if self.chance.random() < 0.3:  # a clock that was wrong: it comes before others
                directory = os.path.join(self.maildir, "new")
                os.rename(os.path.join(directory, name), os.path.join(
                    directory, "%d.%s" % (self.chance.randint(1, 2_000_000_000), name.partition(".")[2])))
        return "%d deliveries" % count

    def flag_by_hand(self, told):
        names = self.names()
        if not names:
            return None
        name = self.chance.choice(names)
        letters = "".join(letter for letter in "DFRST" if self.chance.random() < 0.4)
        self.rename(name, name.partition(":2,")[0] + ":2," + letters)
        return "rename %s to %s" % (name, letters)

    def remove_by_hand(self, told):
        names = self.names()
        if not names:
            return None
        name = self.chance.choice(names)
        os.unlink(os.path.join(self.maildir, "cur", name))
        return "unlink " + name

    def retrieve(self, told):
        """It sets \\Seen by a rename."""
        if not told:
            return None
        number, name = self.chance.randint(1, len(told)), self.any_server()
        session = self.session(name)
        try:
            session.retr(number)
        finally:
            session.end()
        return "%s: RETR %d" % (name, number)

    def delete(self, told):
        name = self.any_server()
        numbers = [number for number in range(1, len(told) + 1) if self.chance.random() < 0.3]
        session = self.session(name)
        is_quit = self.chance.random() < 0.7
        try:
            for number in numbers:
                session.dele(number)
        finally:
            session.end(quit_first=is_quit)
        return "%s: DELE %s, %s" % (name, numbers, "QUIT" if is_quit else "connection lost")

    def imap(self, told):
        name = self.any_server() if self.imapd else "postrider"
        client = self.imap_session(name)
        try:
            client.ok("SELECT INBOX")
            uids = client.ok("UID SEARCH ALL").found()
            some = ",".join(map(str, self.chance.sample(uids, min(len(uids), self.chance.randint(1, 3)))))
            commands = []
            if some:
                commands.append("UID STORE %s %sFLAGS (%s)" % (
                    some, self.chance.choice("+-"), self.chance.choice(("\\Seen", "\\Flagged todo", "\\Deleted"))))
            if self.chance.random() < 0.4:
                commands.append("EXPUNGE")
            for command in commands:
                client.ok(command)
        finally:
            support.end_imapd_session(client, log_out=False)
        return "%s: %s" % (name, commands)

    def names(self):
        return sorted(os.listdir(os.path.join(self.maildir, "cur")))

    def rename(self, name, other):
        os.rename(os.path.join(self.maildir, "cur", name), os.path.join(self.maildir, "cur", other))

    def test_turns(self):
        weights = {self.deliver: 6, self.flag_by_hand: 3, self.remove_by_hand: 2, self.retrieve: 3, self.delete: 3,
                   self.imap: 4}
        told = self.compare()
        while len(self.steps) < STEPS:
            step, = self.chance.choices(list(weights), list(weights.values()))
            try:
                said = step(told)
            except Exception as error:
                raise AssertionError("%s: %s\nbefore:\n%s" %
                                     (step.__name__, error, "\n".join(self.steps[-12:]))) from error
            if said:
                self.steps.append("%d %s" % (len(self.steps) + 1, said))
                # Both at times; else who comes first after a change is the one that writes the list.
                told = self.compare() if self.chance.random() < 0.5 else self.ask(self.any_server())
        self.compare()

    def test_lists_of_every_form(self):
        """The same file is read the same way by both, and the messages are in the same order."""
        names = ("5.x:2,", "10.y:2,S", "abc:2,", "1000000001.M1P1.host,S=23:2,FS", "1000000001.M1P1.host:2,", "7 8:2,",
                 "07.z:2,T")
        for header in ("/3 4 1795287009", "/2 9 777", "/1 7 555", "/4 10 12345", "/3 9 0"):
            folder = os.path.join(self.new_folder(), "Maildir")
            support.make_maildir(folder)
            for number, name in enumerate(names):
                with open(os.path.join(folder, "cur", name), "wb") as file:
                    file.write(self.content("%s" % number))
            last = ":1" if header.startswith("/3") else ""
            with open(os.path.join(folder, "courierpop3dsizelist"), "w") as file:
                # In the order of delivery, as Courier's reader wants it.
                file.write("%s\nabc:2, 5 0:0%s\n5.x:2,S 77 2:%s%s\n10.y:2, 78 3:999%s\n" %
                           (header, last, header.split()[2], last, last))
            copy = folder + "2"
            shutil.copytree(folder, copy)
            answers = []
            for name, maildir in (("courier", folder), ("postrider", copy)):
                session = self.session(name, maildir)
                try:
                    answers.append((session.uidls(), [session.top(number, 0)[1][1] for number in range(1, 8)]))
                finally:
                    session.end()
            self.assertEqual(*answers, header)
            # And each goes on with what the other wrote.
            for name, maildir in (("postrider", folder), ("courier", copy)):
                session = self.session(name, maildir)
                try:
                    self.assertEqual(answers[0][0], session.uidls(), header)
                finally:
                    session.end()

    def test_both_connected_at_once(self):
        for number in range(6):
            support.deliver(self.maildir, self.content("0.%d" % number))
        self.compare()
        ours, theirs = self.session("postrider"), self.session("courier")
        try:
            told = ours.uidls()
            self.assertEqual(told, theirs.uidls())
            theirs.retr(2)
            theirs.dele(1)
            theirs.dele(3)
            theirs.end()
            ours.retr(2)
            with self.assertRaisesRegex(poplib.error_proto, "-ERR"):
                ours.retr(1)
            self.assertEqual(told, ours.uidls())
            ours.dele(3)
            ours.dele(4)
            ours.end()
        finally:
            for session in (ours, theirs):
                if session.process.poll() is None:
                    session.end(quit_first=False)
        self.assertEqual(["0.1", "0.4", "0.5"], [message for message, _, _ in self.compare()])


if __name__ == "__main__":
    Alternation.pop3d = courier_peer.find_pop3d()
    Alternation.imapd = courier_peer.find()
    if Alternation.pop3d is None:
        print("Courier's pop3d is not installed and Debian's archive cannot be reached", file=sys.stderr)
        sys.exit(support.SKIP)
    support.main()
