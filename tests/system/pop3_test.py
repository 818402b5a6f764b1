"""POP3 by python3's poplib and byte by byte: what is given, kept and removed, wrong input, logins, other sessions."""
import json
import os
import poplib
import re
import signal

import pop3_client
import support
from pop3_client import PLAIN, STLS, TLS, WAYS, Pop3Test, on_the_wire
from support import PASSWORD, PATIENCE, PROGRAM, Gone, files_of, message

TEXTS = [message("first"), message("dots", ".\n..\n.x\nend\n"), message("large", size=300_000)]


class Poplib(Pop3Test):
    """Python's own client."""

    def log_in(self, account, way=PLAIN):
        context = self.site.tls_context()
        if way == TLS:
            client = poplib.POP3_SSL("localhost", self.site.pop3_tls_port, timeout=PATIENCE, context=context)
        else:
            client = poplib.POP3("localhost", self.site.pop3_port, timeout=PATIENCE)
        self.addCleanup(client.close)
        if way == STLS:
            client.stls(context)
        client.user(account)
        client.pass_(PASSWORD)
        return client

    def message(self, client, number):
        _, lines, octets = client.retr(number)
        text = b"".join(line + b"\r\n" for line in lines)
        self.assertEqual(len(text), octets)
        return text

    def test_leave_on_server(self):
        for way in WAYS:
            with self.subTest(way=way):
                account, maildir, names = self.mailbox(*TEXTS)
                client = self.log_in(account, way)
                sizes = [len(on_the_wire(text)) for text in TEXTS]
                self.assertEqual((3, sum(sizes)), client.stat())
                self.assertEqual([b"%d %d" % pair for pair in enumerate(sizes, 1)], client.list()[1])
                uidls = [line.split(b" ")[1] for line in client.uidl()[1]]
                self.assertEqual(3, len(set(uidls)))
                for number, text in enumerate(TEXTS, 1):
                    self.assertEqual(on_the_wire(text), self.message(client, number))
                client.quit()
                self.assertEqual({name: ("S", text.replace(b"\r\n", b"\n"), "cur")
                                  for name, text in zip(names, TEXTS)}, files_of(maildir))
                again = self.log_in(account, way)
                self.assertEqual(uidls, [line.split(b" ")[1] for line in again.uidl()[1]])
                again.quit()

    def test_delete(self):
        for way in WAYS:
            with self.subTest(way=way):
                account, maildir, names = self.mailbox(*TEXTS)
                client = self.log_in(account, way)
                client.dele(1)
                client.dele(3)
                self.assertEqual([b"2 %d" % len(TEXTS[1])], client.list()[1])
                self.assertEqual(3, len(files_of(maildir)), "before QUIT")
                client.quit()
                self.assertEqual([names[1]], list(files_of(maildir)))

    def test_rset_keeps_all(self):
        account, maildir, _ = self.mailbox(*TEXTS)
        client = self.log_in(account)
        client.dele(1)
        client.rset()
        self.assertEqual(3, client.stat()[0])
        client.quit()
        self.assertEqual(3, len(files_of(maildir)))

    def test_top(self):
        account, _, _ = self.mailbox(message("top", "one\n.two\nthree\n"))
        client = self.log_in(account)
        for count in range(5):
            lines = client.top(1, count)[1]
            end_of_header = lines.index(b"")
            self.assertIn(b"Subject: top", lines[:end_of_header])
            self.assertEqual([b"one", b".two", b"three"][:count], lines[end_of_header + 1:])
        client.quit()

    def test_capabilities(self):
        client = poplib.POP3("localhost", self.site.pop3_port, timeout=PATIENCE)
        self.addCleanup(client.close)
        before = client.capa()
        for name in ("STLS", "TOP", "USER", "UIDL", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "UTF8", "LANG"):
            self.assertIn(name, before)
        self.assertEqual(["PLAIN", "LOGIN"], before["SASL"])
        client.stls(self.site.tls_context())
        self.assertNotIn("STLS", client.capa())

    def test_utf8(self):
        text = message("x").replace(b"Subject: x", "Subject: caf\u00e9".encode())
        account, _, _ = self.mailbox(text)
        client = self.log_in(account)
        wrapped = b"\n".join(client.retr(1)[1])
        self.assertIn(b"Content-Type: message/global", wrapped)
        client.utf8()
        self.assertEqual(on_the_wire(text), self.message(client, 1))
        client.quit()


