"""Who gets in, and how: LOGIN, AUTHENTICATE, TLS, and accounts that change while the server runs."""
import base64
import imaplib
import re
import time

import support
from support import PASSWORD, Gone


def plain(user, password):
    return base64.b64encode(b"\0" + user.encode() + b"\0" + password.encode()).decode()


class Login(support.Test):
    settings = {"MAXPERIP": 1000}

    def test_login_and_logout_by_imaplib(self):
        user, _ = self.account()
        client = imaplib.IMAP4("127.0.0.1", self.site.port)
        self.assertEqual("OK", client.login(user, PASSWORD)[0])
        self.assertEqual(("OK", [b"0"]), client.select())
        self.assertEqual("BYE", client.logout()[0])

    def test_authenticate_plain_by_imaplib(self):
        user, _ = self.account()
        client = imaplib.IMAP4("127.0.0.1", self.site.port)
        status, _ = client.authenticate("PLAIN", lambda _: b"\0%s\0%s" % (user.encode(), PASSWORD.encode()))
        self.assertEqual("OK", status)
        client.logout()

    def test_authenticate_plain_with_an_initial_response(self):
        user, _ = self.account()
        client = self.connect()
        self.assertIn("SASL-IR", client.greeting)
        client.ok("AUTHENTICATE PLAIN " + plain(user, PASSWORD))
        client.ok("SELECT INBOX")

    def test_authenticate_login(self):
        user, _ = self.account()
        answers = [user.encode(), PASSWORD.encode()]
        client = imaplib.IMAP4("127.0.0.1", self.site.port)
        self.assertEqual("OK", client.authenticate("LOGIN", lambda _: answers.pop(0))[0])
        client.logout()

    def test_authenticate_aborted(self):
        user, _ = self.account()
        client = self.connect()
        tag = client.start("AUTHENTICATE PLAIN")
        self.assertTrue(client.response().text.startswith("+"))
        client.send("*\r\n")
        self.assertEqual("BAD", client.finish(tag).status)
        client.ok('LOGIN "%s" "%s"' % (user, PASSWORD))

    def test_password_by_literal(self):
        user, _ = self.account()
        client = self.connect()
        client.ok(b"LOGIN {%d+}\r\n%s {%d+}\r\n%s" % (len(user), user.encode(), len(PASSWORD), PASSWORD.encode()))

    def test_password_with_every_printable_character(self):
        password = "".join(chr(code) for code in range(32, 127))
        user, _ = self.account(password=password)
        client = self.connect()
        client.ok('LOGIN "%s" "%s"' % (user, re.sub(r'(["\\])', r"\\\1", password)))

    def test_before_login_nothing_else_is_allowed(self):
        client = self.connect()
        self.assertEqual("BAD", client.run("SELECT INBOX").status)
        self.assertEqual("BAD", client.run('LIST "" "*"').status)
        client.ok("NOOP")

    def test_a_second_login_is_refused(self):
        user, _ = self.account()
        client = self.connect(user)
        self.assertEqual("BAD", client.run('LOGIN "%s" "%s"' % (user, PASSWORD)).status)
        client.ok("SELECT INBOX")

    def test_logins_in_clear_are_logged_without_the_password(self):
        user, _ = self.account()
        self.connect(user)
        self.server.wait_for_log("LOGIN, user=" + re.escape(user))
        self.assertNotIn(PASSWORD, self.server.log())


class FailedLogin(support.Test):
    settings = {}

    def setUp(self):
        self.user, _ = self.account()
        # One good login ends the delays that other tests of this class have earned.
        self.connect(self.user).ok("LOGOUT")

    def refused(self, client, user, password):
        """Seconds until the NO."""
        begin = time.monotonic()
        answer = client.run('LOGIN "%s" "%s"' % (user, password))
        self.assertEqual("NO", answer.status)
        self.assertEqual("[AUTHENTICATIONFAILED] Login failed.", answer.text)
        return time.monotonic() - begin

    def test_a_wrong_password_is_slow_and_then_slower(self):
        client = self.connect()
        self.assertGreaterEqual(self.refused(client, self.user, "wrong"), 2.0)
        self.assertGreaterEqual(self.refused(client, self.user, "wrong"), 4.0)
        client.ok('LOGIN "%s" "%s"' % (self.user, PASSWORD))
        other = self.account()[0]  # failures at the account count on
        self.assertLess(self.refused(self.connect(), other, "wrong"), 4.0, "a good login ends the address's delays")

    def test_an_unknown_user_looks_like_a_wrong_password(self):
        client = self.connect()
        self.assertGreaterEqual(self.refused(client, "nobody@example.com", PASSWORD), 2.0)

    def test_tries_sent_at_once_are_answered_one_by_one(self):
        client = self.connect()
        begin = time.monotonic()
        tags = [client.start('LOGIN "%s" wrong' % self.user) for _ in range(2)]
        for tag in tags:
            self.assertEqual("NO", client.finish(tag).status)
        self.assertGreaterEqual(time.monotonic() - begin, 2.0 + 4.0)

    def test_failed_authenticate(self):
        client = self.connect()
        answer = client.run("AUTHENTICATE PLAIN " + plain(self.user, "wrong"))
        self.assertEqual(("NO", "[AUTHENTICATIONFAILED] Login failed."), (answer.status, answer.text))
        self.assertEqual("NO", client.run("AUTHENTICATE X-NONE").status)

    def test_failures_are_logged_without_the_password(self):
        self.connect().run('LOGIN "%s" sesame-open' % self.user)
        self.server.wait_for_log("LOGIN FAILED, user=%s, ip=" % re.escape(self.user))
        self.assertNotIn("sesame", self.server.log())


