"""Courier, our server, a process of ours and two delivery agents at work on one folder at the same time.

Each session changes only messages that are its own by their subject, so that what each message must be in the end is
known: nothing is lost, nothing comes back, no UID names two messages, and all who are asked tell the same.
COEXIST_SEED repeats a run's choices, COEXIST_SECONDS says how long it lasts.
"""
import collections
import concurrent.futures
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import zlib

import courier_peer  # before support, which gives up root
import support
from live_view import View, bases_in_cur, uid_list
from other_programs import Program

SECONDS = float(os.environ.get("COEXIST_SECONDS", "20"))
RATE = 200
FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "$Forwarded", "todo", "Junk")
#: Who has a session.
SESSIONS = ("server", "server", "process", "courier", "courier")
SUBJECT = re.compile(rb"^Subject: (\S+)", re.M)


def text_of(subject):
    """A message that says who it is."""
    return ("From: agent@example.com\r\nSubject: %s\r\nMIME-Version: 1.0\r\n\r\nBody of %s\r\n" %
            (subject, subject)).encode()


def owner_of(subject):
    """Whose of SESSIONS a message is: what one appended stays its own."""
    found = re.match(r"appended(\d+)-", subject)
    return int(found.group(1)) if found else zlib.crc32(subject.encode()) % len(SESSIONS)


class Book:
    """What everybody knows for certain: kept by all sessions."""

    def __init__(self):
        self.lock = threading.Lock()
        self.subjects = {}  #: by UID, for ever
        self.flags = {}     #: by UID; missing: none
        self.gone = set()   #: UIDs
        self.copies = collections.Counter()  #: of subjects, beyond the first

    def enter(self, uid, subject):
        with self.lock:
            known = self.subjects.setdefault(uid, subject)
            assert known == subject, "UID %d was %s and is %s" % (uid, known, subject)

    def flags_of(self, uid):
        with self.lock:
            return self.flags.get(uid, frozenset())

    def set_flags(self, uid, flags):
        with self.lock:
            self.flags[uid] = frozenset(flags)


class Actor:
    """One session that does things by chance."""

    def __init__(self, number, client, book, seed):
        self.number, self.book = number, book
        self.chance = random.Random(seed * 1000 + number)
        self.view = View(client)
        self.looked_to = 0
        self.own = set()
        self.counts = collections.Counter()
        self.appended = 0

    def look(self):
        """Learns what is new."""
        self.view.noop()
        for uid, subject in self.view.subjects(self.looked_to + 1).items():
            self.looked_to = max(self.looked_to, uid)
            self.book.enter(uid, subject)
            if owner_of(subject) == self.number and uid not in self.book.gone:
                self.own.add(uid)

    def some(self, most):
        own = sorted(self.own)
        return sorted(self.chance.sample(own, min(len(own), self.chance.randint(1, most))))

    def some_flags(self):
        return {flag for flag in FLAGS if self.chance.random() < 0.3}

    def store(self):
        uids, flags, sign = self.some(3), self.some_flags(), self.chance.choice(("+", "-", ""))
        if not uids:
            return
        self.view.run("UID STORE %s %sFLAGS (%s)" % (",".join(map(str, uids)), sign, " ".join(sorted(flags))))
        for uid in uids:
            before = self.book.flags_of(uid)
            self.book.set_flags(uid, before | flags if sign == "+" else before - flags if sign == "-" else flags)

    def append(self):
        subject, flags = "appended%d-%d" % (self.number, self.appended), self.some_flags()
        self.appended += 1
        uid = self.view.append(text_of(subject), "(%s)" % " ".join(sorted(flags)))
        self.book.enter(uid, subject)
        self.book.set_flags(uid, flags)

    def copy(self):
        uids = self.some(3)
        if not uids:
            return
        told = self.view.run("UID COPY %s INBOX" % ",".join(map(str, uids)))
        source, target = re.search(r"\[COPYUID \d+ (\S+) (\S+)\]", told).groups()
        assert numbers_of(source) == uids, told
        for old, new in zip(uids, numbers_of(target)):
            self.book.enter(new, self.book.subjects[old])
            self.book.set_flags(new, self.book.flags_of(old))
            with self.book.lock:
                self.book.copies[self.book.subjects[old]] += 1

    def expunge(self):
        uids = self.some(2)
        if not uids:
            return
        words = ",".join(map(str, uids))
        self.view.run("UID STORE %s +FLAGS.SILENT (\\Deleted)" % words)
        self.view.run("UID EXPUNGE " + words)
        self.own -= set(uids)
        with self.book.lock:
            self.book.gone |= set(uids)

    def select(self):
        validity = self.view.validity
        self.view = View(self.view.client)
        assert self.view.validity == validity

    def act(self, end):
        """Until the end."""
        steps = {self.look: 6, self.store: 8, self.append: 2, self.copy: 2, self.expunge: 2, self.select: 1}
        while time.monotonic() < end:
            step, = self.chance.choices(list(steps), steps.values())
            step()
            self.counts[step.__name__] += 1


def numbers_of(text):
    """A UID set as a list."""
    found = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    return found


