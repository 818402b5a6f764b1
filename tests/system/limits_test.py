"""Every limit that a client can meet, at limit - 1, limit and limit + 1."""
import contextlib
import os
import socket

import support
from support import PASSWORD, Gone, message

LOGIN_LINE = 8192
LOGIN_LITERAL = 1024
SASL = 8192
CREDENTIAL = 1024
COMMAND = 64 * 1024
LITERAL = 128 * 1024
LITERALS = 64
BAD_BEFORE_LOGIN = 3
BAD_AFTER_LOGIN = 20
KEYWORD = 50
MESSAGE = 0xFFFFFFFF


class BeforeLogin(support.Test):
    settings = {"MAXPERIP": 1000, "LOGIN_TIMEOUT": 60}

    def test_line(self):
        for size in (LOGIN_LINE - 1, LOGIN_LINE, LOGIN_LINE + 1, 10 * LOGIN_LINE):
            with self.subTest(size=size):
                client = self.connect()
                # An argument that NOOP does not take: what is refused tells which check was met.
                begin = b"a NOOP "
                client.send(begin + b"x" * (size - len(begin) - 2) + b"\r\n")
                line = client.response().text
                self.assertTrue(line.startswith("a BAD "), line)
                self.assertEqual(size > LOGIN_LINE, "too long" in line, line)
                client.ok("NOOP")

    def test_line_without_end(self):
        client = self.connect()
        before = self.server.resident_bytes()
        with contextlib.suppress(ConnectionError, TimeoutError):  # refused, or not taken any more
            client.socket.settimeout(10)
            for _ in range(2000):
                client.send(b"x" * 65536)
        self.assertLess(self.server.resident_bytes() - before, 20_000_000)
        self.connect().ok("NOOP")

    def test_literal(self):
        for size in (LOGIN_LITERAL - 1, LOGIN_LITERAL, LOGIN_LITERAL + 1, 2**31, 2**32, 2**32 + 1, 2**64, 2**64 + 5):
            with self.subTest(size=size):
                client = self.connect()
                client.send("a LOGIN {%d}\r\n" % size)
                line = client.response().text
                self.assertTrue(line.startswith("+" if size <= LOGIN_LITERAL else "a BAD "), line)
                if size > LOGIN_LITERAL:
                    client.ok("NOOP")

    def test_literal_that_is_sent_unasked(self):
        client = self.connect()
        client.send(b"a LOGIN {%d+}\r\n%s x\r\n" % (LOGIN_LITERAL + 1, b"b NOOP\r\n" * 128 + b"x"))
        self.assertTrue(client.response().text.startswith("a BAD "))
        self.assertEqual([], client.ok("NOOP").lines, "the literal's bytes are no commands")

    def test_announced_and_never_sent_literals_take_no_memory(self):
        before = self.server.resident_bytes()
        clients = [self.connect() for _ in range(50)]
        for client in clients:
            client.send("a LOGIN {%d}\r\n" % LOGIN_LITERAL)
            self.assertTrue(client.response().text.startswith("+"))
        self.assertLess(self.server.resident_bytes() - before, 20_000_000)

    def test_bad_commands(self):
        client = self.connect()
        for n in range(BAD_BEFORE_LOGIN):
            self.assertEqual("BAD", client.run("WRONG").status)
            if n == BAD_BEFORE_LOGIN - 2:
                client.ok("NOOP")
        self.assertTrue(client.response().text.startswith("* BYE "))
        with self.assertRaises(Gone):
            client.line()

    def test_sasl_exchange(self):
        for size in (SASL - 1, SASL, SASL + 1):
            client = self.connect()
            tag = client.start("AUTHENTICATE PLAIN")
            self.assertTrue(client.response().text.startswith("+"))
            client.send(b"!" * (size - 2) + b"\r\n")
            if size <= SASL:
                answer = client.finish(tag)
                self.assertEqual("BAD", answer.status)
                self.assertIn("not base64", answer.text)
                client.ok("NOOP")
            else:
                with self.assertRaises(Gone):
                    while True:
                        self.assertRegex(client.response().text, r"^\S+ (BAD|NO|BYE) ")

    def test_password(self):
        # No scheme of crypt(3) takes a password as long as our limit: all are wrong, and none is trouble.
        user, _ = self.account()
        for size in (CREDENTIAL - 1, CREDENTIAL, CREDENTIAL + 1):
            with self.subTest(size=size):
                answer = self.connect().run('LOGIN "%s" "%s"' % (user, "p" * size))
                self.assertEqual(("NO", "[AUTHENTICATIONFAILED] Login failed."), (answer.status, answer.text))
                self.connect(user).ok("NOOP")

    def test_foreign_protocols(self):
        for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"EHLO example.com\r\nMAIL FROM:<a@b>\r\nDATA\r\n",
                     b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\r\n\xff\xfe\r\n \r\n", b"\r\n\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\n\n\n"):
            client = self.connect()
            client.send(text)
            client.send(b"WRONG\r\nWRONG\r\nWRONG\r\n")
            with self.assertRaises(Gone):
                while True:
                    self.assertRegex(client.response().text, r"^\S+ (BAD|BYE) ")
        self.connect().ok("NOOP")