class Messages(Pop3Test):
    """Byte by byte."""

    def test_pipelining(self):
        account, _, _ = self.mailbox(*TEXTS)
        client = self.pop3(account)
        client.send("STAT\r\nRETR 1\r\nUIDL 2\r\nDELE 1\r\nNOOP\r\nSTAT\r\n")
        self.assertEqual("+OK 3 %d" % sum(len(text) for text in TEXTS), client.line())
        self.assertTrue(client.line().startswith("+OK %d " % len(TEXTS[0])))
        self.assertEqual(TEXTS[0].decode().split("\r\n")[:-1], client.rest())
        for answer in (r"\+OK 2 .+", r"\+OK.*", r"\+OK.*", r"\+OK 2 %d" % sum(len(text) for text in TEXTS[1:])):
            self.assertRegex(client.line(), "^" + answer + "$")

    def test_sizes_are_what_is_sent(self):
        contents = [b"Subject: no last line end\n\nabc", b".starts with a dot\n\n.\n", b"x\n"]
        account, maildir = self.account()
        for number, content in enumerate(contents):
            name = "%d.x.example,S=7" % (1_600_000_000 + number)  # of another size than it is
            with open(os.path.join(maildir, "cur", name + ":2,"), "wb") as file:
                file.write(content)
        client = self.pop3(account)
        for number, content in enumerate(contents, 1):
            text = client.message("RETR %d" % number)
            self.assertEqual(on_the_wire(content), text)
            self.assertEqual("%d %d" % (number, len(text)), client.ok("LIST %d" % number))

    def test_a_lost_connection_deletes_nothing(self):
        account, maildir, _ = self.mailbox(*TEXTS)
        for way in WAYS:
            client = self.pop3(account, way=way)
            client.ok("DELE 1")
            client.close()
        self.server.wait_for_log(r"(?s)(DISCONNECTED, user=%s, .*){3}" % re.escape(account))
        self.assertEqual(3, len(files_of(maildir)))

    def test_idle_sessions_end_and_delete_nothing(self):
        site = support.Site(self.new_folder(), pop3={}, POP3_SESSION_TIMEOUT=1)
        account, maildir = site.add_account()
        support.deliver(maildir, TEXTS[0])
        with support.Server(site) as server:
            client = pop3_client.connect(server, account)
            client.ok("DELE 1")
            self.assertEqual([], client.gone())
            server.wait_for_log("TIMEOUT, user=" + re.escape(account))
            client.close()
        self.assertEqual(1, len(files_of(maildir)))

    def test_numbers_never_shift(self):
        account, maildir, names = self.mailbox(*TEXTS)
        client = self.pop3(account)
        uidls = client.uidls()
        imap = self.connect(account)
        imap.ok("SELECT INBOX")
        imap.ok("STORE 2 +FLAGS (\\Deleted)")
        imap.ok("EXPUNGE")
        support.deliver(maildir, message("new"))
        self.assertEqual(uidls, client.uidls())
        client.refused("RETR 2")
        self.assertEqual(on_the_wire(TEXTS[2]), client.message("RETR 3"))
        client.ask("DELE 2")  # which is gone
        client.ok("DELE 3")
        client.ok("QUIT")
        left = files_of(maildir)
        self.assertEqual(2, len(left))
        self.assertIn(names[0], left)

    def test_two_sessions_at_once(self):
        account, maildir, names = self.mailbox(*TEXTS)
        first, second = self.pop3(account), self.pop3(account)
        self.assertEqual(first.uidls(), second.uidls())
        first.ok("DELE 1")
        second.ok("DELE 1")
        second.ok("DELE 2")
        first.ok("QUIT")
        second.refused("RETR 1")
        second.ok("QUIT")
        self.assertEqual([names[2]], list(files_of(maildir)))

    def test_imap_sees_what_pop3_does(self):
        account, _, _ = self.mailbox(*TEXTS)
        imap = self.connect(account)
        self.assertEqual(3, imap.ok("SELECT INBOX").number(r"\* (\d+) EXISTS"))
        client = self.pop3(account)
        client.message("RETR 2")
        client.ok("DELE 1")
        client.ok("QUIT")
        lines = imap.ok("NOOP").lines
        self.assertIn("* 1 EXPUNGE", lines)
        self.assertEqual({2: ["\\Seen"], 3: []}, {uid: flags for uid, (flags, _, _) in imap.messages().items()})

    def test_uidls_outlive_the_server(self):
        site = support.Site(self.new_folder(), pop3={})
        account, maildir = site.add_account()
        for text in TEXTS:
            support.deliver(maildir, text)
        with support.Server(site) as server:
            with pop3_client.connect(server, account) as client:
                before = client.uidls()
            server.kill()
            server.start()
            with pop3_client.connect(server, account) as client:
                self.assertEqual(before, client.uidls())

    def test_a_killed_server_deletes_nothing(self):
        site = support.Site(self.new_folder(), pop3={})
        account, maildir = site.add_account()
        for text in TEXTS:
            support.deliver(maildir, text)
        with support.Server(site) as server:
            client = pop3_client.connect(server, account)
            client.ok("DELE 1")
            client.ok("DELE 2")
            server.kill()
            client.gone()
            client.close()
            server.start()
        self.assertEqual(3, len(files_of(maildir)))

    def test_log_lines(self):
        account, _, names = self.mailbox(message("log"))
        client = self.pop3(account)
        port = client.socket.getsockname()[1]
        where = r"user=%s, ip=\[::ffff:127\.0\.0\.1\], port=\[%d\]" % (re.escape(account), port)
        self.server.wait_for_log(r"LOGIN, " + where + "\n")
        client.ok("STAT")
        client.message("RETR 1")
        client.ok("QUIT")
        self.server.wait_for_log(r"LOGOUT, %s, top=0, retr=\d+, rcvd=\d+, sent=\d+, time=\d+\n" % where)

    def test_log_names(self):
        self.check_log_names()

    def test_deletions_are_logged(self):
        site = support.Site(self.new_folder(), pop3={"POP3_LOG_DELETIONS": 1})
        account, maildir = site.add_account()
        name = support.deliver(maildir, TEXTS[0])
        with support.Server(site) as server, pop3_client.connect(server, account) as client:
            client.ok("DELE 1")
            client.ok("QUIT")
            server.wait_for_log(r"DELETED, user=%s, ip=\[.*\], port=\[\d+\], filename=cur/%s:2,\n" % (
                re.escape(account), re.escape(name)))


