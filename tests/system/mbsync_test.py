"""mbsync (isync) keeps a local Maildir and the server the same, whichever side changes."""
import os
import random
import re
import subprocess

import support

COUNT = 200
CONFIGURATION = """
IMAPAccount server
Host localhost
Port {port}
User {user}
Pass "{password}"
{tls}
CertificateFile {certificate}

IMAPStore far
Account server
PathDelimiter .

MaildirStore near
Inbox {near}/INBOX
Path {near}/
SubFolders Verbatim

Channel inbox
Far :far:INBOX
Near :near:INBOX
Create Both
Expunge Both
Sync All
SyncState *
CopyArrivalDate yes

Channel work
Far :far:INBOX/Work
Near :near:Work
Create Both
Expunge Both
Sync All
SyncState *
"""


def contents(folder):
    """{content: flags} of a Maildir folder, without the header that mbsync adds to what it copies."""
    found = {}
    for flags, text, _ in support.files_of(folder).values():
        found[re.sub(rb"X-TUID: [^\n]*\n", b"", text, count=1)] = flags
    return found


def rewrite_flags(folder, choose, change):
    """Gives chosen messages other flags, or removes them where change() gives None. As a mail program would."""
    cur = os.path.join(folder, "cur")
    for name in sorted(os.listdir(cur)):
        if not choose():
            continue
        base, _, flags = name.partition(":2,")
        flags = change(flags)
        if flags is None:
            os.unlink(os.path.join(cur, name))
        else:
            os.rename(os.path.join(cur, name), os.path.join(cur, base + ":2," + "".join(sorted(flags))))


class Mbsync(support.Test):
    settings = {}

    def setUp(self):
        self.random = random.Random(4711)
        self.user, self.far = self.account()
        self.near = self.new_folder()
        support.make_maildir(os.path.join(self.near, "INBOX"))
        self.client = self.connect(self.user)
        self.client.ok("CREATE INBOX.Work")

    def sync(self):
        path = os.path.join(self.near, "mbsyncrc")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(
                port=self.site.tls_port, user=self.user, password=support.PASSWORD, near=self.near,
                certificate=self.site.certificate, tls=self.tls_word()))
        done = subprocess.run(["mbsync", "-c", path, "-a"], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "HOME": self.near})
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    @staticmethod
    def tls_word():
        version = subprocess.run(["mbsync", "--version"], capture_output=True, text=True).stdout.split()[1]
        return ("TLSType" if tuple(map(int, version.split(".")[:2])) >= (1, 5) else "SSLType") + " IMAPS"

    def same(self, count):
        for far, near in (("", "INBOX"), (".Work", "Work")):
            on_server = contents(os.path.join(self.far, far))
            at_home = contents(os.path.join(self.near, near))
            self.assertEqual(sorted(on_server), sorted(at_home))
            for text, flags in on_server.items():
                self.assertEqual(flags, at_home[text], text[:300])
            if not far:
                self.assertEqual(count, len(on_server))

    def make(self, n):
        body = "".join(self.random.choice(["line\n", "a longer line with words in it\n", "\n", ". dot\n", "From x\n"])
                       for _ in range(self.random.randrange(1, 200)))
        return support.message("number %d" % n, body)

    def some_flags(self):
        return "".join(letter for letter in "DFRS" if self.random.random() < 0.4)

    def test_two_ways(self):
        client = self.client
        names = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen"}
        for n in range(COUNT // 2):
            flags = " ".join(names[letter] for letter in self.some_flags())
            client.append_ok("INBOX", self.make(n), "(%s)" % flags)
            support.deliver(os.path.join(self.near, "INBOX"), self.make(n + 1000))
        for n in range(10):
            client.append_ok("INBOX.Work", self.make(n))
        self.sync()
        self.same(COUNT)

        # Changes on both sides, to different messages and to the same.
        def sample():
            return self.random.random() < 0.2

        client.ok("SELECT INBOX")
        for uid in client.ok("UID SEARCH ALL").found():
            if sample():
                client.ok("UID STORE %d FLAGS (%s)" %
                          (uid, " ".join(names[letter] for letter in self.some_flags())))
            elif sample():
                client.ok("UID STORE %d +FLAGS.SILENT (\\Deleted)" % uid)
        client.ok("EXPUNGE")
        gone = COUNT - len(client.ok("UID SEARCH ALL").found())
        self.assertGreater(gone, 0)
        self.sync()
        self.same(COUNT - gone)
        near = os.path.join(self.near, "INBOX")
        rewrite_flags(near, sample, lambda flags: self.some_flags())
        rewrite_flags(near, lambda: self.random.random() < 0.05, lambda flags: None)
        left = len(contents(near))
        self.assertLess(left, COUNT - gone)
        for n in range(5):
            support.deliver(near, self.make(n + 2000))
            support.deliver(self.far, self.make(n + 3000))
        self.sync()
        self.same(left + 10)

        # Nothing left to do: nothing changes, and no UID did.
        client.ok("NOOP")
        before = client.messages()
        self.sync()
        self.same(left + 10)
        client.ok("NOOP")
        self.assertEqual(before, client.messages())

    def test_a_fresh_copy(self):
        for n in range(20):
            self.client.append_ok("INBOX", self.make(n), "(\\Seen)")
        self.sync()
        self.near = self.new_folder()
        support.make_maildir(os.path.join(self.near, "INBOX"))
        self.sync()
        self.assertEqual(contents(self.far), contents(os.path.join(self.near, "INBOX")))
        self.assertEqual(20, len(contents(self.far)))


if __name__ == "__main__":
    support.main()
