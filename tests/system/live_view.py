"""What a session has been told of its mailbox, kept by the untagged responses alone; and what the files say."""
import os
import re
import select
import time

import support

LETTERS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
FETCH = re.compile(r"\* (\d+) FETCH \((.*)\)$", re.S)
UID = re.compile(r"\bUID (\d+)")
FLAGS = re.compile(r"\bFLAGS \(([^)]*)\)")
COUNT = re.compile(r"\* (\d+) (EXISTS|RECENT|EXPUNGE)$")


class Row:
    """One message as far as it was told: uid and flags (without \\Recent) are None before."""

    __slots__ = ("uid", "flags", "recent")

    def __init__(self):
        self.uid = self.flags = None
        self.recent = False


class View:
    """A selected mailbox. Strict: a response that RFC 3501 does not allow, or that contradicts one before, fails."""

    def __init__(self, client, mailbox="INBOX", command="SELECT"):
        self.client = client
        self.mailbox = mailbox
        self.rows = []
        self.expunged = []  #: UIDs, in the order told
        self.recent = 0
        self.fetching = False
        self.idle_tag = None
        answer = client.ok('%s "%s"' % (command, mailbox))
        self.validity = answer.uid_validity()
        self._take_all(answer)
        self.fetch()
        self.first_uids = self.uids

    @property
    def uids(self):
        return [row.uid for row in self.rows]

    @property
    def flags(self):
        return {row.uid: row.flags for row in self.rows}

    def row(self, uid):
        return next((row for row in self.rows if row.uid == uid), None)

    def _take_all(self, answer):
        for line in answer.lines:
            self._take(line)

    def _take(self, line):
        if count := COUNT.match(line):
            number, kind = int(count.group(1)), count.group(2)
            if kind == "EXISTS":
                assert number >= len(self.rows), "%s after %d messages" % (line, len(self.rows))
                self.rows += [Row() for _ in range(number - len(self.rows))]
            elif kind == "RECENT":
                self.recent = number
            else:
                assert not self.fetching, line + " in the answer of a FETCH"
                assert 1 <= number <= len(self.rows), "%s of %d messages" % (line, len(self.rows))
                self.expunged.append(self.rows.pop(number - 1).uid)
        elif fetch := FETCH.match(line):
            number = int(fetch.group(1))
            assert 1 <= number <= len(self.rows), "%s of %d messages" % (line, len(self.rows))
            self._take_row(self.rows[number - 1], fetch.group(2))
        elif line.startswith("* BYE"):
            raise support.Gone(line)

    @staticmethod
    def _take_row(row, items):
        if uid := UID.search(items):
            number = int(uid.group(1))
            assert row.uid in (None, number), "UID %s became %d" % (row.uid, number)
            row.uid = number
        if flags := FLAGS.search(items):
            words = frozenset(flags.group(1).split())
            row.recent = "\\Recent" in words
            row.flags = words - {"\\Recent"}

    def run(self, command):
        """A command, which must end in OK; its news are taken."""
        return self._take_until(self.client.start(command), time.monotonic() + support.PATIENCE)

    def _take_until(self, tag, last):
        """Takes the answer of a command, which must be OK and there before `last`; gives its last line."""
        while True:
            response = self.client.response().text
            if response.startswith(tag + " "):
                assert response.startswith(tag + " OK"), response
                return response
            self._take(response)
            assert time.monotonic() < last, "news without end, and no answer"

    def fetch(self):
        """Learns the UIDs and flags of all, but for what arrives while it is answered."""
        if self.rows:
            self.fetching = True
            self.run("FETCH 1:* (UID FLAGS)")
            self.fetching = False
        uids = [uid for uid in self.uids if uid is not None]
        wrong = [pair for pair in zip(uids, uids[1:]) if pair[0] >= pair[1]]
        assert not wrong, "UIDs out of order: %s" % wrong
        return self

    def noop(self):
        self.run("NOOP")
        return self

    def begin_idle(self):
        """Gives the words of the continuation."""
        self.idle_tag = self.client.start("IDLE")
        while True:
            response = self.client.response().text
            if response.startswith("+"):
                return response
            self._take(response)

    def hear(self, patience):
        """Takes what comes within that time, at most one read. Whether anything came."""
        if b"\n" not in self.client.buffer and not select.select([self.client.socket], [], [], patience)[0]:
            return False
        self._take(self.client.response().text)
        while b"\n" in self.client.buffer:
            self._take(self.client.response().text)
        return True

    def hear_until(self, condition, what, patience=support.PATIENCE):
        """Listens in IDLE until condition(self)."""
        last = time.monotonic() + patience
        while not condition(self):
            left = last - time.monotonic()
            if left <= 0 or not self.hear(left):
                raise AssertionError("an idle session did not hear of %s within %g s; it knows %s" %
                                     (what, patience, [(row.uid, row.flags) for row in self.rows[:20]]))

    def done(self, patience=support.PATIENCE):
        """patience: until the answer, however much else is told before."""
        self.client.send("DONE\r\n")
        self._take_until(self.idle_tag, time.monotonic() + patience)
        self.idle_tag = None
        return self

    def contents(self):
        """{uid: digest of the message}; learns all flags too."""
        found = {}
        if self.rows:
            self.fetching = True
            for response in self._responses("FETCH 1:* (UID FLAGS BODY.PEEK[])"):
                if response.literals:
                    found[int(UID.search(response.text).group(1))] = support.digest(response.literals[0])
            self.fetching = False
        return found

    def subjects(self, first):
        """{uid: subject} of the messages from that UID on that have one word as their subject."""
        found = {}
        for response in self._responses("UID FETCH %d:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])" % first):
            subject = re.match(rb"Subject: (\S+)\r\n", response.literals[0]) if response.literals else None
            if subject:
                found[int(UID.search(response.text).group(1))] = subject.group(1).decode()
        return found

    def append(self, content, flags):
        """Appends to the mailbox itself; gives the UID."""
        tag = self.client.start("APPEND %s %s {%d}" % (self.mailbox, flags, len(content)))
        while not (response := self.client.response().text).startswith("+"):
            self._take(response)
        self.client.send(content + b"\r\n")
        while not (response := self.client.response().text).startswith(tag + " "):
            self._take(response)
        return int(re.match(tag + r" OK \[APPENDUID \d+ (\d+)\]", response).group(1))

    def _responses(self, command):
        tag = self.client.start(command)
        while not (response := self.client.response()).text.startswith(tag + " "):
            self._take(response.text)
            yield response
        assert response.text.startswith((tag + " OK", tag + " NO [EXPUNGEISSUED]")), response.text