class WrongInput(Pop3Test):
    BEFORE_LOGIN = ["", "HELLO", "STAT", "RETR 1", "USER", "AUTH NOSUCH", "a LOGIN x y", "\0", "\xff\xfe", "PASS x"]
    AFTER_LOGIN = ["", "HELLO", "RETR", "RETR 0", "RETR 2", "RETR -1", "RETR +1", "RETR x", "RETR 4294967297",
                   "RETR 18446744073709551617", "TOP 1", "TOP 1 x", "DELE", "DELE 9", "LIST 9", "UIDL 0", "USER x",
                   "STLS", "LAST", "\0"]

    def test_one_line_says_what_is_wrong(self):
        account, _, _ = self.mailbox(message("one"))
        client = self.pop3(account)
        for wrong in self.AFTER_LOGIN:
            with self.subTest(wrong=wrong):
                self.assertGreater(len(client.refused(wrong)), 5)
                self.assertTrue(client.ok("STAT").startswith("1 "), "nothing more came")
        for wrong in self.BEFORE_LOGIN:
            with self.subTest(wrong=wrong), pop3_client.connect(self.server) as stranger:
                self.assertGreater(len(stranger.refused(wrong)), 5)
                stranger.ok("CAPA")
                self.assertNotIn("-ERR", "".join(stranger.rest()))

    def test_twenty_in_a_row_end_the_session(self):
        account, maildir, _ = self.mailbox(message("one"))
        client = self.pop3(account)
        client.ok("DELE 1")
        for _ in range(2):
            for _ in range(19):
                client.refused("NONSENSE")
            client.ok("NOOP")
        for _ in range(20):
            client.refused("NONSENSE")
        self.assertEqual([], client.gone())
        self.assertEqual(1, len(files_of(maildir)))

    def test_long_lines(self):
        account, _, _ = self.mailbox(message("one"))
        client = self.pop3(account)
        client.refused("X" * 100_000)
        client.ok("NOOP")

    def test_commands_behind_stls_are_thrown_away(self):
        client = self.pop3()
        client.send("STLS\r\nCAPA\r\n")
        self.assertTrue(client.line().startswith("+OK"))
        self.assertEqual(b"", client.buffer)
        client.start_tls(self.site.tls_context())
        client.ok("QUIT")
        self.assertEqual([], client.gone())


