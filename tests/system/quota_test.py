"""The quota in maildirsize: Courier's imapd and ours take turns on one Maildir, and after each step the file says what
is there; both refuse the same wishes. And ours alone where the file cannot be used.

The peer: courier_peer.py. COURIER_SEED repeats a run.
"""
import os
import random
import sys
import time

import courier_peer  # before support, which gives up root
import support

STEPS = 150
BYTES, MESSAGES = 6000, 12
FOLDERS = ("INBOX", "INBOX.a", "INBOX.b", "INBOX.Trash")


def directory_of(maildir, folder):
    return os.path.join(maildir, folder.removeprefix("INBOX"))


def write_quota(maildir, text):
    with open(os.path.join(maildir, "maildirsize"), "w") as file:
        file.write(text)


def read_quota(maildir):
    """(first line, bytes, messages)."""
    with open(os.path.join(maildir, "maildirsize")) as file:
        limits, *lines = file.read().splitlines()
    sums = [sum(column) for column in zip(*([int(word) for word in line.split()] for line in lines))]
    return limits, *(sums or [0, 0])


def usage_of(name):
    """(bytes, messages) that a file of this name counts."""
    if "T" in name.partition(":2,")[2]:
        return 0, 0
    return int(name.partition(",S=")[2].partition(":")[0]), 1


def counted(maildir):
    """What the files of a Maildir count."""
    parts = [os.path.join(maildir, sub) for sub in ("cur", "new")]
    for entry in os.listdir(maildir):
        if entry.startswith(".") and entry != ".Trash":
            parts += [os.path.join(maildir, entry, sub) for sub in ("cur", "new")]
    usages = [usage_of(name) for part in parts for name in os.listdir(part) if not name.startswith(".")]
    return sum(usage[0] for usage in usages), sum(usage[1] for usage in usages)


class Sessions(support.Test):
    """A Maildir with a quota, and sessions of either server on it."""

    peer = None

    def setUp(self):
        self.maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        self.configuration = self.new_folder()

    def session(self, name, **settings):
        if name == "courier":
            program, environment = self.peer
            return support.imapd_session([program, self.maildir], {**environment, **settings})
        with open(os.path.join(self.configuration, "imapd"), "w") as file:
            file.writelines("%s=%s\n" % setting for setting in settings.items())
        return support.imapd_session([support.PROGRAM, "imapd", self.maildir],
                                     {"TZ": "UTC", "POSTRIDER_CONFIG_DIR": self.configuration})

    def said(self, answer):
        """OK, or NO for want of room."""
        if answer.status == "NO":
            self.assertIn("You exceeded your mail quota.", answer.text)
        return answer.status

    def files(self, folder):
        """Of a folder's cur/, in the order of their UIDs."""
        directory = directory_of(self.maildir, folder)
        with open(os.path.join(directory, "courierimapuiddb")) as file:
            order = [line.rstrip("\n").partition(" ")[2] for line in file][1:]
        present = {name.partition(":")[0]: name for name in os.listdir(os.path.join(directory, "cur"))}
        return [present[base] for base in order if base in present]


