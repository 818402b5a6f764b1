"""The index as workers have it, with nothing but their accounts' folders and few system calls."""
import os
import re

import support
from support import wait_until

ANN, BEN = 21101, 21102
ALL = "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)"


class WorkerTest(support.Test):
    def fill(self, client, count=20):
        for number in range(count):
            client.append_ok("INBOX", support.message("number %d" % number))
        client.ok("SELECT INBOX")
        return [response.text for response in client.ok(ALL).untagged]

    def spoil(self, maildir):
        """The messages' content is lost: what is right now comes from the index."""
        for name in os.listdir(os.path.join(maildir, "cur")):
            with open(os.path.join(maildir, "cur", name), "r+") as file:
                file.write("X-Other: ")

    def check(self, user, maildir, data):
        """Writes, finds again, empties; gives the worker's client."""
        before = len(self.server.log())
        client = self.connect(user)
        answer = self.fill(client)
        found = wait_until(data, "an index")
        self.assertEqual(os.stat(maildir).st_uid, os.stat(found).st_uid)
        self.spoil(maildir)
        self.assertEqual(answer, [response.text for response in client.ok(ALL).untagged])
        self.assertNotRegex(self.server.log()[before:], "the index is not written")
        return client


class InTheMaildir(WorkerTest):
    settings = {"MAXPERIP": 100}

    def test_a_worker_has_an_index(self):
        user, maildir = self.site.add_account(uid=ANN, gid=ANN)
        data = os.path.join(maildir, "postrider-index", "data")
        client = self.check(user, maildir, lambda: os.path.exists(data) and data)
        # A whole life of the file: emptied of a folder, cut off, begun anew.
        client.ok("CREATE INBOX.a")
        client.append_ok("INBOX.a", support.message("there"))
        client.ok("DELETE INBOX.a")
        os.truncate(data, 5000)
        client.append_ok("INBOX", support.message("last"))
        client.ok("FETCH 1:* (ENVELOPE)")
        self.server.wait_for_log("the index was begun anew")
        wait_until(lambda: os.path.exists(data) and os.path.getsize(data) > 5000, "a new index")


class BelowIndexDir(WorkerTest):
    @classmethod
    def setUpClass(cls):
        cls.above = support.make_folder()
        os.chmod(cls.above, 0o1777)
        cls.settings = {"MAXPERIP": 100, "WORKERS": "account", "INDEX_DIR": cls.above}
        super().setUpClass()
        cls.stack.callback(support.shutil.rmtree, cls.above, ignore_errors=True)

    def folders_of(self, uid):
        return [os.path.join(self.above, name) for name in os.listdir(self.above) if name.startswith("%d-" % uid)]

    def data_of(self, uid):
        found = [os.path.join(folder, below, "data") for folder in self.folders_of(uid) for below in os.listdir(folder)]
        return next(filter(os.path.exists, found), None)

    def test_each_worker_has_its_own_folder(self):
        for uid in (ANN, BEN):
            user, maildir = self.site.add_account(uid=uid, gid=uid)
            self.check(user, maildir, lambda: self.data_of(uid))
            self.assertFalse(os.path.exists(os.path.join(maildir, "postrider-index")))
            folder, = self.folders_of(uid)
            self.assertEqual((0o40700, uid), (os.stat(folder).st_mode, os.stat(folder).st_uid))

    def test_a_reload_keeps_its_place(self):
        user, maildir = self.site.add_account(uid=ANN + 10, gid=ANN + 10)
        self.connect(user).ok("NOOP")
        self.server.signal(support.signal.SIGHUP)
        self.server.wait_for_log("(?i)reload|settings")
        self.check(user, maildir, lambda: self.data_of(ANN + 10))

    def test_a_place_that_somebody_else_took(self):
        """Where everybody may make folders: the worker goes without, and touches nothing of the other's."""
        user, maildir = self.site.add_account(uid=ANN + 20, gid=ANN + 20)
        status = os.stat(maildir)
        taken = os.path.join(self.above, "%d-%d-%d" % (ANN + 20, status.st_dev, status.st_ino))
        os.mkdir(taken, 0o777)
        os.chmod(taken, 0o777)
        client = self.connect(user)
        answer = self.fill(client)
        self.server.wait_for_log(re.escape("the index is not written"))
        self.assertEqual(answer, [response.text for response in client.ok(ALL).untagged])
        self.assertEqual([], os.listdir(taken))


if __name__ == "__main__":
    support.main()