class Login(Pop3Test):
    def test_each_protocol_has_its_password(self):
        account, _, _ = self.mailbox(password="for imap", pop3_password="for pop3")
        self.pop3(account, password="for pop3").ok("QUIT")
        self.assertIn("[AUTH]", self.refusal(account, "for imap"))
        self.connect(account, password="for imap").ok("LOGOUT")
        with self.server.client() as imap:
            self.assertEqual("NO", imap.run('LOGIN "%s" "for pop3"' % account).status)

    def refusal(self, account, password, way=PLAIN):
        client = self.pop3(way=way)
        client.ok("USER " + account)
        return client.refused("PASS " + password)

    def test_sasl(self):
        account, _, _ = self.mailbox(message("one"))
        for way in WAYS:
            client = self.pop3(way=way)
            self.assertTrue(client.ok("AUTH PLAIN " + pop3_client.plain_credentials(account)))
            self.assertTrue(client.ok("STAT").startswith("1 "))
            client.ok("QUIT")

    def test_accounts_without_pop3(self):
        account, _, _ = self.mailbox(options="disablepop3=1")
        self.assertIn("disabled", self.refusal(account, PASSWORD))
        self.connect(account).ok("LOGOUT")
        account, _, _ = self.mailbox(options="disableinsecurepop3=1")
        self.assertIn("insecure", self.refusal(account, PASSWORD))
        for way in (STLS, TLS):
            self.pop3(account, way=way).ok("QUIT")
        account, _, _ = self.mailbox(options="disableimap=1")
        self.pop3(account).ok("QUIT")

    def test_tls_can_be_required(self):
        site = support.Site(self.new_folder(), pop3={"POP3_TLS_REQUIRED": 1, "POP3AUTH": "PLAIN"})
        account, _ = site.add_account()
        with support.Server(site) as server:
            with pop3_client.connect(server) as client:
                client.refused("USER " + account)
                client.refused("AUTH PLAIN")
            for way in (STLS, TLS):
                with pop3_client.connect(server, account, way=way) as client:
                    client.ok("QUIT")

    def test_stls_can_be_left_out(self):
        site = support.Site(self.new_folder(), pop3={"POP3_STARTTLS": "NO"})
        with support.Server(site) as server, pop3_client.connect(server) as client:
            self.assertNotIn("STLS", client.lines("CAPA"))
            client.refused("STLS")

    def test_limits_are_pop3s_own(self):
        site = support.Site(self.new_folder(), pop3={"MAXPERIP": 2}, MAXPERIP=1)
        account, _ = site.add_account()
        with support.Server(site) as server:
            with server.client(account), pop3_client.connect(server, account), pop3_client.connect(server, account):
                with self.assertRaises(Gone):
                    pop3_client.connect(server)
                with pop3_client.connect(server, account, way=TLS) as client:  # a door of its own
                    client.ok("NOOP")


