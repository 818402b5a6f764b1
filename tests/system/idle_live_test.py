"""What any program does to a folder reaches every session at once: in IDLE, or with NOOP. See live_changes.py."""
import os

import live_changes  # before support, which gives up root
import support
from live_view import LETTERS, View, name_in_cur
from other_programs import Program
from support import Gone, deliver, message


#: Names that other programs, or a hand, may leave in cur/ and new/.
ODD_NAMES = [b"1.plain", b"2.flags:2,S", b"3.unknown letters:2,SXz", b"4.lower case:2,Sab", b"5.other info:1,S",
             b"6.no letters:2", b"7.two:colons:2,F", b"8.twice:2,:2,F", b"9.not UTF-8\xff\xfe:2,R", b"10." + b"x" * 240,
             b".11.hidden:2,S", b"12.CR\r:2,", b"13.LF\n:2,F", b"14.LF\n1 15.x", b":2,S", b"no number:2,D"]


class Asked(live_changes.Changes, support.Test):
    """NOOP alone: nobody idles who might have looked before."""
    settings = {"IMAP_IDLE_TIMEOUT": 3600}
    idlers = 0
    test_courier_s_own_procedure = test_the_client_is_heard_under_load = None  # they idle


class Told(live_changes.Changes, support.Test):
    """Changes are heard although no folder is ever looked at by itself."""
    settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 3600, "IMAP_ENHANCEDIDLE": 1}
    load_seconds = 3

    def test_the_words(self):
        self.assertEqual({"+ entering ENHANCED idle mode"}, set(self.audience.greetings))
        client = self.connect(self.user)
        tag = client.start("IDLE")
        self.assertEqual("+ entering idle mode", client.response().text)  # nothing is selected
        client.done(tag)


class Odd(support.Test):
    """What arrives in odd ways is the same to those who heard of it and to those who read it anew."""
    settings = {"IMAP_IDLE_TIMEOUT": 3600}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()
        self.idler, self.asker = View(self.connect(self.user)), View(self.connect(self.user))
        self.idler.begin_idle()

    def put(self, sub, name):
        """A file, built in tmp/."""
        path = os.path.join(os.fsencode(self.maildir), b"tmp", b"odd")
        with open(path, "wb") as file:
            file.write(message("odd").replace(b"\r\n", b"\n"))
        os.rename(path, os.path.join(os.fsencode(self.maildir), sub, name))

    def all_agree(self):
        """The sessions, and a process that knows nothing. Gives the number of messages."""
        self.asker.noop().fetch()
        fresh = support.imapd_session([support.PROGRAM, "imapd", self.maildir])
        try:
            read = View(fresh)
            self.assertEqual((read.validity, read.flags), (self.asker.validity, self.asker.flags))
            self.idler.hear_until(lambda view: len(view.rows) == len(read.rows), "what arrived")
            self.idler.done().noop().fetch()
            self.assertEqual(read.flags, self.idler.flags)
            self.idler.begin_idle()
        finally:
            support.end_imapd_session(fresh)
        return len(read.rows)

    def test_names(self):
        for sub in (b"cur", b"new"):
            for name in ODD_NAMES:
                self.put(sub, b"0" * (sub == b"new") + name)
                self.asker.noop()
            self.assertLess(0, self.all_agree())

    def test_things_that_are_no_files(self):
        for sub in ("cur", "new"):
            os.mkdir(os.path.join(self.maildir, sub, "1.folder:2,"))
            os.mkfifo(os.path.join(self.maildir, sub, "2.fifo:2,"))
            os.symlink("nowhere", os.path.join(self.maildir, sub, "3.link:2,"))
            deliver(self.maildir, message("one"))
            self.idler.hear_until(lambda view: view.rows, "mail beside it")
            self.all_agree()

    def test_the_same_name_twice(self):
        """In new/ and in cur/: nothing flickers."""
        self.put(b"cur", b"1.twin:2,S")
        self.assertEqual(1, self.all_agree())
        self.put(b"new", b"1.twin")
        for number in range(3):
            deliver(self.maildir, message("mail %d" % number))
            self.all_agree()
        self.assertEqual([], self.asker.expunged + self.idler.expunged)

    def test_flags_changed_by_link(self):
        """For a while the message has two names; whichever goes, it is not gone."""
        self.put(b"cur", b"1.twin:2,S")
        self.assertEqual(1, self.all_agree())
        there = os.path.join(self.maildir, "cur", "1.twin:2,")
        before = "S"
        for added, removed in (("F", "S"), ("FS", "FS"), ("", "F"), ("T", "T"), ("R", "")):
            os.link(there + before, there + added)
            self.asker.noop()
            os.unlink(there + removed)
            self.asker.noop()
            before = added if removed == before else before
            self.assertEqual([], self.asker.expunged, "added: %s, removed: %s" % (added, removed))
            self.assertEqual({LETTERS[letter] for letter in before}, self.asker.rows[0].flags)
        self.all_agree()
        self.assertEqual([], self.idler.expunged)

    def test_moved_away_and_back(self):
        """A message that comes back is a new one."""
        for number in range(3):
            deliver(self.maildir, message("mail %d" % number))
        self.assertEqual(3, self.all_agree())
        first, second, third = self.asker.uids
        away = os.path.join(self.maildir, "away")
        path = name_in_cur(self.maildir, sorted(os.listdir(os.path.join(self.maildir, "cur")))[1].partition(":2,")[0])
        os.rename(path, away)
        self.idler.hear_until(lambda view: len(view.rows) == 2, "a message moved away")
        self.assertEqual(2, self.all_agree())
        os.rename(away, path)
        self.idler.hear_until(lambda view: len(view.rows) == 3, "a message that came back")
        self.assertEqual(3, self.all_agree())
        self.assertEqual([first, third], self.asker.uids[:2])
        self.assertGreater(self.asker.uids[2], third)
        self.assertEqual([second], self.asker.expunged)

    def test_moved_away_and_back_when_nobody_is_there(self):
        deliver(self.maildir, message("one"))
        self.assertEqual(1, self.all_agree())
        uid, = self.asker.uids
        name, = os.listdir(os.path.join(self.maildir, "cur"))
        away, path = os.path.join(self.maildir, "away"), os.path.join(self.maildir, "cur", name)
        os.rename(path, away)
        self.assertEqual([uid], self.asker.noop().expunged)
        for view in (self.asker, self.idler):
            view.client.close()
        process = support.imapd_session([support.PROGRAM, "imapd", self.maildir])
        self.assertEqual(0, len(View(process).rows))
        support.end_imapd_session(process)
        os.rename(away, path)
        self.assertGreater(View(self.connect(self.user)).uids[0], uid)


class Limited(support.Test):
    settings = {"IMAP_SESSION_TIMEOUT": 3}

    def test_news_do_not_prolong_it(self):
        """Who says nothing is logged out, however much there is to tell. RFC 2177."""
        user, maildir = self.account()
        idler = View(self.connect(user))
        idler.begin_idle()
        with Program("deliver", maildir, 200, "load"):
            with self.assertRaises(Gone):
                idler.hear_until(lambda _: False, "the end", 30)
        self.assertLess(100, len(idler.rows))


class Plain(support.Test):
    settings = {"IMAP_ENHANCEDIDLE": 1, "IMAP_USELOCKS": 0}

    def test_without_locks_nothing_is_enhanced(self):
        view = View(self.connect(self.account()[0]))
        self.assertEqual("+ entering idle mode", view.begin_idle())
        view.done()


if __name__ == "__main__":
    support.main()
