"""Folders and Courier's files moved, replaced, removed and spoilt by hand while sessions have them open.

A session gets BYE, or goes on with right contents: whatever a UID of a UIDVALIDITY was seen to name, it names for ever,
and who selects the folder anew sees what lies there. docs/differences.md.
"""
import os
import shutil

import support
from live_view import Ledger, View, bases_in_cur, name_in_cur, uid_list
from support import Gone, deliver, message

FOLDER = "INBOX.box"
#: Contents of a UID list that nobody can read.
GARBAGE = {
    "empty": b"",
    "random bytes": bytes(range(256)) * 40,
    "another version": b"2 5 9\n1 a\n",
    "no numbers": b"1 x y\n",
    "one long line": b"1" * 1_000_000,
    "numbers too great": b"1 99999999999999999999999 99999999999999999999999\n1 a\n",
    "UIDs that fall": b"1 795285861 9\n5 a\n3 b\n3 c\n",
}


class Moves(support.Test):
    settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 3600}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()
        self.connect(self.user).ok("CREATE " + FOLDER)
        self.box = os.path.join(self.maildir, ".box")
        self.ledger = Ledger()
        for number in range(5):
            deliver(self.box, message("box %d" % number))
        self.open()
        self.validity, _, self.bases = uid_list(self.box)

    def open(self):
        """Two new sessions, one of which idles."""
        self.asker, self.idler = self.view(), self.view()
        self.idler.begin_idle()

    def view(self):
        """A new session on the folder."""
        return self.ledger.enter_all(View(self.connect(self.user), FOLDER))

    def other_folder(self, name, count=3):
        """A Maildir folder of other mail, not yet in its place; known to the ledger under no name. Gives its path."""
        self.connect(self.user).ok("CREATE INBOX." + name)
        path = os.path.join(self.maildir, "." + name)
        for number in range(count):
            deliver(path, message("%s %d" % (name, number)))
        View(self.connect(self.user), "INBOX." + name)
        return path

    def goes_on(self, view):
        """Whether the session is there still; then what it shows is right."""
        try:
            if view.idle_tag:
                view.done()
            view.noop()
            self.ledger.enter_all(view)
            return True
        except (Gone, ConnectionError):
            return False

    def hears_bye(self, view):
        """In IDLE, without asking."""
        try:
            view.hear_until(lambda _: False, "the end")
        except Gone:
            return
        self.fail("no BYE")

    def remove_folder(self):
        """rm -rf, again when the server wrote into tmp/ meanwhile: it follows what it is told of."""
        support.wait_until(lambda: shutil.rmtree(self.box, ignore_errors=True) or not os.path.exists(self.box),
                           "the folder is gone")

    def check(self, count):
        """Sessions that were open and a new one; count: of the messages that a new one shows. All hear of a delivery.
        Gives the new one."""
        alive = [view for view in (self.asker, self.idler) if self.goes_on(view)]
        new = self.view()
        self.assertEqual(count, len(new.rows))
        self.assertLessEqual(set(bases_in_cur(self.box)), set(uid_list(self.box)[2].values()))
        for view in alive:
            self.goes_on(view)
            self.assertEqual(new.validity, view.validity)
            self.assertEqual(new.uids, view.uids)
        deliver(self.box, message("late"))
        for view in [new, *alive]:
            self.assertEqual(count + 1, len(view.noop().rows))
            self.ledger.enter_all(view)
        return new

    # --- The folder ---

    def test_deleted(self):
        self.remove_folder()
        self.hears_bye(self.idler)
        self.assertFalse(self.goes_on(self.asker))
        self.assertEqual("NO", self.connect(self.user).run("SELECT " + FOLDER).status)

    def test_deleted_and_made_anew(self):
        self.remove_folder()
        support.make_maildir(self.box)
        deliver(self.box, message("new one"))
        self.assertFalse(self.goes_on(self.asker))
        self.assertFalse(self.goes_on(self.idler))
        self.assertEqual(1, len(self.view().rows))

    def test_renamed_away(self):
        away = os.path.join(self.maildir, ".away")
        os.rename(self.box, away)
        self.assertEqual("NO", self.connect(self.user).run("SELECT " + FOLDER).status)
        for view in (self.asker, self.idler):
            self.goes_on(view)
        moved = View(self.connect(self.user), "INBOX.away")
        self.assertEqual((self.validity, sorted(self.bases)), (moved.validity, moved.uids))
        deliver(away, message("late"))
        self.assertEqual(6, len(moved.noop().rows))
        for view in (self.asker, self.idler):
            self.goes_on(view)

    def test_renamed_away_and_back(self):
        os.rename(self.box, self.box + ".away")
        self.goes_on(self.asker)
        os.rename(self.box + ".away", self.box)
        self.assertEqual(sorted(self.bases), self.check(5).uids[:5])

    def test_replaced(self):
        other = self.other_folder("other")
        os.rename(self.box, os.path.join(self.maildir, ".away"))
        os.rename(other, self.box)
        for view in (self.asker, self.idler):
            self.goes_on(view)
        new = self.view()
        self.assertEqual(3, len(new.rows))
        self.assertNotEqual(self.validity, new.validity)

    def test_replaced_by_a_copy(self):
        """As a restore does: the same list, other inodes."""
        copy = os.path.join(self.maildir, "copy")
        shutil.copytree(self.box, copy)
        os.rename(self.box, os.path.join(self.maildir, ".away"))
        os.rename(copy, self.box)
        for view in (self.asker, self.idler):
            self.goes_on(view)
        new = self.view()
        self.assertEqual((self.validity, sorted(self.bases)), (new.validity, new.uids))
        deliver(self.box, message("late"))
        self.ledger.enter_all(new.noop())
        self.assertEqual(6, len(new.rows))
        for view in (self.asker, self.idler):
            self.goes_on(view)

    def test_inbox_s_whole_maildir_moved(self):
        inbox = View(self.connect(self.user))
        away = self.maildir + ".away"
        os.rename(self.maildir, away)
        for view in (self.asker, self.idler, inbox):
            self.goes_on(view)
        client = self.server.client()
        self.addCleanup(client.close)
        try:
            self.assertEqual("NO", client.run('LOGIN "%s" "%s"' % (self.user, support.PASSWORD)).status)
        except Gone:
            pass
        os.rename(away, self.maildir)
        self.assertEqual(sorted(self.bases), self.check(5).uids[:5])

    def test_the_whole_maildir_replaced(self):
        os.rename(self.maildir, self.maildir + ".away")
        self.addCleanup(shutil.rmtree, self.maildir + ".away", ignore_errors=True)
        support.make_maildir(self.maildir)
        for view in (self.asker, self.idler):
            self.goes_on(view)
        self.assertEqual("NO", self.connect(self.user).run("SELECT " + FOLDER).status)
        self.assertEqual(0, len(View(self.connect(self.user)).rows))

    # --- Its parts ---

    def test_cur_replaced(self):
        """By a copy that lacks one message."""
        cur = os.path.join(self.box, "cur")
        copy = os.path.join(self.maildir, "copy")
        shutil.copytree(cur, copy)
        uid, base = next(iter(self.bases.items()))
        os.unlink(os.path.join(copy, os.path.basename(name_in_cur(self.box, base))))
        os.rename(cur, os.path.join(self.maildir, "old"))
        os.rename(copy, cur)
        self.assertEqual(sorted(set(self.bases) - {uid}), self.check(4).uids[:4])

    def test_new_replaced(self):
        new = os.path.join(self.box, "new")
        os.rmdir(new)
        os.mkdir(new)
        self.check(5)

    def test_cur_missing_for_a_while(self):
        cur = os.path.join(self.box, "cur")
        os.rename(cur, cur + ".away")
        self.goes_on(self.asker)
        os.rename(cur + ".away", cur)
        self.assertEqual(sorted(self.bases), self.check(5).uids[:5])

    # --- The UID list ---

    def test_uid_list_removed(self):
        os.unlink(os.path.join(self.box, "courierimapuiddb"))
        deliver(self.box, message("another"))
        self.check(6)

    def test_uid_list_garbage(self):
        path = os.path.join(self.box, "courierimapuiddb")
        for count, (what, content) in enumerate(GARBAGE.items()):
            with self.subTest(what):
                with open(path + ".new", "wb") as file:
                    file.write(content)
                os.rename(path + ".new", path)
                self.check(5 + count)
                self.open()

    def test_uid_list_overwritten_in_place(self):
        with open(os.path.join(self.box, "courierimapuiddb"), "r+b") as file:
            file.write(b"\xff" * 40)
        deliver(self.box, message("another"))
        self.check(6)

    def test_uid_list_is_a_folder(self):
        path = os.path.join(self.box, "courierimapuiddb")
        os.rename(path, path + ".old")
        os.mkdir(path)
        deliver(self.box, message("another"))
        for view in (self.asker, self.idler):
            self.goes_on(view)
        os.rmdir(path)
        os.rename(path + ".old", path)
        self.check(6)

    def test_uid_list_of_yesterday(self):
        """The list does not know the newest messages, one of which is gone: its number is not given to another."""
        path = os.path.join(self.box, "courierimapuiddb")
        shutil.copyfile(path, path + ".old")
        first = deliver(self.box, message("forgotten 1"))
        self.ledger.enter_all(self.asker.noop())
        deliver(self.box, message("forgotten 2"))
        self.ledger.enter_all(self.asker.noop())
        os.unlink(name_in_cur(self.box, first))
        os.rename(path + ".old", path)
        self.check(6)

    def test_uid_list_of_yesterday_in_a_new_process(self):
        """With nobody to remember, the list is believed, as Courier does."""
        path = os.path.join(self.box, "courierimapuiddb")
        shutil.copyfile(path, path + ".old")
        deliver(self.box, message("forgotten"))
        self.asker.noop()
        os.rename(path + ".old", path)
        client = support.imapd_session([support.PROGRAM, "imapd", self.maildir])
        self.addCleanup(support.end_imapd_session, client)
        view = View(client, FOLDER)
        self.assertEqual(sorted(self.bases), view.uids[:5])
        self.assertEqual(6, len(view.rows))

    # --- Keywords ---

    def test_keywords_removed_and_made_anew(self):
        folder = os.path.join(self.box, "courierimapkeywords")
        uid = self.asker.uids[1]
        self.asker.run("UID STORE %d +FLAGS (todo)" % uid)
        self.idler.hear_until(lambda view: "todo" in view.row(uid).flags, "a keyword")
        shutil.rmtree(folder)
        self.idler.hear_until(lambda view: view.row(uid).flags == set(), "a keyword's end")
        other = support.imapd_session([support.PROGRAM, "imapd", self.maildir])
        self.addCleanup(support.end_imapd_session, other)
        other.ok("SELECT " + FOLDER)
        for keyword in ("one", "two"):
            other.ok("UID STORE %d +FLAGS (%s)" % (uid, keyword))
            self.idler.hear_until(lambda view: keyword in view.row(uid).flags, "a keyword in the new folder")
        self.assertEqual({"one", "two"}, self.asker.noop().row(uid).flags)
        self.check(5)


if __name__ == "__main__":
    support.main()