class Steering(Pop3Test):
    def control(self, *arguments):
        return support.program(*arguments, "--config-dir", self.site.folder).stdout

    def test_who(self):
        account, _, _ = self.mailbox(message("one"))
        client = self.pop3(account, way=TLS)
        client.ok("STAT")
        [session] = json.loads(self.control("who", "--json", "--user", account))
        self.assertEqual(("pop3", True, "waiting", "INBOX"),
                         (session["protocol"], session["tls"], session["state"], session["folder"]))
        self.assertRegex(self.control("who", "--user", account), r"(?s)PROTOCOL.*%s.* pop3 " % re.escape(account))
        imap = self.connect(account)
        imap.ok("NOOP")
        both = json.loads(self.control("who", "--json", "--user", account))
        self.assertEqual(["imap", "pop3"], sorted(session["protocol"] for session in both))

    def test_kick_deletes_nothing(self):
        account, maildir, _ = self.mailbox(message("one"))
        client = self.pop3(account)
        client.ok("DELE 1")
        self.control("kick", account)
        for line in client.gone():
            self.assertTrue(line.startswith("-ERR "), line)
        self.assertEqual(1, len(files_of(maildir)))

    def test_stats_count_doors(self):
        def accepted():
            figures = self.control("stats", "--openmetrics")
            return {door: int(re.search(r'connections_accepted_total\{listener="%s"\} (\d+)' % door, figures).group(1))
                    for door in ("imap", "imaps", "pop3", "pop3s")}
        before = accepted()
        for way in WAYS:
            self.pop3(way=way).ok("QUIT")
        after = accepted()
        self.assertEqual({"imap": 0, "imaps": 0, "pop3": 2, "pop3s": 1},
                         {door: after[door] - before[door] for door in after})

    def test_the_stop_deletes_nothing(self):
        site = support.Site(self.new_folder(), pop3={})
        account, maildir = site.add_account()
        support.deliver(maildir, TEXTS[0])
        with support.Server(site) as server:
            clients = [pop3_client.connect(server, account, way=way) for way in WAYS]
            for client in clients:
                client.ok("DELE 1")
            server.stop()
            for client in clients:
                for line in client.gone():
                    self.assertTrue(line.startswith("-ERR "), line)
                client.close()
        self.assertEqual(1, len(files_of(maildir)))

    def test_a_reload_reaches_new_sessions(self):
        site = support.Site(self.new_folder(), pop3={})
        with support.Server(site) as server:
            with pop3_client.connect(server) as client:
                self.assertNotIn("SASL PLAIN", client.lines("CAPA"))
                site.settings["pop3d"]["POP3AUTH"] = "PLAIN"
                site.settings["pop3d-ssl"]["POP3DSSLSTART"] = "NO"  # of what is open the keys stay
                site.write()
                server.signal(signal.SIGHUP)
                server.wait_for_log("settings and certificates were read again")
                self.assertNotIn("SASL PLAIN", client.lines("CAPA"))
            with pop3_client.connect(server, way=TLS) as client:
                self.assertIn("SASL PLAIN", client.lines("CAPA"))

    def test_apop(self):
        site = support.Site(self.new_folder(), pop3={}, POP3_APOP=1)
        hashed, _ = site.add_account()
        clear, _ = site.add_account()
        support.program("userdb", "--config-dir", site.folder, clear, "set", "pop3pw={PLAIN}" + PASSWORD)
        support.program("makeuserdb", "--config-dir", site.folder)
        with support.Server(site) as server:
            def client():
                made = poplib.POP3("localhost", server.site.pop3_port, timeout=PATIENCE)
                self.addCleanup(made.close)
                return made
            for account, password in ((hashed, PASSWORD), (clear, "wrong"), ("nobody@example.com", PASSWORD)):
                with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
                    client().apop(account, password)
            taken = client()
            taken.apop(clear, PASSWORD)
            self.assertEqual((0, 0), taken.stat())
            taken.quit()
            with pop3_client.connect(server, clear) as by_password:
                by_password.ok("QUIT")

    def test_it_is_off_unless_its_file_starts_it(self):
        site = support.Site(self.new_folder(), pop3={"POP3DSTART": "NO", "POP3DSSLSTART": "NO"})
        with support.Server(site) as server:
            for way in (PLAIN, TLS):
                with self.assertRaises(ConnectionRefusedError):
                    pop3_client.connect(server, way=way)