class Coexistence(support.Test):
    settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 3600}
    peer = maildrop = None

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("COEXIST_SEED") or time.time_ns() % 1_000_000)
        print("COEXIST_SEED=%d" % self.seed, end=" ", flush=True)
        self.user, self.maildir = self.account()
        self.book = Book()

    def session(self, kind):
        if kind == "server":
            return self.connect(self.user)
        program, environment = self.peer if kind == "courier" else (support.PROGRAM, {"TZ": "UTC"})
        arguments = [program, self.maildir] if kind == "courier" else [program, "imapd", self.maildir]
        client = support.imapd_session(arguments, environment)
        self.addCleanup(support.end_imapd_session, client)
        return client

    def drop(self, end):
        """Delivers by maildrop until the end; gives the subjects."""
        folder = self.new_folder()
        rules = os.path.join(folder, "rules")
        with open(rules, "w", encoding="utf-8") as file:
            file.write('to "%s"\n' % self.maildir)
        os.chmod(rules, 0o600)
        program, environment = self.maildrop
        subjects = []
        while time.monotonic() < end:
            subject = "dropped%d" % len(subjects)
            subprocess.run([program, rules], input=text_of(subject).replace(b"\r\n", b"\n"), check=True,
                           env={**os.environ, **environment, "HOME": folder}, timeout=support.PATIENCE)
            subjects.append(subject)
        return subjects

    def work(self):
        """All at once; gives the actors, and the subjects of what was delivered."""
        actors = [Actor(number, self.session(kind), self.book, self.seed) for number, kind in enumerate(SESSIONS)]
        self.assertEqual(1, len({actor.view.validity for actor in actors}))
        end = time.monotonic() + SECONDS
        with contextlib.ExitStack() as stack:
            pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(len(actors) + 1))
            agent = stack.enter_context(Program("deliver", self.maildir, RATE, "delivered"))
            futures = [pool.submit(actor.act, end) for actor in actors]
            dropping = pool.submit(self.drop, end) if self.maildrop else None
            concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
            for future in futures:
                future.result(support.PATIENCE)
            delivered = [subject for subject, _ in agent.stop()]
            return actors, delivered + (dropping.result(support.PATIENCE) if dropping else [])

    def ask(self, kind):
        """What a new session tells: {uid: (flags, date, content)}, UIDVALIDITY, UIDNEXT."""
        client = self.session(kind)
        selected = client.ok("SELECT INBOX")
        following = client.ok("STATUS INBOX (UIDNEXT)").number(r"UIDNEXT (\d+)")
        return client.messages(), selected.uid_validity(), following

    def test_all_at_once(self):
        actors, delivered = self.work()
        for actor in actors:
            actor.look()
            print("%s: %s" % (SESSIONS[actor.number], json.dumps(actor.counts)), file=sys.stderr)
        told = self.ask("server")
        messages, validity, following = told
        for uid, (_, _, content) in messages.items():
            self.book.enter(uid, SUBJECT.search(content).group(1).decode())
        self.check_nothing_lost(messages, delivered, actors)
        self.check_flags(messages)
        self.check_sessions(messages, validity, actors)
        self.assertGreater(following, max(self.book.subjects))
        for kind in ("process", "courier"):
            self.assertTrue(told == self.ask(kind), "the server and %s do not agree" % kind)
        on_disk = uid_list(self.maildir)
        self.assertEqual((validity, following), on_disk[:2])
        self.assertEqual({on_disk[2].get(uid) for uid in messages}, set(bases_in_cur(self.maildir)))

    def check_nothing_lost(self, messages, delivered, actors):
        wanted = collections.Counter(delivered) + self.book.copies
        wanted.update("appended%d-%d" % (actor.number, number)
                      for actor in actors for number in range(actor.appended))
        wanted.subtract(self.book.subjects[uid] for uid in self.book.gone)
        found = collections.Counter(self.book.subjects[uid] for uid in messages)
        lost, more = wanted - found, found - wanted
        self.assertFalse(lost or more, "lost: %s; come back, or twice: %s" % (lost, more))
        self.assertFalse(self.book.gone & messages.keys())
        for uid, (_, _, content) in messages.items():
            self.assertEqual(text_of(self.book.subjects[uid]), content.partition(b"Delivered-To")[0])

    def check_flags(self, messages):
        wrong = {uid: (sorted(self.book.flags_of(uid)), flags) for uid, (flags, _, _) in messages.items()
                 if set(flags) != self.book.flags_of(uid)}
        self.assertFalse(wrong, "flags that should be, and that are")

    def check_sessions(self, messages, validity, actors):
        """What the sessions were told in all that time."""
        for actor in actors:
            view = actor.view.noop().fetch()
            self.assertEqual(validity, view.validity)
            self.assertEqual(sorted(messages), view.uids, SESSIONS[actor.number])
            self.assertEqual({uid: set(flags) for uid, (flags, _, _) in messages.items()}, view.flags)
            self.assertLessEqual(set(view.expunged), self.book.gone | {None}, SESSIONS[actor.number])


if __name__ == "__main__":
    Coexistence.peer = courier_peer.find()
    if Coexistence.peer is None:
        print("Courier's imapd is not installed and Debian's archive cannot be reached", file=sys.stderr)
        sys.exit(support.SKIP)
    Coexistence.maildrop = courier_peer.find_maildrop()
    support.main()
