"""The server is killed in the middle of work, again and again: what it had answered OK is there, nothing else is."""
import random
import re
import threading
import time

import support
from support import Gone

ROUNDS = 10
FOLDERS = ("INBOX", "INBOX.Archive")
FLAGS = ("\\Flagged", "\\Answered", "\\Draft", "kept")


class Record:
    """What the server has promised. Shared by the two clients of a round; each writes its own messages only."""

    def __init__(self):
        self.lock = threading.Lock()
        self.validity = {}
        self.stored = {}  # (folder, uid): content, answered OK
        self.flags = {}   # (folder, uid): set of flags, answered OK
        self.open_flags = {}  # (folder, uid): {flag: wanted}, sent and not answered
        self.sent = set()     # every content that was ever sent whole: nothing else may be there
        self.counts = {"APPEND": 0, "COPY": 0, "STORE": 0}

    def validity_of(self, folder, value):
        with self.lock:
            return self.validity.setdefault(folder, value) == value

    def promise(self, folder, uid, content, flags, command):
        with self.lock:
            if (folder, uid) in self.stored:
                raise AssertionError("UID %d of %s was given twice" % (uid, folder))
            self.stored[folder, uid] = content
            self.flags[folder, uid] = set(flags)
            self.counts[command] += 1


class Worker(threading.Thread):
    """Appends, copies and sets flags on its own messages until the connection ends."""

    def __init__(self, client, record, seed):
        super().__init__()
        self.client, self.record, self.random = client, record, random.Random(seed)
        self.own = []  # UIDs in INBOX
        self.error = None

    def run(self):
        try:
            self.client.ok("SELECT INBOX")
            while True:
                self.random.choice((self.append, self.append, self.copy, self.store))()
        except (Gone, ConnectionError):
            pass
        except Exception as error:
            self.error = error

    def append(self):
        content = support.message("by %s" % self.name, size=self.random.choice((300, 2000, 70_000, 300_000)))
        flags = [flag for flag in FLAGS if self.random.random() < 0.3]
        folder = self.random.choice(FOLDERS)
        self.record.sent.add(content)
        answer = self.client.append(folder, content, "(%s)" % " ".join(flags))
        self.told(answer)
        validity, uid = map(int, re.match(r"\[APPENDUID (\d+) (\d+)\]", answer.text).groups())
        if not self.record.validity_of(folder, validity):
            raise AssertionError("UIDVALIDITY of %s changed" % folder)
        self.record.promise(folder, uid, content, flags, "APPEND")
        if folder == "INBOX":
            self.own.append(uid)

    def copy(self):
        if not self.own:
            return
        uids = sorted(self.random.sample(self.own, min(3, len(self.own))))
        answer = self.client.run("UID COPY %s INBOX.Archive" % ",".join(map(str, uids)))
        self.told(answer)
        source, target = re.match(r"\[COPYUID \d+ (\S+) (\S+)\]", answer.text).groups()
        for old, new in zip(numbers(source), numbers(target), strict=True):
            self.record.promise("INBOX.Archive", new, self.record.stored["INBOX", old],
                                self.record.flags["INBOX", old], "COPY")

    def store(self):
        if not self.own:
            return
        uid, flag = self.random.choice(self.own), self.random.choice(FLAGS)
        on = self.random.random() < 0.6
        key = ("INBOX", uid)
        self.record.open_flags[key] = {flag: on}
        answer = self.client.run("UID STORE %d %sFLAGS.SILENT (%s)" % (uid, "+" if on else "-", flag))
        self.told(answer)
        del self.record.open_flags[key]
        (self.record.flags[key].add if on else self.record.flags[key].discard)(flag)
        self.record.counts["STORE"] += 1

    @staticmethod
    def told(answer):
        if answer.status != "OK":
            raise AssertionError("%s %s" % (answer.status, answer.text))


def numbers(text):
    found = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        found.extend(range(int(first), int(last or first) + 1))
    return found


class Kill(support.Test):
    def test_killed_and_started_again(self):
        seed = time.time_ns() % 1_000_000
        print("seed", seed, flush=True)
        chance = random.Random(seed)
        self.site = support.Site(self.new_folder())
        self.server = support.Server(self.site)
        user, maildir = self.account()
        record = Record()
        self.enterContext(self.server)
        self.connect(user).ok("CREATE INBOX.Archive")
        for round_number in range(ROUNDS):
            with self.subTest(round=round_number):
                clients = [self.connect(user) for _ in range(2)]
                workers = [Worker(client, record, chance.random()) for client in clients]
                done = sum(record.counts.values())
                for worker in workers:
                    worker.start()
                # At least a few promises, then an arbitrary moment.
                support.wait_until(lambda: sum(record.counts.values()) >= done + 20 or
                                   any(worker.error for worker in workers), "some commands are answered")
                time.sleep(chance.uniform(0, 0.5))
                self.server.kill()
                for worker in workers:
                    worker.join(support.PATIENCE)
                    self.assertIsNone(worker.error)
                self.server.start()
                self.check(user, maildir, record)
        print(record.counts, flush=True)
        for command, count in record.counts.items():
            self.assertGreater(count, 0, command)

    def check(self, user, maildir, record):
        begin = time.monotonic()
        client = self.connect(user)
        for folder in FOLDERS:
            selected = client.ok("SELECT " + folder)
            self.assertTrue(record.validity_of(folder, selected.uid_validity()), "UIDVALIDITY of " + folder)
            messages = client.messages()
            self.assertEqual(selected.exists(), len(messages))
            promised = {uid: content for (where, uid), content in record.stored.items() if where == folder}
            self.assertEqual(set(), set(promised) - set(messages), "promised and lost in " + folder)
            for uid, (flags, _, content) in messages.items():
                if uid in promised:
                    self.assertTrue(content == promised[uid], "content of UID %d in %s" % (uid, folder))
                    self.flags_are_right(record, (folder, uid), set(flags))
                else:
                    # Sent whole and not answered: it may be there, with a UID that nobody else had.
                    self.assertIn(content, record.sent, "a part of a message became visible")
                    record.stored[folder, uid] = content
                    record.flags[folder, uid] = set(flags)
            self.assertGreater(client.ok("STATUS %s (UIDNEXT)" % folder).number(r"UIDNEXT (\d+)"),
                               max(messages, default=0))
        self.assertLess(time.monotonic() - begin, 30, "the locks of the dead are recovered at once")
        record.open_flags.clear()

    def flags_are_right(self, record, key, flags):
        expected = record.flags[key]
        for flag, wanted in record.open_flags.get(key, {}).items():
            if flag in flags:
                self.assertTrue(wanted or flag in expected, (key, flag))
                expected.add(flag)
            else:
                self.assertTrue(not wanted or flag not in expected, (key, flag))
                expected.discard(flag)
        self.assertEqual(expected, flags & set(FLAGS), key)


if __name__ == "__main__":
    support.main()
