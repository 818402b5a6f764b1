"""Tests for any way in which the server learns of changes: what any program does reaches every session.

Another session of the server, another process of ours, Courier, Dovecot, a delivery agent and a hand in the shell
change the folder. Ten sessions idle and hear of it without anybody asking; one more hears of it with its next NOOP.
RFC 2177; Courier's manual has the procedure of test_courier_s_own_procedure.
"""
import os
import time

import courier_peer  # before support, which gives up root
import support
import dovecot_peer
from live_view import LETTERS, View, flags_on_disk, uid_list
from other_programs import Program
from support import deliver, message

IDLERS = 10
SUBJECTS = ["first", "second", "third", "fourth", "fifth"]


# --- Who changes things -----------------------------------------------------------------------------------------------

class Imap:
    """A client of any server on the Maildir."""

    def __init__(self, client):
        self.client = client
        client.ok("SELECT INBOX")

    def store(self, subject, words):
        self.client.ok("NOOP")
        number, = self.client.ok("SEARCH SUBJECT " + subject).found()
        self.client.ok("STORE %d +FLAGS (%s)" % (number, words))

    def flag(self, subject):
        self.store(subject, "\\Flagged")

    def keyword(self, subject):
        self.store(subject, "$Label1")

    def expunge(self, subject):
        self.store(subject, "\\Deleted")
        self.client.ok("EXPUNGE")

    def append(self, subject):
        self.client.append("INBOX", message(subject), "(\\Seen)")

    def copy(self, subject):
        number, = self.client.ok("SEARCH SUBJECT " + subject).found()
        self.client.ok("COPY %d INBOX" % number)


class Hand:
    """mv, rm and a delivery agent's two ways into new/."""

    def __init__(self, maildir):
        self.maildir = maildir

    def path(self, subject):
        for sub in ("cur", "new"):
            for name in os.listdir(os.path.join(self.maildir, sub)):
                path = os.path.join(self.maildir, sub, name)
                with open(path, "rb") as file:
                    if b"\nSubject: %s\n" % subject.encode() in file.read():
                        return path
        raise AssertionError("no file of " + subject)

    def flag(self, subject):
        path = self.path(subject)
        os.rename(path, path.partition(":2,")[0] + ":2,F")

    def expunge(self, subject):
        os.unlink(self.path(subject))

    def append(self, subject):
        deliver(self.maildir, message(subject))

    def copy(self, subject):
        """A delivery by link() and unlink()."""
        path = self.path(subject)
        name = "%d.M1P%dQ%d.link" % (time.time(), os.getpid(), support.next_number())
        temporary = os.path.join(self.maildir, "tmp", name)
        with open(path, "rb") as source, open(temporary, "wb") as target:
            target.write(source.read())
        os.link(temporary, os.path.join(self.maildir, "new", name))
        os.unlink(temporary)

    def keyword(self, subject):
        """As docs/maildir.md says: built under a name of its own, then linked."""
        folder = os.path.join(self.maildir, "courierimapkeywords")
        base = os.path.basename(self.path(subject)).partition(":2,")[0]
        temporary = os.path.join(folder, ".tmp.%d.hand" % time.time())
        with open(temporary, "w", encoding="ascii") as file:
            file.write("$Label1\n")
        os.link(temporary, os.path.join(folder, base))
        os.unlink(temporary)


# --- Who hears of it --------------------------------------------------------------------------------------------------

class Audience:
    """The sessions that idle, and the one that asks."""

    def __init__(self, test, user, count):
        self.idlers = [View(test.connect(user)) for _ in range(count)]
        self.asker = View(test.connect(user))
        self.greetings = [idler.begin_idle() for idler in self.idlers]
        self.slowest = 0.0

    @property
    def views(self):
        return [*self.idlers, self.asker]

    def hear(self, what, condition):
        """Each hears of it: those that idle by themselves, then the one that asks with its first question."""
        begin = time.monotonic()
        for idler in self.idlers:
            idler.hear_until(condition, what)
        self.asker.noop()
        assert condition(self.asker), "NOOP did not tell of " + what
        self.slowest = max(self.slowest, time.monotonic() - begin)

    def end(self):
        """All end IDLE, know the same, and what they were told is what a FETCH says."""
        for idler in self.idlers:
            idler.done()
        for view in self.views:
            view.noop()
            told = [(row.uid, row.flags) for row in view.rows]
            view.fetch()
            for (uid, flags), row in zip(told, view.rows):
                assert uid in (None, row.uid) and flags in (None, row.flags), (uid, flags, row.uid, row.flags)
        for view in self.views:
            assert view.flags == self.asker.flags and view.validity == self.asker.validity

    def recent(self):
        """{uid: in how many sessions it is \\Recent}."""
        found = dict.fromkeys(self.asker.uids, 0)
        for view in self.views:
            for row in view.rows:
                found[row.uid] += row.recent
        return found


