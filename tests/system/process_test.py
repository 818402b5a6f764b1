"""The program as an administrator meets it: start, signals, standard streams."""
import os
import signal
import socket
import subprocess

import support
from support import Gone, message

#: SIGTERM to the end of the process. Seconds.
FAREWELL = 5.0


class Signals(support.Test):
    def setUp(self):
        self.site = support.Site(self.new_folder(), SHUTDOWN_TIME=0)
        self.server = support.Server(self.site)
        self.enterContext(self.server)

    def test_sighup_brings_a_new_certificate(self):
        def serial(client):
            return client.socket.getpeercert()["serialNumber"]

        user, _ = self.account()
        old = self.connect(user, tls=True)
        self.site.install_certificate("renewed")
        self.server.signal(signal.SIGHUP)
        self.server.wait_for_log("settings and certificates were read again")
        new = self.connect(user, tls=True)
        self.assertNotEqual(serial(old), serial(new))
        starttls = self.connect()
        starttls.ok("STARTTLS")
        starttls.start_tls(self.site.tls_context())
        self.assertEqual(serial(new), serial(starttls))
        old.ok("SELECT INBOX")

    def test_sighup_with_bad_settings_keeps_the_old_ones(self):
        user, _ = self.account()
        self.site.settings["imapd"]["MAXPERIP"] = "many"
        self.site.write()
        self.server.signal(signal.SIGHUP)
        self.server.wait_for_log("reload failed.*MAXPERIP")
        self.connect(user, tls=True).ok("NOOP")

    def test_sigterm_says_bye_and_ends_the_server(self):
        user, _ = self.account()
        clients = [self.connect(user), self.connect(user, tls=True), self.connect(user), self.connect()]
        for client in clients[:3]:
            client.ok("SELECT INBOX")
        for client in clients[:2]:
            client.idle()
        taken = self.server.stop()
        for client in clients:
            self.assertTrue(client.response().text.startswith("* BYE "), client)
            with self.assertRaises(Gone):
                client.line()
        self.assertLess(taken, FAREWELL)

    def test_sigterm_ends_the_server_also_when_a_client_does_not_read(self):
        user, _ = self.account()
        client = self.connect(user)
        client.append_ok("INBOX", message("large", size=20_000_000))
        client.ok("SELECT INBOX")
        client.start("FETCH 1 BODY.PEEK[]")
        support.wait_until(lambda: not client.no_more_within(0), "the answer begins")
        self.assertLess(self.server.stop(), FAREWELL)

    def test_sigterm_in_the_middle_of_a_message_stores_nothing(self):
        user, maildir = self.account()
        client = self.connect(user)
        tag = client.start("APPEND INBOX {1000}")
        self.assertTrue(client.response().text.startswith("+"), tag)
        client.send("Subject: half\r\n")
        self.assertLess(self.server.stop(), FAREWELL)
        self.assertEqual({}, support.files_of(maildir))