class StandardStreams(support.Test):
    """`postrider pop3d`, and the link with Courier's name."""

    def setUp(self):
        self.maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        for text in TEXTS[:2]:
            support.deliver(self.maildir, text)

    def session(self, *arguments, **environment):
        environment = {"POSTRIDER_CONFIG_DIR": "/nonexistent", **environment}
        client = pop3_client.standard_session(arguments, environment)
        self.addCleanup(client.close)
        return client

    def assert_ended(self, client):
        self.assertEqual(0, pop3_client.end_of(client)[0])

    def test_a_session(self):
        client = self.session(PROGRAM, "pop3d", self.maildir)
        self.assertTrue(client.greeting.startswith("+OK logged in"))
        self.assertTrue(client.ok("STAT").startswith("2 "))
        client.ok("DELE 1")
        client.ok("QUIT")
        self.assert_ended(client)
        self.assertEqual(1, len(files_of(self.maildir)))

    def test_lines_may_end_in_lf(self):
        client = self.session(PROGRAM, "pop3d", self.maildir)
        client.send("STAT\nQUIT\n")
        self.assertTrue(client.line().startswith("+OK 2 "))
        self.assertTrue(client.line().startswith("+OK"))
        self.assert_ended(client)

    def test_the_end_of_input_deletes_nothing(self):
        client = self.session(PROGRAM, "pop3d", self.maildir)
        client.ok("DELE 1")
        self.assert_ended(client)
        self.assertEqual(2, len(files_of(self.maildir)))

    def test_the_links_and_the_environment(self):
        for name in ("pop3d", "courierpop3d"):
            link = os.path.join(self.new_folder(), name)
            os.symlink(PROGRAM, link)
            client = self.session(link, MAILDIR=self.maildir, AUTHENTICATED="ann", AUTHADDR="ann@example.com")
            client.ok("QUIT")
            code, log = pop3_client.end_of(client)
            self.assertEqual(0, code)
            self.assertIn("LOGOUT, user=ann@example.com, ", log)

    def test_what_couriers_login_program_sets(self):
        letter = message("x").replace(b"Subject: x", "Subject: caf\u00e9".encode())
        maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        support.deliver(maildir, letter)
        for value, is_whole in ((None, True), ("1", True), ("0", False)):
            extra = {} if value is None else {"UTF8": value}
            client = self.session(PROGRAM, "pop3d", maildir, TCPREMOTEIP="::ffff:192.0.2.7", TCPREMOTEPORT="4711", **extra)
            self.assertEqual(is_whole, client.message("RETR 1") == on_the_wire(letter), value)
            client.ok("QUIT")
            self.assertIn("ip=[::ffff:192.0.2.7], port=[4711]", pop3_client.end_of(client)[1])

    def test_no_maildir(self):
        client = self.session(PROGRAM, "pop3d", "/nonexistent/Maildir")
        self.assertTrue(client.greeting.startswith("-ERR "))
        self.assertEqual([], client.gone())
        self.assert_ended(client)


if __name__ == "__main__":
    support.main()