class Changes:
    """The tests; how the server learns of changes is the deriving class's matter."""
    idlers = IDLERS
    load_seconds = 1

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()
        for subject in SUBJECTS:
            deliver(self.maildir, message(subject))
        self.audience = Audience(self, self.user, self.idlers)
        searcher = self.connect(self.user)
        searcher.ok("EXAMINE INBOX")
        self.uids = {subject: searcher.ok("UID SEARCH SUBJECT " + subject).found()[0] for subject in SUBJECTS}

    def imapd(self, arguments, environment=None):
        client = support.imapd_session(arguments, environment)
        self.addCleanup(support.end_imapd_session, client)
        return client

    def change_everything(self, writer, with_keywords=True, with_copies=True):
        audience, uids = self.audience, self.uids
        writer.flag("second")
        audience.hear("a flag", lambda view: "\\Flagged" in view.row(uids["second"]).flags)
        if with_keywords:
            writer.keyword("third")
            audience.hear("a keyword", lambda view: "$Label1" in view.row(uids["third"]).flags)
        writer.append("sixth")
        audience.hear("an arrival", lambda view: len(view.rows) == 6)
        writer.expunge("first")
        audience.hear("an expunge", lambda view: len(view.rows) == 5 and view.row(uids["first"]) is None)
        if with_copies:
            writer.copy("fourth")
            audience.hear("a copy", lambda view: len(view.rows) == 6)
        audience.end()
        for view in audience.views:
            self.assertEqual([uids["first"]], view.expunged)
            self.assertEqual(flags_on_disk(self.maildir),
                             {uid: flags & set(LETTERS.values()) for uid, flags in view.flags.items()})
        self.assertLessEqual(set(audience.recent().values()), {0, 1})
        print("slowest: %.0f ms" % (audience.slowest * 1000), end=" ", flush=True)

    def test_a_session_of_the_server(self):
        self.change_everything(Imap(self.connect(self.user)))

    def test_another_process_of_ours(self):
        self.change_everything(Imap(self.imapd([support.PROGRAM, "imapd", self.maildir])))

    def test_courier(self):
        peer = courier_peer.find()
        if peer is None:
            self.skipTest("Courier's imapd is not installed and Debian's archive cannot be reached")
        program, environment = peer
        self.change_everything(Imap(self.imapd([program, self.maildir], environment)))

    def test_dovecot(self):
        if not dovecot_peer.is_there():
            self.skipTest("Dovecot's imap is not installed")
        client = dovecot_peer.session(self.new_folder(), self.maildir)
        self.addCleanup(support.end_imapd_session, client)
        self.change_everything(Imap(client), with_keywords=False)  # its keywords are in files of its own

    def test_a_hand(self):
        self.change_everything(Hand(self.maildir))

    def test_courier_s_own_procedure(self):
        """Three sessions idle, a fourth stores a flag and expunges, mail arrives."""
        for view in self.audience.views:
            view.client.close()
        audience = Audience(self, self.user, 3)
        fourth = self.connect(self.user)
        fourth.ok("SELECT INBOX")
        fourth.ok("STORE 1 +FLAGS (\\Deleted)")
        audience.hear("the flag", lambda view: "\\Deleted" in view.rows[0].flags)
        fourth.ok("EXPUNGE")
        audience.hear("the expunge", lambda view: len(view.rows) == 4)
        deliver(self.maildir, message("sixth"))
        audience.hear("the mail", lambda view: len(view.rows) == 5)
        new = uid_list(self.maildir)[1] - 1
        audience.end()
        fourth.ok("NOOP")
        told = fourth.ok("UID FETCH %d FLAGS" % new).lines
        self.assertEqual(1, audience.recent()[new] + ("\\Recent" in told[0]))

    def test_a_thousand_deliveries_a_second(self):
        begin = time.monotonic()
        with Program("deliver", self.maildir, 1000, "load") as agent:
            while time.monotonic() < begin + self.load_seconds:
                for idler in self.audience.idlers:
                    idler.hear(0.01)
                self.audience.asker.noop()
            delivered = agent.stop()  # as many as the machine allows
        total = len(SUBJECTS) + len(delivered)
        print("%d deliveries" % len(delivered), end=" ", flush=True)
        self.audience.hear("all deliveries", lambda view: len(view.rows) == total)
        self.audience.end()
        recent = self.audience.recent()
        self.assertEqual({1}, {recent[uid] for uid in recent if uid not in self.uids.values()})
        self.assertEqual([[]] * (self.idlers + 1), [view.expunged for view in self.audience.views])

    def test_the_client_is_heard_under_load(self):
        """News without end do not keep DONE from being read."""
        with Program("deliver", self.maildir, 200, "load") as agent:
            for view in self.audience.views:
                if view.idle_tag is None:
                    view.begin_idle()
            self.audience.asker.hear_until(lambda view: len(view.rows) > len(SUBJECTS) + 100, "the load")
            for view in self.audience.views:
                view.done(30)
            agent.stop()