class Alternation(Sessions):
    def setUp(self):
        super().setUp()
        write_quota(self.maildir, "%dS,%dC\n" % (BYTES, MESSAGES))
        seed = int(os.environ.get("COURIER_SEED") or time.time_ns() % 1_000_000)
        print("COURIER_SEED=%d" % seed, flush=True)
        self.chance = random.Random(seed)
        self.steps = []

    def fits(self, usages):
        """What must be said to a wish that adds these."""
        size, count = counted(self.maildir)
        more = [usage for usage in usages if usage[1]]
        fit = size + sum(usage[0] for usage in more) <= BYTES and count + len(more) <= MESSAGES
        return "OK" if fit or not more else "NO"

    def some_folder(self, empty=True):
        folders = [folder for folder in FOLDERS if os.path.isdir(directory_of(self.maildir, folder))]
        if not empty:
            folders = [folder for folder in folders if os.listdir(os.path.join(directory_of(self.maildir, folder), "cur"))]
        return self.chance.choice(folders) if folders else None

    def append(self, client):
        folder, flags = self.some_folder(), self.chance.choice(("", "", "(\\Seen)", "(\\Deleted)"))
        content = support.message("step", size=self.chance.randint(250, 900))
        stored = len(content.replace(b"\r\n", b"\n"))
        counts = folder != "INBOX.Trash" and "Deleted" not in flags
        expected = self.fits([(stored, 1)] if counts else [])
        self.assertEqual(expected, self.said(client.append(folder, content, flags)))
        return "APPEND %s %s: %s" % (folder, flags, expected)

    def copy(self, client):
        folder, target = self.some_folder(empty=False), self.some_folder()
        if not folder:
            return None
        client.ok("SELECT " + folder)
        names = self.files(folder)
        wanted = sorted(self.chance.sample(range(len(names)), self.chance.randint(1, min(3, len(names)))))
        expected = self.fits([] if target == "INBOX.Trash" else [usage_of(names[i]) for i in wanted])
        command = "COPY %s %s" % (",".join(str(i + 1) for i in wanted), target)
        self.assertEqual(expected, self.said(client.run(command)))
        return "%s: %s: %s" % (folder, command, expected)

    def store(self, client):
        folder = self.some_folder(empty=False)
        if not folder:
            return None
        client.ok("SELECT " + folder)
        names = self.files(folder)
        index = self.chance.randrange(len(names))
        item = self.chance.choice(("+FLAGS (\\Deleted)", "+FLAGS (\\Deleted)", "-FLAGS (\\Deleted)", "FLAGS (\\Seen)",
                                   "FLAGS (\\Deleted)", "+FLAGS (\\Flagged)"))
        after = names[index].replace("T", "") if item in ("-FLAGS (\\Deleted)", "FLAGS (\\Seen)") else ""
        undeleted = after and after != names[index] and folder != "INBOX.Trash"
        expected = self.fits([usage_of(after)] if undeleted else [])
        self.assertEqual(expected, self.said(client.run("STORE %d %s" % (index + 1, item))))
        return "%s: STORE %d %s: %s" % (folder, index + 1, item, expected)

    def expunge(self, client):
        folder = self.some_folder()
        client.ok("SELECT " + folder)
        command = self.chance.choice(("EXPUNGE", "CLOSE"))
        client.ok(command)
        return "%s: %s" % (folder, command)

    def create(self, client):
        missing = [folder for folder in FOLDERS if not os.path.isdir(directory_of(self.maildir, folder))]
        if missing:
            client.ok("CREATE " + missing[0])
        return "CREATE" if missing else None

    def delete(self, client):
        if not os.path.isdir(directory_of(self.maildir, "INBOX.b")):
            return None
        client.ok("DELETE INBOX.b")
        return "DELETE INBOX.b"

    def rename(self, client):
        folders = [name for name in ("INBOX.a", "INBOX.b") if os.path.isdir(directory_of(self.maildir, name))]
        if len(folders) != 1:
            return None
        target = "INBOX.b" if folders == ["INBOX.a"] else "INBOX.a"
        client.ok("RENAME %s %s" % (folders[0], target))
        return "RENAME %s %s" % (folders[0], target)

    def test_turns(self):
        weights = {self.append: 6, self.copy: 5, self.store: 9, self.expunge: 3, self.create: 2, self.delete: 1,
                   self.rename: 1}
        while len(self.steps) < STEPS:
            name = self.chance.choice(("courier", "postrider"))
            step, = self.chance.choices(list(weights), list(weights.values()))
            client = self.session(name, IMAP_MOVE_EXPUNGE_TO_TRASH=self.chance.choice("01"))
            try:
                said = step(client)
                limits, *used = read_quota(self.maildir)
                self.assertEqual(counted(self.maildir), tuple(used))
                self.assertEqual("%dS,%dC" % (BYTES, MESSAGES), limits)
            except AssertionError as error:
                raise AssertionError("%s, %s: %s\nbefore:\n%s" % (name, step.__name__, error,
                                                                  "\n".join(self.steps[-12:]))) from error
            finally:
                support.end_imapd_session(client, log_out=False)
            if said:
                self.steps.append("%d %s: %s" % (len(self.steps) + 1, name, said))

    def test_told_by_courier(self):
        """What Courier's GETQUOTA says of changes that we made."""
        ours = self.session("postrider")
        for flags in ("", "(\\Deleted)", ""):
            ours.append_ok("INBOX", support.message("x", size=1500), flags)
        support.end_imapd_session(ours)
        size, count = counted(self.maildir)
        theirs = self.session("courier")
        told, = [line for line in theirs.ok("GETQUOTAROOT INBOX").lines if line.startswith("* QUOTA ")]
        support.end_imapd_session(theirs)
        self.assertEqual('* QUOTA "ROOT" (STORAGE %d %d MESSAGE %d %d)' % (-(-size // 1024), -(-BYTES // 1024), count,
                                                                       MESSAGES), told)


class Ours(Sessions):
    def test_limits_of_the_settings(self):
        client = self.session("postrider", MAILDIRQUOTA="5000S,2C")
        for _ in range(2):
            client.append_ok("INBOX", support.message("x"))
        self.assertEqual("NO", self.said(client.append("INBOX", support.message("x"))))
        support.end_imapd_session(client)
        self.assertEqual(("5000S,2C", *counted(self.maildir)), read_quota(self.maildir))

    def test_store_on_many_is_all_or_none(self):
        write_quota(self.maildir, "3C\n")
        client = self.session("postrider")
        for _ in range(5):
            client.append_ok("INBOX", support.message("x"), "(\\Deleted)")
        client.ok("SELECT INBOX")
        answer = client.run("STORE 1:* -FLAGS.SILENT (\\Deleted)")
        self.assertEqual("NO", self.said(answer))
        self.assertIn("[OVERQUOTA]", answer.text)
        self.assertEqual([1, 2, 3, 4, 5], client.ok("SEARCH DELETED").found())
        client.ok("STORE 1:3 -FLAGS.SILENT (\\Deleted)")
        client.ok("STORE 1:* +FLAGS.SILENT (\\Seen)")
        self.assertEqual("NO", self.said(client.run("STORE 4 FLAGS.SILENT (\\Seen)")))
        self.assertEqual((0, 3), (read_quota(self.maildir)[1] - counted(self.maildir)[0], counted(self.maildir)[1]))
        support.end_imapd_session(client)

    def test_the_inbox_moves_also_when_its_quota_is_used_up(self):
        write_quota(self.maildir, "3C\n")
        client = self.session("postrider")
        for _ in range(3):
            client.append_ok("INBOX", support.message("x"))
        client.ok("RENAME INBOX INBOX.all")
        self.assertEqual(3, client.ok("SELECT INBOX.all").exists())
        self.assertEqual(("3C", *counted(self.maildir)), read_quota(self.maildir))
        support.end_imapd_session(client)

    def test_deleted_and_renamed_folders_are_counted_anew(self):
        write_quota(self.maildir, "100000S\n")
        client = self.session("postrider", IMAP_TRASHFOLDERNAME="Bin")
        for folder in ("INBOX.a", "INBOX.b"):
            client.ok("CREATE " + folder)
            client.append_ok(folder, support.message("x"))
        for command, messages in (("DELETE INBOX.a", 1), ("RENAME INBOX.b INBOX.Trash", 0),
                                  ("RENAME INBOX.Trash INBOX.c", 1)):
            client.ok(command)
            self.assertEqual(messages, counted(self.maildir)[1])
            self.assertEqual(("100000S", *counted(self.maildir)), read_quota(self.maildir))
        support.end_imapd_session(client)

    def test_commands_go_on_where_the_file_cannot_be_used(self):
        path = os.path.join(self.maildir, "maildirsize")
        odd = {"a FIFO": lambda: os.mkfifo(path), "a folder": lambda: os.mkdir(path),
               "a loop": lambda: os.symlink("maildirsize", path),
               "no permission": lambda: os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o000))}
        client = self.session("postrider")
        for what, make in odd.items():
            with self.subTest(what):
                make()
                client.append_ok("INBOX", support.message("x"))
                client.ok("SELECT INBOX")
                client.ok("COPY 1 INBOX")
                client.ok("STORE 1 +FLAGS (\\Deleted)")
                client.ok("STORE 1 -FLAGS (\\Deleted)")
                client.ok("CREATE INBOX.x")
                client.ok("DELETE INBOX.x")
                if os.path.isdir(path):
                    os.rmdir(path)
                else:
                    os.unlink(path)
        support.end_imapd_session(client)


if __name__ == "__main__":
    Sessions.peer = courier_peer.find()
    if Sessions.peer is None:
        print("Courier's imapd is not installed and Debian's archive cannot be reached", file=sys.stderr)
        sys.exit(support.SKIP)
    support.main()