class Ledger:
    """What each UID was seen to name: it names that for ever."""

    def __init__(self):
        self.entries = {}

    def enter(self, mailbox, validity, uid, content):
        known = self.entries.setdefault((mailbox, validity, uid), content)
        assert known == content, "%s, UIDVALIDITY %d: UID %d was %s, is %s" % (mailbox, validity, uid, known, content)

    def enter_all(self, view):
        for uid, content in view.contents().items():
            self.enter(view.mailbox, view.validity, uid, content)
        return view


def uid_list(folder):
    """courierimapuiddb as (UIDVALIDITY, UIDNEXT, {uid: base name})."""
    with open(os.path.join(folder, "courierimapuiddb"), encoding="utf-8", errors="surrogateescape") as file:
        head, *lines = file.read().removesuffix("\n").split("\n")
    version, validity, following = head.split()
    assert version == "1", head
    return int(validity), int(following), {int(uid): base for uid, _, base in (line.partition(" ") for line in lines)}


def bases_in_cur(folder):
    """{base name: flags}, letters that Courier does not know left out."""
    found = {}
    for name in os.listdir(os.path.join(folder, "cur")):
        base, _, info = name.partition(":2,")
        assert base not in found, "twice in cur/: " + base
        found[base] = frozenset(LETTERS[letter] for letter in info if letter in LETTERS)
    return found


def flags_on_disk(folder):
    """{uid: flags} as the UID list and the names in cur/ say. The list may know messages that are gone."""
    flags = bases_in_cur(folder)
    _, _, bases = uid_list(folder)
    assert set(flags) <= set(bases.values()), "not in the UID list: %s" % list(set(flags) - set(bases.values()))[:10]
    return {uid: flags[base] for uid, base in bases.items() if base in flags}


def name_in_cur(folder, base):
    """The path under which a message is now."""
    cur = os.path.join(folder, "cur")
    return next(os.path.join(cur, name) for name in os.listdir(cur) if name.partition(":2,")[0] == base)
