"""tmp/courier.lock of others: respected while its holder lives, recovered at once when it is dead. docs/maildir.md.

With IMAP_USELOCKS=0 nothing waits that waits here: what these tests see is the lock and not chance.
"""
import os
import select
import subprocess
import sys
import time

import support
from live_view import View, uid_list
from other_programs import Program
from support import deliver, message

#: A session that has not been answered after so long waits; one that does not wait is much faster.
A_WHILE = 1.0
#: Courier waits 5 s after it has removed a dead process's lock, Dovecot 2 s.
RECOVERY = 2.0
#: The age at which another host's lock is dead.
FOREIGN_AGE = 120
POOL_THREADS = 4


def dead_process():
    """The number of a process that was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


class LockTest(support.Test):
    settings = {"MAXPERIP": 1000, "POOL_THREADS": POOL_THREADS}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()
        deliver(self.maildir, message("one"))
        self.client = self.connect(self.user)

    def lock(self, content, age=0, maildir=None):
        """Puts a lock there as a program would that is no longer of this test."""
        path = os.path.join(maildir or self.maildir, "tmp", "courier.lock")
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        if age:
            os.utime(path, (time.time() - age,) * 2)
        return path

    def waits(self, client):
        return client.no_more_within(A_WHILE)

    def select_at_once(self, what, count=1):
        begin = time.monotonic()
        self.assertEqual(count, self.client.ok("SELECT INBOX").exists())
        seconds = time.monotonic() - begin
        print("%s: %.0f ms" % (what, seconds * 1000), end=" ", flush=True)
        self.assertLess(seconds, RECOVERY)
        self.assertFalse(os.path.exists(os.path.join(self.maildir, "tmp", "courier.lock")))


class Locks(LockTest):
    def test_of_a_dead_process(self):
        self.lock("%d:%s" % (dead_process(), os.uname().nodename))
        self.select_at_once("recovered")

    def test_of_a_dead_process_for_a_session_that_idles(self):
        view = View(self.client)
        view.begin_idle()
        self.lock("%d:%s" % (dead_process(), os.uname().nodename))
        begin = time.monotonic()
        deliver(self.maildir, message("two"))
        view.hear_until(lambda view: len(view.rows) == 2, "mail behind a dead lock")
        self.assertLess(time.monotonic() - begin, RECOVERY)

    def test_of_a_living_process(self):
        with Program("hold_lock", self.maildir) as holder:
            self.assertEqual("held", holder.wait_for_word())
            tag = self.client.start("SELECT INBOX")
            self.assertTrue(self.waits(self.client))
            self.assertFalse(os.path.exists(os.path.join(self.maildir, "courierimapuiddb")))
            holder.stop()
            self.assertEqual(1, self.client.finish(tag).exists())
        self.assertEqual(1, len(uid_list(self.maildir)[2]))

    def test_of_a_process_that_dies_while_we_wait(self):
        with Program("hold_lock", self.maildir) as holder:
            holder.wait_for_word()
            tag = self.client.start("SELECT INBOX")
            self.assertTrue(self.waits(self.client))
            holder.process.kill()
            holder.process.wait()
            begin = time.monotonic()
            self.assertEqual(1, self.client.finish(tag).exists())
            self.assertLess(time.monotonic() - begin, RECOVERY)

    def test_held_for_long(self):
        """The session is refused in the end and lives on; the lock is not broken."""
        with Program("hold_lock", self.maildir) as holder:
            holder.wait_for_word()
            answer = self.client.run("SELECT INBOX")
            self.assertEqual("NO", answer.status, answer.text)
            self.assertTrue(os.path.exists(os.path.join(self.maildir, "tmp", "courier.lock")))
            holder.stop()
        self.assertEqual(1, self.client.ok("SELECT INBOX").exists())

    def test_held_while_a_session_idles(self):
        """News come when the lock is free, without anybody asking."""
        view = View(self.client)
        view.begin_idle()
        with Program("hold_lock", self.maildir) as holder:
            holder.wait_for_word()
            deliver(self.maildir, message("two"))
            self.assertTrue(self.waits(self.client))
            holder.stop()
        view.hear_until(lambda view: len(view.rows) == 2, "mail behind a lock")
        view.done()

    def test_of_another_host(self):
        path = self.lock("1:elsewhere.example", age=FOREIGN_AGE - 30)
        tag = self.client.start("SELECT INBOX")
        self.assertTrue(self.waits(self.client))
        os.unlink(path)
        self.assertEqual(1, self.client.finish(tag).exists())

    def test_of_another_host_that_comes_of_age_while_we_wait(self):
        self.lock("1:elsewhere.example", age=FOREIGN_AGE - 3)
        tag = self.client.start("SELECT INBOX")
        self.assertTrue(self.waits(self.client))
        self.assertEqual(1, self.client.finish(tag).exists())

    def test_of_another_host_long_ago(self):
        self.lock("1:elsewhere.example", age=FOREIGN_AGE + 2)
        self.select_at_once("taken over")

    def test_whose_content_nobody_understands(self):
        """No later than another host's."""
        host = os.uname().nodename
        for count, content in enumerate(("", "x" * 5000, "-1:" + host, "0:" + host, "99999999999999999999:" + host,
                                         str(os.getpid())), start=1):
            with self.subTest(content[:20]):
                self.lock(content, age=FOREIGN_AGE + 2)
                self.select_at_once("odd", count)
                self.client.ok("UNSELECT")
            deliver(self.maildir, message("next"))

    def test_others_do_not_wait(self):
        """More locked accounts than threads for file work: sessions of other accounts go on, and so does the login."""
        locked = [self.account() for _ in range(POOL_THREADS + 2)]
        clients = [self.connect(user) for user, _ in locked]
        for _, maildir in locked:
            deliver(maildir, message("behind a lock"))
            self.lock("%d:%s" % (os.getpid(), os.uname().nodename), maildir=maildir)
        tags = [client.start("SELECT INBOX") for client in clients]
        self.assertFalse(select.select([client.socket for client in clients], [], [], A_WHILE)[0])
        begin = time.monotonic()
        self.assertEqual(1, self.client.ok("SELECT INBOX").exists())
        self.assertEqual(1, self.connect(self.user).ok("SELECT INBOX").exists())
        self.assertLess(time.monotonic() - begin, RECOVERY)
        for (_, maildir), client, tag in zip(locked, clients, tags):
            os.unlink(os.path.join(maildir, "tmp", "courier.lock"))
            self.assertEqual(1, client.finish(tag).exists())

    def test_other_folders_of_the_account_do_not_wait(self):
        self.client.ok("CREATE INBOX.other")
        other = self.connect(self.user)
        with Program("hold_lock", self.maildir) as holder:
            holder.wait_for_word()
            tag = self.client.start("SELECT INBOX")
            self.assertTrue(self.waits(self.client))
            begin = time.monotonic()
            other.ok("SELECT INBOX.other")
            self.assertLess(time.monotonic() - begin, RECOVERY)
            holder.stop()
            self.client.finish(tag)


class WithoutLocks(LockTest):
    settings = {"IMAP_USELOCKS": 0}

    def test_of_a_living_process(self):
        path = self.lock("%d:%s" % (os.getpid(), os.uname().nodename))
        self.assertEqual(1, self.client.ok("SELECT INBOX").exists())
        self.assertTrue(os.path.exists(path))


if __name__ == "__main__":
    support.main()
