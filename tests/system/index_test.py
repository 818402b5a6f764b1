"""The index can be removed, cut off, overwritten and replaced at any moment, also by one that other sessions use: the
answers stay right and nobody's session ends."""
import os
import random
import shutil
import threading

import support
from support import wait_until

ALL = "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)"
MESSAGES = 60


def index_of(maildir):
    return os.path.join(maildir, "postrider-index")


def data_of(maildir):
    return os.path.join(index_of(maildir), "data")


class IndexTest(support.Test):
    settings = {"MAXPERIP": 100}

    def filled(self, count=MESSAGES):
        """An account with messages; gives a selected client, the Maildir, and the right answer to ALL."""
        user, maildir = self.account()
        for number in range(count):
            support.deliver(maildir, support.message("number %d" % number, size=300 + number))
        client = self.connect(user)
        client.ok("SELECT INBOX")
        answer = self.ask(client)
        self.assertEqual(count, len(answer))
        return user, client, maildir, answer

    @staticmethod
    def ask(client):
        return [response.text for response in client.ok(ALL).untagged]

    @staticmethod
    def content(maildir):
        try:
            with open(data_of(maildir), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def warm(self, maildir):
        wait_until(lambda: os.path.exists(data_of(maildir)), "an index")


class Use(IndexTest):
    def test_answers_come_from_it(self):
        """Seen where the messages are not what they were."""
        _, client, maildir, answer = self.filled()
        self.warm(maildir)
        found = client.ok("SEARCH SUBJECT number-7").found(), client.ok("SEARCH SUBJECT 7 LARGER 1").found()
        for name in os.listdir(os.path.join(maildir, "cur")):
            with open(os.path.join(maildir, "cur", name), "r+") as file:
                file.write("X-Other: ")
        self.assertEqual(answer, self.ask(client))
        self.assertEqual(found, (client.ok("SEARCH SUBJECT number-7").found(),
                                 client.ok("SEARCH SUBJECT 7 LARGER 1").found()))

    def test_it_is_private(self):
        _, _, maildir, _ = self.filled(1)
        self.warm(maildir)
        self.assertEqual(0o40700, os.stat(index_of(maildir)).st_mode)
        self.assertEqual(0o100600, os.stat(data_of(maildir)).st_mode)

    def test_it_is_no_mailbox(self):
        _, client, maildir, _ = self.filled(1)
        self.warm(maildir)
        self.assertEqual(["INBOX"], client.names())

    def test_rename_keeps_it_and_delete_empties_it(self):
        user, client, maildir, _ = self.filled(1)
        client.ok("CREATE INBOX.a")
        client.append_ok("INBOX.a", support.message("in a folder"))
        client.ok("SELECT INBOX.a")
        before = self.ask(client)
        wait_until(lambda: b"in a folder" in self.content(maildir), "the folder's records")
        client.ok("SELECT INBOX")
        client.ok("RENAME INBOX.a INBOX.b")
        directory = os.path.join(maildir, ".b", "cur")
        with open(os.path.join(directory, os.listdir(directory)[0]), "r+") as file:
            file.write("X-Other: ")
        client.ok("SELECT INBOX.b")
        self.assertEqual(before, self.ask(client))
        client.ok("SELECT INBOX")
        client.ok("DELETE INBOX.b")
        client.ok("CREATE INBOX.b")
        client.append_ok("INBOX.b", support.message("another"))
        client.ok("SELECT INBOX.b")
        self.assertIn('"another"', self.ask(client)[0])


class Accidents(IndexTest):
    def accidents(self, maildir):
        """What can happen to the index, one a call."""
        folder, data, chance = index_of(maildir), data_of(maildir), random.Random(1)

        def remove():
            shutil.rmtree(folder, ignore_errors=True)

        def cut_off():
            os.truncate(data, chance.randrange(0, 20000))

        def overwrite():
            with open(data, "r+b") as file:
                file.write(chance.randbytes(os.path.getsize(data)))

        def overwrite_a_page():
            with open(data, "r+b") as file:
                file.seek(4096 * chance.randrange(0, max(1, os.path.getsize(data) // 4096)))
                file.write(chance.randbytes(100))

        def replace():
            with open(data + ".other", "wb") as file:
                file.write(chance.randbytes(30000))
            os.rename(data + ".other", data)

        def link():
            os.unlink(data)
            os.symlink("/dev/zero", data)

        def fifo():
            os.unlink(data)
            os.mkfifo(data)

        return (remove, cut_off, overwrite, overwrite_a_page, replace, link, fifo)

    def test_each_accident(self):
        user, client, maildir, answer = self.filled()
        for accident in self.accidents(maildir):
            with self.subTest(accident.__name__):
                self.warm(maildir)
                accident()
                self.assertEqual(answer, self.ask(client))
                with self.server.client(user) as other:
                    other.ok("SELECT INBOX")
                    self.assertEqual(answer, self.ask(other))
                wait_until(lambda: os.path.isfile(data_of(maildir)) and not os.path.islink(data_of(maildir)) and
                           b"number 7" in self.content(maildir), "a new index")
                self.assertEqual(answer, self.ask(client))
        self.assertIsNone(self.server.process.poll())

    def test_accidents_while_clients_fetch(self):
        user, client, maildir, answer = self.filled()
        accidents, over, done = self.accidents(maildir), threading.Event(), []

        def happen():
            chance = random.Random(2)
            while not over.is_set():
                accident = chance.choice(accidents)
                try:
                    accident()
                    done.append(accident)
                except OSError:
                    pass  # the index is not there at the moment
                over.wait(0.01)

        clients = [client, self.connect(user), self.connect(user)]
        for other in clients:
            other.ok("SELECT INBOX")
        thread = threading.Thread(target=happen)
        thread.start()
        try:
            for _ in range(150):
                for other in clients:
                    self.assertEqual(answer, self.ask(other))
                self.assertEqual(list(range(1, MESSAGES + 1)), clients[0].ok("SEARCH FROM ann").found())
                # The sessions' end writes the index, a new account opens it.
                with self.server.client(user) as other:
                    other.ok("SELECT INBOX")
                    self.assertEqual(answer, self.ask(other))
        finally:
            over.set()
            thread.join()
        self.assertGreater(len(done), 20)
        self.assertIsNone(self.server.process.poll())

    def test_a_folder_that_is_not_ours_is_left_alone(self):
        user, maildir = self.account()
        support.deliver(maildir, support.message("one"))
        with open(index_of(maildir), "w") as file:
            file.write("mine")
        client = self.connect(user)
        client.ok("SELECT INBOX")
        answer = self.ask(client)
        self.server.wait_for_log("the index is not written: postrider-index: no directory")
        self.assertEqual(answer, self.ask(client))
        with open(index_of(maildir)) as file:
            self.assertEqual("mine", file.read())


class Sharing(IndexTest):
    def test_beside_another_process(self):
        """`postrider imapd` on the Maildir that the server has open."""
        _, client, maildir, answer = self.filled()
        self.warm(maildir)
        other = support.imapd_session([support.PROGRAM, "imapd", maildir])
        other.ok("SELECT INBOX")
        self.assertEqual(answer, self.ask(other))
        for number in range(5):
            support.deliver(maildir, support.message("later %d" % number))
            for who in (client, other):
                who.ok("NOOP")
            self.assertEqual(self.ask(client), self.ask(other))
        support.end_imapd_session(other)
        self.assertEqual(MESSAGES + 5, len(self.ask(client)))


class Off(IndexTest):
    settings = {"INDEX": 0}

    def test_no_index(self):
        user, client, maildir, answer = self.filled(3)
        self.assertEqual(answer, self.ask(client))
        client.ok("LOGOUT")
        self.server.stop()
        self.assertFalse(os.path.exists(index_of(maildir)))
        self.server.start()


if __name__ == "__main__":
    support.main()
