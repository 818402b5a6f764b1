"""POP3 of a server that root starts: sessions in workers, over TLS by way of the front, beside IMAP of the same user."""
import json
import os
import signal

import pop3_client
import support
from pop3_client import TLS, WAYS, Pop3Test, on_the_wire
from support import files_of, message, wait_until

ANN, BEN = 21001, 21002
TEXTS = [message("first"), message("second", ".\n"), message("large", size=2_000_000)]


class Separated(Pop3Test):
    def workers(self):
        return [arguments for arguments in self.server.children().values() if arguments != "front"]

    def test_sessions_of_every_way(self):
        account, maildir, names = self.mailbox(*TEXTS, uid=ANN, gid=ANN)
        for way in WAYS:
            with self.subTest(way=way):
                client = self.pop3(account, way=way)
                for number, text in enumerate(TEXTS, 1):
                    self.assertEqual(on_the_wire(text), client.message("RETR %d" % number))
                client.ok("QUIT")
                self.assertEqual([], client.gone())
        client = self.pop3(account, way=TLS)
        client.ok("DELE 1")
        client.ok("QUIT")
        self.assertEqual(sorted(names[1:]), sorted(files_of(maildir)))
        for name in os.listdir(maildir):
            self.assertEqual(ANN, os.stat(os.path.join(maildir, name)).st_uid, name)

    def test_commands_sent_along_with_the_password(self):
        account, _, _ = self.mailbox(*TEXTS, uid=ANN, gid=ANN)
        for way in WAYS:
            with self.subTest(way=way):
                client = self.pop3(way=way)
                client.ok("USER " + account)
                client.send("PASS %s\r\nSTAT\r\nQUIT\r\n" % support.PASSWORD)
                answers = client.gone()
                self.assertEqual(3, len(answers), answers)
                self.assertTrue(answers[1].startswith("+OK 3 "))

    def test_utf8_before_login(self):
        text = message("x").replace(b"Subject: x", "Subject: caf\u00e9".encode())
        account, _, _ = self.mailbox(text, uid=ANN, gid=ANN)
        for way in WAYS:
            client = self.pop3(way=way)
            client.ok("UTF8")
            client.log_in(account)
            self.assertEqual(on_the_wire(text), client.message("RETR 1"))

    def test_one_worker_serves_both_protocols_of_an_account(self):
        account, maildir, _ = self.mailbox(*TEXTS, uid=BEN, gid=BEN)
        before = len(self.workers())
        imap = self.connect(account)
        imap.ok("SELECT INBOX")
        client = self.pop3(account)
        self.assertEqual(before + 1, len(self.workers()))
        sessions = json.loads(support.program("who", "--json", "--user", account,
                                              "--config-dir", self.site.folder).stdout)
        self.assertEqual(1, len({session["process"] for session in sessions}))
        self.assertEqual(["imap", "pop3"], sorted(session["protocol"] for session in sessions))
        client.ok("DELE 1")
        client.ok("QUIT")
        self.assertIn("* 1 EXPUNGE", imap.ok("NOOP").lines)

    def test_a_worker_that_dies_deletes_nothing(self):
        account, maildir, _ = self.mailbox(*TEXTS, uid=BEN, gid=BEN)
        clients = [self.pop3(account, way=way) for way in WAYS]
        for client in clients:
            client.ok("DELE 1")
        [session, *_] = json.loads(support.program("who", "--json", "--user", account,
                                                   "--config-dir", self.site.folder).stdout)
        os.kill(session["process"], signal.SIGKILL)
        for client in clients:
            self.assertEqual([], client.gone())
        self.assertEqual(3, len(files_of(maildir)))
        self.pop3(account).ok("QUIT")

    def test_a_front_that_dies(self):
        account, maildir, _ = self.mailbox(*TEXTS, uid=BEN, gid=BEN)
        plain, over_tls = self.pop3(account), self.pop3(account, way=TLS)
        over_tls.ok("DELE 1")
        [front] = self.server.processes_of("front")
        os.kill(front, signal.SIGKILL)
        self.assertEqual([], over_tls.gone())
        plain.ok("DELE 2")
        plain.ok("QUIT")
        self.assertEqual(2, len(files_of(maildir)))
        wait_until(lambda: self.server.processes_of("front") not in ([], [front]), "another front")
        self.pop3(account, way=TLS).ok("QUIT")

    def test_kick(self):
        account, maildir, _ = self.mailbox(*TEXTS, uid=ANN, gid=ANN)
        for way in WAYS:
            client = self.pop3(account, way=way)
            client.ok("DELE 1")
            support.program("kick", account, "--config-dir", self.site.folder)
            for line in client.gone():
                self.assertTrue(line.startswith("-ERR "), line)
        self.assertEqual(3, len(files_of(maildir)))

    def test_log_names(self):
        self.check_log_names(uid=ANN, gid=ANN)

    def test_the_stop(self):
        site = support.Site(self.new_folder(), uid=ANN, gid=ANN, pop3={})
        account, maildir = site.add_account()
        support.deliver(maildir, TEXTS[0])
        with support.Server(site) as server:
            clients = [pop3_client.connect(server, account, way=way) for way in WAYS]
            for client in clients:
                client.ok("DELE 1")
            server.stop()
            for client in clients:
                client.gone()
                client.close()
        self.assertEqual(1, len(files_of(maildir)))


if __name__ == "__main__":
    support.main()