class Start(support.Test):
    """A server that cannot do what the settings say does not start, and says where the mistake is."""

    def setUp(self):
        self.site = support.Site(self.new_folder())

    def refused(self):
        done = support.program("serve", "--config-dir", self.site.folder, check=False)
        self.assertGreater(done.returncode, 0)
        self.assertNotIn("INFO: ready", done.stderr)
        self.assertIsNone(support.SANITIZER_REPORT.search(done.stderr), done.stderr)
        return done.stderr

    def test_a_bad_value_names_file_line_and_expectation(self):
        cases = (("imapd", "PORT", "143x", "number from 1 to 65535"), ("imapd", "MAXPERIP", "0", "1 to 1000000"),
                 ("imapd", "IMAP_UMASK", "999", "octal"), ("imapd-ssl", "IMAP_TLS_REQUIRED", "maybe", "0 or 1"),
                 ("postrider", "LOGIN_TIMEOUT", "-1", "1 to 3600"))
        for file, name, value, expected in cases:
            with self.subTest(name=name):
                self.site.choose_ports()
                path = os.path.join(self.site.folder, file)
                with open(path) as opened:
                    lines = opened.read().splitlines()
                with open(path, "a") as opened:
                    opened.write("# a comment\n%s=%s\n" % (name, value))
                text = self.refused()
                self.assertIn("%s:%d: %s" % (path, len(lines) + 2, name), text)
                self.assertIn(expected, text)
                self.assertIn(value, text)

    def test_a_broken_line(self):
        path = os.path.join(self.site.folder, "imapd")
        with open(path, "a") as opened:
            opened.write("IMAP_UMASK='022\n")
        self.assertIn(path + ":", self.refused())

    def test_a_missing_certificate(self):
        os.unlink(os.path.join(self.site.folder, "imapd.pem"))
        self.assertIn(os.path.join(self.site.folder, "imapd.pem"), self.refused())

    def test_a_taken_port(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            self.site.settings["imapd"]["PORT"] = str(other.getsockname()[1])
            self.site.write()
            self.assertIn("cannot listen at 127.0.0.1, port %d" % other.getsockname()[1], self.refused())

    def test_a_missing_folder(self):
        done = support.program("serve", "--config-dir", self.site.folder + "/none", check=False)
        self.assertGreater(done.returncode, 0)
        self.assertIn(self.site.folder + "/none", done.stderr)


class StandardStreams(support.Test):
    def test_a_session_on_pipes(self):
        maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        support.deliver(maildir, message("piped"))
        done = subprocess.run([support.PROGRAM, "imapd", maildir], capture_output=True, timeout=support.PATIENCE,
                              input=b"a SELECT INBOX\nb SEARCH SUBJECT piped\nc LOGOUT\n")
        self.assertEqual(0, done.returncode)
        self.assertIsNone(support.SANITIZER_REPORT.search(done.stderr.decode()), done.stderr)
        lines = done.stdout.decode().split("\r\n")
        self.assertTrue(lines[0].startswith("* PREAUTH"), lines)
        self.assertIn("* SEARCH 1", lines)
        self.assertTrue(lines[-2].startswith("c OK"), lines)

    def test_the_end_of_input_ends_the_session(self):
        maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        done = subprocess.run([support.PROGRAM, "imapd", maildir], capture_output=True, timeout=support.PATIENCE,
                              input=b"a SELECT INBOX\n")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_a_name_used_before_gets_another_uid_validity(self):
        """Two folders made within a second by Courier have one UIDVALIDITY; one takes the other's name."""
        maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        for name in (".A", ".B"):
            support.make_maildir(os.path.join(maildir, name))
            with open(os.path.join(maildir, name, "courierimapuiddb"), "w", encoding="ascii") as file:
                file.write("1 700000777 9\n")
        client = support.imapd_session([support.PROGRAM, "imapd", maildir])
        client.ok("DELETE INBOX.B")
        client.ok("RENAME INBOX.A INBOX.B")
        status = client.ok("STATUS INBOX.B (UIDNEXT UIDVALIDITY)")
        self.assertGreater(status.number(r"UIDVALIDITY (\d+)"), 700000777)
        self.assertEqual(9, status.number(r"UIDNEXT (\d+)"))
        support.end_imapd_session(client)

    def test_copy_needs_few_descriptors(self):
        maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        for _ in range(200):
            support.deliver(maildir, message("many"))
        client = support.imapd_session(["sh", "-c", 'ulimit -n 64; exec "$0" imapd "$1"', support.PROGRAM, maildir])
        client.ok("SELECT INBOX")
        client.ok("CREATE INBOX.copies")
        client.ok("COPY 1:* INBOX.copies")
        self.assertEqual(200, client.ok("STATUS INBOX.copies (MESSAGES)").number(r"MESSAGES (\d+)"))
        support.end_imapd_session(client)

    def test_two_sessions_beside_each_other(self):
        maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        one = support.imapd_session([support.PROGRAM, "imapd", maildir])
        two = support.imapd_session([support.PROGRAM, "imapd", maildir])
        one.ok("SELECT INBOX")
        two.ok("SELECT INBOX")
        one.append_ok("INBOX", message("x"))
        self.assertEqual(1, two.ok("NOOP").exists())
        two.ok("STORE 1 +FLAGS (\\Deleted)")
        two.ok("EXPUNGE")
        self.assertIn("* 1 EXPUNGE", one.ok("NOOP").lines)
        for client in (one, two):
            support.end_imapd_session(client)


if __name__ == "__main__":
    support.main()