class LoginTime(support.Test):
    settings = {"LOGIN_TIMEOUT": 2}

    def test_input_does_not_extend_the_time(self):
        client = self.connect()
        with self.assertRaises(Gone):
            while True:
                client.ok("NOOP")
        silent = self.connect(tls=True)
        self.assertTrue(silent.response().text.startswith("* BYE "))

    def test_a_stalled_handshake_ends(self):
        import socket
        with socket.create_connection(("127.0.0.1", self.site.tls_port), support.PATIENCE) as stalled:
            stalled.sendall(b"\x16\x03\x01")
            self.assertEqual(b"", stalled.recv(100))

    def test_after_login_there_is_time(self):
        user, _ = self.account()
        client = self.connect(user)
        client.ok("SELECT INBOX")
        self.assertTrue(client.no_more_within(2.5))
        client.ok("NOOP")


class AfterLogin(support.Test):
    settings = {"MAXPERIP": 1000}

    def setUp(self):
        self.user, self.maildir = self.account()
        self.client = self.connect(self.user)
        self.client.ok("SELECT INBOX")

    def test_line(self):
        for size in (COMMAND - 1, COMMAND, COMMAND + 1, 3 * COMMAND):
            with self.subTest(size=size):
                begin = b"a ENABLE"
                room = size - len(begin) - 2
                self.client.send(begin + (b" " + b"X" * 99) * (room // 100) + b" " + b"X" * (room % 100 - 1) + b"\r\n"
                                 if room % 100 > 1 else begin + b" " + b"X" * (room - 1) + b"\r\n")
                lines = []
                while not (lines and lines[-1].startswith("a ")):
                    lines.append(self.client.response().text)
                self.assertEqual("a OK" if size <= COMMAND else "a BAD", lines[-1].rpartition(" ")[0][:5].strip(),
                                 lines[-1])
                self.assertEqual(size > COMMAND, "too long" in lines[-1], lines[-1])

    def test_literal(self):
        for plus in ("", "+"):
            for size in (LITERAL - 1, LITERAL, LITERAL + 1):
                with self.subTest(size=size, plus=plus):
                    tag = self.client.start("SEARCH SUBJECT {%d%s}" % (size, plus))
                    if not plus and size <= LITERAL:
                        self.assertTrue(self.client.response().text.startswith("+"))
                    if plus or size <= LITERAL:
                        self.client.send((b"x NOOP\r\n" * (size // 8 + 1))[:size] + b"\r\n")
                    self.assertEqual("OK" if size <= LITERAL else "BAD", self.client.finish(tag).status)
                    self.client.ok("NOOP")

    def test_count_of_literals(self):
        for count in (LITERALS - 1, LITERALS, LITERALS + 1):
            answer = self.client.run(b"SEARCH" + b" SUBJECT {1+}\r\nx" * count)
            self.assertEqual("OK" if count <= LITERALS else "BAD", answer.status, count)
            self.client.ok("NOOP")

    def test_message_size(self):
        for size in (MESSAGE - 1, MESSAGE, MESSAGE + 1, 2**64 - 1, 2**64, 2**64 + 10):
            with self.subTest(size=size):
                client = self.connect(self.user)
                client.send("a APPEND INBOX {%d}\r\n" % size)
                line = client.response().text
                if size <= MESSAGE:
                    self.assertTrue(line.startswith("+"), line)
                else:
                    self.assertRegex(line, r"^a (NO|BAD) ")
                    client.ok("NOOP")
        self.assertEqual({}, support.files_of(self.maildir))

    def test_refused_message_sent_unasked(self):
        content = message("x", size=300_000)
        self.client.send(b"a APPEND INBOX.none {%d+}\r\n%s\r\n" % (len(content), content))
        self.assertTrue(self.client.response().text.startswith("a NO [TRYCREATE]"))
        self.assertEqual([], self.client.ok("NOOP").lines)

    def test_bad_commands(self):
        for _ in range(BAD_AFTER_LOGIN - 1):
            self.assertEqual("BAD", self.client.run("WRONG").status)
        self.client.ok("NOOP")  # the count is of commands in a row
        for _ in range(BAD_AFTER_LOGIN):
            self.assertEqual("BAD", self.client.run("WRONG").status)
        self.assertTrue(self.client.response().text.startswith("* BYE "))
        with self.assertRaises(Gone):
            self.client.line()

    def test_keyword(self):
        self.client.append_ok("INBOX", message("x"))
        self.client.ok("NOOP")
        for size in (KEYWORD - 1, KEYWORD, KEYWORD + 1):
            answer = self.client.run("STORE 1 FLAGS (%s)" % ("k" * size))
            self.assertEqual(size <= KEYWORD, answer.status == "OK", answer.text)
        self.assertIn("k" * KEYWORD, " ".join(self.client.ok("FETCH 1 FLAGS").lines))

    def test_numbers_beyond_their_type(self):
        self.client.append_ok("INBOX", message("x"))
        self.client.ok("NOOP")
        for command in ("FETCH 4294967297 UID", "FETCH -1 UID", "FETCH +1 UID", "FETCH 0x1 UID", "FETCH 0 UID",
                        "UID FETCH 4294967297 UID", "FETCH 1 BODY.PEEK[]<0.18446744073709551617>",
                        "SEARCH LARGER 99999999999999999999", "FETCH 1:4294967296 UID"):
            answer = self.client.run(command)
            self.assertEqual("BAD", answer.status, command)
            self.assertFalse([line for line in answer.lines if "FETCH" in line], command)
            self.client.ok("NOOP")

    def test_mailbox_names_stay_inside_the_maildir(self):
        outside = os.path.join(os.path.dirname(self.maildir), "outside")
        support.make_maildir(outside)
        for name in ("INBOX..outside", "INBOX./outside", "../outside", "INBOX.../outside", "/etc", "INBOX.a/b",
                     "INBOX.", "INBOX.&AC8-", "INBOX.&AC4ALg-", "INBOX.x&AAA-", "INBOX.cur/../../outside"):
            for command in ("SELECT", "CREATE", "DELETE", "STATUS"):
                answer = self.client.run('%s "%s"%s' % (command, name, " (MESSAGES)" if command == "STATUS" else ""))
                if name == "INBOX." and command in ("CREATE", "DELETE"):
                    continue
                self.assertIn(answer.status, ("NO", "BAD"), "%s %s" % (command, name))
            self.client.ok("NOOP")
        self.assertEqual(["cur", "new", "tmp"], sorted(os.listdir(outside)))
        self.assertEqual({"cur", "new", "tmp"},
                         {name for name in os.listdir(self.maildir) if not name.startswith(("courier", "postrider-"))})


class Descriptors(support.Test):
    FOLDERS = 100
    MOST = 256

    def test_folders_that_stay_open_leave_some_for_the_next(self):
        maildir = os.path.join(self.new_folder(), "Maildir")
        for name in ("", *("/.f%d" % number for number in range(self.FOLDERS))):
            support.make_maildir(maildir + name)
        limited = 'ulimit -n %d && exec "$0" imapd "$1"' % self.MOST
        client = support.imapd_session(["sh", "-c", limited, support.PROGRAM, maildir])
        for number in range(self.FOLDERS):
            client.ok("STATUS INBOX.f%d (MESSAGES)" % number)
        client.ok("SELECT INBOX.f0")
        support.end_imapd_session(client)


class Connections(support.Test):
    settings = {"MAXPERIP": 3}

    def test_one_more_than_allowed_is_closed(self):
        clients = [self.connect() for _ in range(3)]
        with self.assertRaises(Gone):
            self.connect()
        self.connect(tls=True).ok("NOOP")  # counted apart
        clients[0].ok("NOOP")
        clients.pop().close()
        support.wait_until(self.connected, "a place is free again")
        self.server.wait_for_log(r"Maximum connection limit reached for ::ffff:127\.0\.0\.1")

    def connected(self):
        try:
            return self.connect()
        except Gone:
            return None


if __name__ == "__main__":
    support.main()
