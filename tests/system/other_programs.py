"""Other programs on a Maildir, each a process of its own: a delivery agent, programs that rename and remove mail.

Run as `other_programs.py KIND MAILDIR ...`. They work until their standard input ends; then each prints what it did as
one line of JSON.
"""
import json
import os
import random
import select
import subprocess
import sys
import time
import zlib

#: Renames, or deliveries, between two looks whether to stop.
BATCH = 100


def should_stop():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def deliver_one(maildir, number, text):
    """A file in tmp/, renamed into new/. Gives its name."""
    now = time.time_ns()
    name = "%d.M%06dP%dQ%d.agent" % (now // 10**9, now // 1000 % 10**6, os.getpid(), number)
    path = os.path.join(maildir, "tmp", name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path, os.path.join(maildir, "new", name))
    return name


def removed(path):
    """Whether it was there, and is not any more."""
    try:
        os.unlink(path)
        return True
    except FileNotFoundError:
        return False


def deliver(maildir, rate, prefix, withdrawals=0):
    """rate: messages a second. prefix: of the subjects. withdrawals: one in so many is removed from new/ at once,
    where it is there still (0: none). Prints [[subject, name]...] of what was left."""
    delivered = []
    withdrawn = 0
    begin = time.monotonic()
    while not should_stop():
        due = int((time.monotonic() - begin) * float(rate))
        while len(delivered) + withdrawn < due:
            number = len(delivered) + withdrawn
            subject = "%s%d" % (prefix, number)
            text = "From: agent@example.com\nSubject: %s\nMIME-Version: 1.0\n\nBody of %s\n" % (subject, subject)
            name = deliver_one(maildir, number, text)
            if int(withdrawals) and number % int(withdrawals) == 0 and removed(os.path.join(maildir, "new", name)):
                withdrawn += 1
            else:
                delivered.append([subject, name])
        time.sleep(0.002)  # the rate, not a wait for anything
    print(json.dumps(delivered))


def rename_flags(maildir, part, parts, seed, removals):
    """Renames without pause its share of the messages of cur/, the one of `part` in `parts`; removes one in each
    `removals` renames (0: none). Prints {"renamed": how many, "removed": base names}."""
    cur = os.path.join(maildir, "cur")
    names = [name for name in os.listdir(cur)
             if zlib.crc32(name.partition(":2,")[0].encode()) % int(parts) == int(part)]
    chance = random.Random(int(seed))
    infos = ["".join(letter for bit, letter in enumerate("DFRST") if number >> bit & 1) for number in range(32)]
    removed = []
    renamed = 0
    while not should_stop():
        for _ in range(BATCH):
            place = chance.randrange(len(names))
            name = names[place]
            base = name.partition(":2,")[0]
            if int(removals) and chance.randrange(int(removals)) == 0:
                os.unlink(os.path.join(cur, name))
                names[place] = names[-1]
                names.pop()
                removed.append(base)
                continue
            names[place] = base + ":2," + chance.choice(infos)
            os.rename(os.path.join(cur, name), os.path.join(cur, names[place]))
            renamed += 1
    print(json.dumps({"renamed": renamed, "removed": removed}))


def hold_lock(maildir):
    """Holds the folder's lock, as docs/maildir.md describes it."""
    lock = os.path.join(maildir, "tmp", "courier.lock")
    own = lock + ".%d" % os.getpid()
    with open(own, "w", encoding="ascii") as file:
        file.write("%d:%s" % (os.getpid(), os.uname().nodename))
    os.link(own, lock)
    os.unlink(own)
    print("held", flush=True)
    sys.stdin.read()
    os.unlink(lock)
    print("{}")


KINDS = {"deliver": deliver, "rename_flags": rename_flags, "hold_lock": hold_lock}


class Program:
    """One of them at work, for a test."""

    def __init__(self, kind, *arguments):
        self.process = subprocess.Popen([sys.executable, __file__, kind, *map(str, arguments)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for_word(self):
        """Its first line."""
        return self.process.stdout.readline().strip()

    def stop(self, patience=60):
        """Gives what it did."""
        out, _ = self.process.communicate(timeout=patience)
        assert self.process.returncode == 0, self.process.args
        return json.loads(out)


if __name__ == "__main__":
    KINDS[sys.argv[1]](*sys.argv[2:])