class TlsRequired(support.Test):
    settings = {"IMAP_TLS_REQUIRED": 1}

    def test_login_in_clear_is_refused_before_the_password_is_looked_at(self):
        user, _ = self.account()
        client = self.connect()
        words = client.greeting.partition("]")[0].split()
        self.assertIn("LOGINDISABLED", words)
        self.assertIn("STARTTLS", words)
        self.assertNotIn("AUTH=", client.greeting)
        for command in ('LOGIN "%s" "%s"' % (user, PASSWORD), 'LOGIN "%s" wrong' % user,
                        "AUTHENTICATE PLAIN " + plain(user, PASSWORD), "AUTHENTICATE PLAIN", "AUTHENTICATE LOGIN"):
            begin = time.monotonic()
            answer = client.run(command)
            self.assertEqual("NO", answer.status, command)
            self.assertIn("[PRIVACYREQUIRED]", answer.text)
            self.assertLess(time.monotonic() - begin, 1.9, "no delay: nothing was checked")
        client.ok("STARTTLS")
        client.start_tls(self.site.tls_context())
        self.assertNotIn("LOGINDISABLED", client.ok("CAPABILITY").lines[0])
        client.ok('LOGIN "%s" "%s"' % (user, PASSWORD))

    def test_imaps(self):
        user, _ = self.account()
        client = imaplib.IMAP4_SSL("localhost", self.site.tls_port, ssl_context=self.site.tls_context())
        self.assertIn("AUTH=PLAIN", client.capabilities)
        client.login(user, PASSWORD)
        client.logout()


class StartTls(support.Test):
    settings = {}

    def test_starttls_by_imaplib(self):
        user, _ = self.account()
        client = imaplib.IMAP4("localhost", self.site.port)
        self.assertIn("STARTTLS", client.capabilities)
        client.starttls(self.site.tls_context())
        self.assertNotIn("STARTTLS", client.capabilities)
        client.login(user, PASSWORD)
        client.logout()

    def test_commands_behind_starttls_are_thrown_away(self):
        user, _ = self.account()
        login = 'b LOGIN "%s" "%s"\r\n' % (user, PASSWORD)
        for injected in ("b NOOP\r\n", "b CAPABILITY\r\nc NOOP\r\n", login, "b LOG", "b LOGIN {5}\r\n",
                         "b LOGIN {5+}\r\nabcde "):
            with self.subTest(injected=injected):
                client = self.connect()
                client.send("a STARTTLS\r\n" + injected)
                self.assertEqual("a OK Begin SSL/TLS negotiation now.", client.line())
                self.assertEqual(b"", client.buffer)
                client.start_tls(self.site.tls_context())
                answer = client.ok("NOOP")
                self.assertEqual([], answer.lines)
                self.assertEqual("BAD", client.run("SELECT INBOX").status, "nobody is logged in")
                client.ok('LOGIN "%s" "%s"' % (user, PASSWORD))

    def test_a_second_starttls_is_refused(self):
        client = self.connect()
        client.ok("STARTTLS")
        client.start_tls(self.site.tls_context())
        self.assertEqual("BAD", client.run("STARTTLS").status)
        client.ok("NOOP")

    def test_starttls_is_refused_after_login(self):
        user, _ = self.account()
        client = self.connect(user)
        self.assertEqual("BAD", client.run("STARTTLS").status)

    def test_clear_text_in_place_of_a_handshake_ends_the_session_only(self):
        client = self.connect()
        client.ok("STARTTLS")
        client.send("a NOOP\r\nb NOOP\r\n")
        with self.assertRaises(Gone):
            while True:
                client.take(1)
        self.connect().ok("NOOP")


class Accounts(support.Test):
    settings = {}

    def test_a_new_account_can_log_in_at_once(self):
        self.account()
        begin = self.server.process.pid
        for _ in range(3):
            user, _ = self.account()
            self.connect(user).ok("SELECT INBOX")
        self.assertEqual(begin, self.server.process.pid)

    def test_a_new_password_counts_at_once(self):
        user, _ = self.account()
        session = self.connect(user)
        self.site.add_account(user, "another one")
        self.connect(user, password="another one").ok("NOOP")
        self.assertEqual("NO", self.connect().run('LOGIN "%s" "%s"' % (user, PASSWORD)).status)
        session.ok("NOOP")

    def test_a_removed_account_cannot_log_in(self):
        user, _ = self.account()
        self.connect(user)
        support.program("userdb", "--config-dir", self.site.folder, user, "del")
        support.program("makeuserdb", "--config-dir", self.site.folder)
        self.assertEqual("NO", self.connect().run('LOGIN "%s" "%s"' % (user, PASSWORD)).status)


if __name__ == "__main__":
    support.main()
