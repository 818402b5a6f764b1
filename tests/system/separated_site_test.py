"""The settings of a server that root starts: who shares a process, who may log in, who may connect, what systemd sees."""
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import support
from pop3_client import Pop3Client
from support import PASSWORD, PATIENCE, PROGRAM, Client, Gone, Server, Site, message, wait_until

ANN, BEN = 21001, 21002
EXIT_USAGE, EXIT_PORT, EXIT_SETTINGS = 64, 69, 78


class SiteTest(support.Test):
    def serve(self, environment=None, **settings):
        """A site of its own, and its server."""
        self.site = Site(self.new_folder(), uid=ANN, gid=ANN, **settings)
        self.server = self.enterContext(Server(self.site, environment))

    def workers(self):
        return [arguments for arguments in self.server.children().values() if arguments != "front"]

    def add(self, name, uid=ANN, home=None, maildir=None):
        """An account whose home or Maildir is where the test wants it; gives its name."""
        home = home or self.site.mail
        maildir = maildir or os.path.join(home, "Maildir")
        support.program("userdb", "--config-dir", self.site.folder, name, "set", "uid=%d" % uid, "gid=%d" % uid,
                        "home=" + home, "mail=" + maildir, "imappw=" + support.password_hash(PASSWORD))
        support.program("makeuserdb", "--config-dir", self.site.folder)
        return name

    def home(self, *parts, uid=ANN):
        """A folder of the user's below the site's mail, with the Maildir in it."""
        path = self.site.mail
        for part in parts:
            path = os.path.join(path, part)
            if not os.path.isdir(path):
                os.mkdir(path, 0o711)
                os.chown(path, uid, uid)
        support.make_maildir(os.path.join(path, "Maildir"), uid, uid)
        return path

    def refused(self, user, **arguments):
        """The server says no to the right password; the connection's last words."""
        with self.server.client(**arguments) as client:
            client.send('a LOGIN "%s" "%s"\r\n' % (user, PASSWORD))
            return client.response().text


class Workers(SiteTest):
    def test_one_a_uid(self):
        self.serve()
        ben, _ = self.account(uid=BEN, gid=BEN)
        ann, _ = self.account()
        for user in (ann, ann, ben, ann):
            self.connect(user).ok("SELECT INBOX")
        self.assertEqual(["worker uid=%d" % ANN, "worker uid=%d" % BEN], sorted(self.workers()))

    def test_unrelated_maildirs_of_one_uid_are_kept_apart(self):
        self.serve()
        for _ in range(2):
            user, _ = self.account()
            self.connect(user).ok("SELECT INBOX")
        self.assertEqual(2, len(self.workers()))

    def test_mail_roots_share(self):
        self.serve()
        self.site.settings["postrider"]["MAIL_ROOTS"] = "'/nowhere %s'" % self.site.mail
        self.site.write()
        self.server.signal(signal.SIGHUP)
        self.server.wait_for_log("settings and certificates were read again")
        for _ in range(3):
            user, _ = self.account()
            self.connect(user).ok("SELECT INBOX")
        self.assertEqual(["worker uid=%d" % ANN], self.workers())

    def test_homes_below_a_folder_of_their_user_share(self):
        self.serve()
        users = [self.add("tree%d" % n, home=self.home("domain", "user%d" % n)) for n in range(3)]
        alone = self.add("alone", home=self.home("alone"))
        for user in users:
            self.connect(user).ok("SELECT INBOX")
        self.assertEqual(1, len(self.workers()))
        self.connect(alone).ok("SELECT INBOX")
        self.assertEqual(2, len(self.workers()))

    def test_one_an_account(self):
        self.serve(WORKERS="account")
        users = [self.add("tree%d" % n, home=self.home("domain", "user%d" % n)) for n in range(2)]
        for user in users * 2:
            self.connect(user).ok("SELECT INBOX")
        self.assertEqual(2, len(self.workers()))

    def test_one_a_session(self):
        self.serve(WORKERS="session")
        user, _ = self.account()
        clients = [self.connect(user) for _ in range(3)]
        self.assertEqual(3, len(self.workers()))
        clients[0].ok("LOGOUT")
        wait_until(lambda: len(self.workers()) == 2, "the session's worker ends")
        clients[1].ok("SELECT INBOX")

    def test_one_without_sessions_ends(self):
        self.serve(WORKER_IDLE_TIME=1)
        user, _ = self.account()
        other, _ = self.account(uid=BEN, gid=BEN)
        client = self.connect(user)
        self.connect(other).ok("LOGOUT")
        wait_until(lambda: self.workers() == ["worker uid=%d" % ANN], "the worker without a session ends")
        client.ok("LOGOUT")
        wait_until(lambda: not self.workers(), "the other one ends")
        self.connect(user).ok("SELECT INBOX")
        self.assertNotIn("ERR", self.server.log())


class Accounts(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = Site(cls.folder, uid=ANN, gid=ANN, LOWEST_UID=1000, MAXPERACCOUNT=2)
        cls.server = cls.stack.enter_context(Server(cls.site))

    def test_root_and_system_users_have_no_mail(self):
        for uid, gid, why in ((0, ANN, "nobody's mail is served as root"), (ANN, 0, "nobody's mail is served as root"),
                              (999, 999, "LOWEST_UID is 1000")):
            with self.subTest(uid=uid, gid=gid):
                user, _ = self.account(uid=uid, gid=gid)
                self.assertRegex(self.refused(user), r"^(\* BYE|a NO) ")
                self.server.wait_for_log("%s: uid and gid are %d:%d, and %s" % (re.escape(user), uid, gid, why))
        user, _ = self.account(uid=1000, gid=1000)
        self.connect(user).ok("SELECT INBOX")
        self.assertEqual([], [name for name in self.workers() if name in ("worker uid=0", "worker uid=999")])

    def test_a_maildir_that_comes_later(self):
        user, maildir = self.account()
        os.rename(maildir, maildir + ".away")
        self.refused(user)
        os.rename(maildir + ".away", maildir)
        self.connect(user).ok("SELECT INBOX")

    def test_a_maildir_behind_a_symbolic_link(self):
        user, maildir = self.account()
        os.rename(maildir, maildir + ".real")
        self.addCleanup(shutil.rmtree, maildir + ".real")
        os.symlink(maildir + ".real", maildir)
        self.addCleanup(os.unlink, maildir)
        client = self.connect(user)
        client.append_ok("INBOX", message("linked"))
        client.ok("CREATE INBOX.other")
        self.assertEqual(1, client.ok("SELECT INBOX").exists())

    def test_sessions_of_an_account(self):
        user, _ = self.account()
        other, _ = self.account()
        clients = [self.connect(user), self.connect(user, tls=True)]
        self.assertRegex(self.refused(user), r"^a NO .*LIMIT|^a NO ")
        self.connect(other).ok("NOOP")
        clients[0].ok("LOGOUT")

        def admitted():
            client = self.connect()
            return client.run('LOGIN "%s" "%s"' % (user, PASSWORD)).status == "OK"
        wait_until(admitted, "the place comes free")

    def test_a_worker_dies_and_its_places_come_free(self):
        user, _ = self.account()
        clients = [self.connect(user), self.connect(user)]
        for process, arguments in self.server.children().items():
            if arguments != "front":
                os.kill(process, signal.SIGKILL)
        for client in clients:
            with self.assertRaises(Gone):
                client.line()
        wait_until(lambda: self.refused(user).startswith("a OK"), "the places come free")


class Reload(SiteTest):
    def setUp(self):
        self.serve()
        self.user, _ = self.account()

    def serial(self, client):
        return client.socket.getpeercert()["serialNumber"]

    def reload(self, pattern):
        before = len(re.findall(pattern, self.server.log()))
        self.server.signal(signal.SIGHUP)
        wait_until(lambda: len(re.findall(pattern, self.server.log())) > before, pattern)

    def test_a_certificate(self):
        old = self.connect(self.user, tls=True)
        before = self.server.children()
        self.site.install_certificate("renewed")
        self.reload("settings and certificates were read again")
        new = self.connect(self.user, tls=True)
        self.assertNotEqual(self.serial(old), self.serial(new))
        old.ok("SELECT INBOX")
        path = self.site.settings["imapd-ssl"]["TLS_CERTFILE"]
        for broken in (b"no certificate", b"", None):
            if broken is None:
                os.unlink(path)
            else:
                with open(path, "wb") as file:
                    file.write(broken)
            self.reload("reload failed, the old settings stay")
            self.assertEqual(self.serial(new), self.serial(self.connect(self.user, tls=True)))
        self.assertEqual(before, self.server.children())
        # A front that is started again has the settings that are in force.
        os.kill(self.server.processes_of("front")[0], signal.SIGKILL)
        self.server.wait_for_log("it is started again")
        self.assertEqual(self.serial(new), self.serial(self.connect(self.user, tls=True)))

    def test_limits_of_the_front_and_of_the_supervisor(self):
        client = self.connect(self.user)
        self.site.settings["imapd"]["MAXPERIP"] = "2"
        self.site.settings["postrider"]["MAXPERACCOUNT"] = "1"
        self.site.write()
        self.reload("settings and certificates were read again")
        second = self.connect()
        self.assertEqual("NO", second.run('LOGIN "%s" "%s"' % (self.user, PASSWORD)).status)
        with self.assertRaises(Gone):
            self.connect()
        client.ok("NOOP")

    def test_many_at_once(self):
        for _ in range(5):
            self.server.signal(signal.SIGHUP)
            subprocess.run([PROGRAM, "reload", "--config-dir", self.site.folder], check=True, timeout=PATIENCE,
                           capture_output=True)
        self.connect(self.user, tls=True).ok("NOOP")
        self.assertNotIn("reload failed", self.server.log())


class Doors(SiteTest):
    def raw(self, source="127.0.0.1", port=None):
        client = Client(socket.create_connection(("127.0.0.1", port or self.site.port), PATIENCE, (source, 0)))
        self.addCleanup(client.close)
        return client

    def is_let_in(self, *arguments, **named):
        try:
            return self.raw(*arguments, **named).line().startswith("* OK ")
        except Gone:
            return False

    def test_slow_connections(self):
        """2,000 that say nothing, half of them in a TLS handshake that never begins, and one that wants to log in."""
        self.serve(MAX_BEFORE_LOGIN=500, MAXPERIP_BEFORE_LOGIN=5000, MAXPERIP=5000, MAXDAEMONS=5000)
        user, _ = self.account()
        with contextlib.ExitStack() as slow:
            for n in range(2000):
                slow.enter_context(socket.create_connection(
                    ("127.0.0.1", self.site.port if n % 2 else self.site.tls_port), PATIENCE, ("127.0.0.2", 0)))
            begin = time.monotonic()
            self.connect(user).ok("SELECT INBOX")
            self.assertLess(time.monotonic() - begin, 15)
        # Of the honest ones before login, too, the oldest has to go.
        first = self.raw()
        first.line()
        self.assertTrue(first.no_more_within(0.1))

    def test_connections_before_login_of_one_address(self):
        self.serve(MAXPERIP_BEFORE_LOGIN=3, MAXPERIP=100)
        user, _ = self.account()
        for _ in range(3):
            self.connect(user)  # they count no more
        kept = [self.raw() for _ in range(3)]
        for client in kept:
            client.line()
        # The oldest of the address makes room; connections of others are not its concern.
        self.assertTrue(self.is_let_in())
        with self.assertRaises(Gone):
            while True:
                kept[0].line()
        self.assertTrue(self.is_let_in("127.0.0.3"))
        self.assertEqual("OK", kept[2].run("NOOP").status)

    def test_access_list(self):
        self.serve(MAXPERIP=100)
        with open(os.path.join(self.site.folder, "imapaccess"), "w") as file:
            file.write("127.0.0.7\tdeny\n127.0.0.8\tallow,MAXCPERIP=1\n")
        self.server.signal(signal.SIGHUP)
        self.server.wait_for_log("settings and certificates were read again")
        self.assertFalse(self.is_let_in("127.0.0.7"))
        first = self.raw("127.0.0.8")
        first.line()
        self.assertFalse(self.is_let_in("127.0.0.8"))
        self.assertTrue(self.is_let_in("127.0.0.9"))

    def test_proxy_headers(self):
        self.site = Site(self.new_folder(), uid=ANN, gid=ANN, PROXY_TRUSTED="127.0.0.1", MAXPERIP=100)
        self.site.settings["postrider"]["PROXY_PORTS"] = "%d,%d" % (self.site.port, self.site.tls_port)
        self.site.write()
        self.server = self.enterContext(Server(self.site))
        user, _ = self.account()
        v1 = b"PROXY TCP4 192.0.2.1 192.0.2.9 5001 143\r\n"
        v2 = (b"\r\n\r\n\0\r\nQUIT\n\x21\x21" + struct.pack(">H", 36) + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
              + socket.inet_pton(socket.AF_INET6, "2001:db8::9") + struct.pack(">HH", 5002, 143))
        seen = {b"v1": (v1, r"\[::ffff:192\.0\.2\.1\], port=\[5001\]"), b"v2": (v2, r"\[2001:db8::1\], port=\[5002\]")}
        for name, (header, logged) in seen.items():
            for tls in (False, True):
                with self.subTest(name, tls=tls):
                    client = self.raw(port=self.site.tls_port if tls else self.site.port)
                    if tls:
                        client.send(header)
                        client.start_tls(self.site.tls_context())
                    else:
                        client.send(header + b'a LOGIN "%s" "%s"\r\n' % (user.encode(), PASSWORD.encode()))
                    self.assertTrue(client.line().startswith("* OK "))
                    if tls:
                        client.send('a LOGIN "%s" "%s"\r\n' % (user, PASSWORD))
                    self.assertTrue(client.line().startswith("a OK "))
                    self.server.wait_for_log("LOGIN, user=%s, ip=%s" % (re.escape(user), logged))
        for header in (b"NO PROXY\r\n", b"PROXY TCP4 300.0.2.1 192.0.2.9 5001 143\r\n", b"a NOOP\r\n"):
            client = self.raw()
            client.send(header)
            with self.assertRaises(Gone):
                client.line()
        stranger = self.raw("127.0.0.2")
        with self.assertRaises(Gone):
            stranger.send(v1)
            stranger.line()
        self.server.wait_for_log("127.0.0.2.*not in PROXY_TRUSTED")


class Systemd(SiteTest):
    """What a service manager gives and hears. The test plays it."""

    def listen(self, count=2):
        sockets = []
        for _ in range(count):
            sockets.append(socket.socket())
            self.addCleanup(sockets[-1].close)
            sockets[-1].bind(("127.0.0.1", 0))
            sockets[-1].listen()
        return sockets

    def start(self, sockets, names, environment=None):
        """`postrider serve` with these sockets from descriptor 3 on, as systemd.socket(5) passes them."""
        command = "exec env LISTEN_PID=$$ LISTEN_FDS=%d LISTEN_FDNAMES=%s %s serve --config-dir %s" % (
            len(sockets), ":".join(names), PROGRAM, self.site.folder)
        moves = " ".join("%d<&%d" % (3 + n, one.fileno()) for n, one in enumerate(sockets))
        process = subprocess.Popen(["/bin/bash", "-c", command + " " + moves], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   pass_fds=[one.fileno() for one in sockets], env={**os.environ, **(environment or {})})
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_passed_sockets_by_name(self):
        self.site = Site(self.new_folder(), uid=ANN, gid=ANN)
        user, _ = self.account()
        plain, tls = self.listen()
        # Numbers that are no port of the settings: only the names say what they are for.
        process = self.start([plain, tls], ["imap", "imaps"])
        with Client(socket.create_connection(plain.getsockname())) as client:
            client.line()
            client.ok('LOGIN "%s" "%s"' % (user, PASSWORD))
            client.ok("SELECT INBOX")
        with Client(socket.create_connection(tls.getsockname())) as client:
            client.start_tls(self.site.tls_context())
            client.line()
            client.ok('LOGIN "%s" "%s"' % (user, PASSWORD))
        with self.assertRaises(ConnectionError):  # the settings' ports are not opened
            socket.create_connection(("127.0.0.1", self.site.port))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(PATIENCE))
        plain.settimeout(0)
        socket.create_connection(plain.getsockname()).close()
        plain.accept()[0].close()  # the service manager's socket listens still

    def test_passed_pop3_sockets(self):
        # The sockets decide what is served, not POP3DSTART; and what stands open keeps its key over a reload.
        self.site = Site(self.new_folder(), uid=ANN, gid=ANN, pop3={"POP3DSTART": "NO", "POP3DSSLSTART": "NO"})
        user, _ = self.account()
        plain, tls = self.listen()
        process = self.start([plain, tls], ["pop3", "pop3s"])
        for _ in range(2):
            for listener in (plain, tls):
                with Pop3Client(socket.create_connection(listener.getsockname())) as client:
                    if listener is tls:
                        client.start_tls(self.site.tls_context())
                    client.line()
                    if listener is plain:
                        client.ok("STLS")
                        client.start_tls(self.site.tls_context())
                    client.log_in(user)
                    client.ok("QUIT")
            support.program("reload", "--config-dir", self.site.folder)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(PATIENCE))

    def test_passed_sockets_that_are_unknown(self):
        self.site = Site(self.new_folder(), uid=ANN, gid=ANN)
        for names in (["http"], ["unknown"]):
            process = self.start(self.listen(1), names)
            self.assertEqual(EXIT_SETTINGS, process.wait(PATIENCE))
            self.assertIn("neither in PORT nor in SSLPORT", process.stderr.read())

    def test_notifications(self):
        folder = self.new_folder()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(os.path.join(folder, "notify"))
            manager.settimeout(PATIENCE)

            def hear(beginning):
                while not (said := manager.recv(4096).decode()).startswith(beginning):
                    self.assertTrue(said.startswith(("WATCHDOG=1", "STATUS=")), said)
                return said

            self.serve({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "200000"})
            hear("READY=1")
            hear("WATCHDOG=1")
            hear("WATCHDOG=1")
            self.server.signal(signal.SIGHUP)
            self.assertRegex(hear("RELOADING=1"), r"MONOTONIC_USEC=\d+")
            hear("READY=1")
            self.server.stop()
            hear("STOPPING=1")


class Start(SiteTest):
    def setUp(self):
        self.site = Site(self.new_folder(), uid=ANN, gid=ANN)

    def ends_with(self, code, pattern):
        done = support.program("serve", "--config-dir", self.site.folder, check=False)
        self.assertEqual(code, done.returncode, done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertIsNone(support.SANITIZER_REPORT.search(done.stderr), done.stderr)

    def test_exit_codes(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            self.site.settings["imapd"]["PORT"] = str(other.getsockname()[1])
            self.site.write()
            self.ends_with(EXIT_PORT, "cannot listen at 127.0.0.1")
        self.site.choose_ports()
        for name, value, pattern in (("FRONT_USER", "nobody-of-this-name", "unknown user nobody-of-this-name"),
                                     ("FRONT_USER", "root", "must not be root"),
                                     ("FRONT_USER", "0", "must not be root"),
                                     ("WORKERS", "process", "uid account session|WORKERS")):
            with self.subTest(value):
                before = self.site.settings["postrider"].get(name)
                self.site.settings["postrider"][name] = value
                self.site.write()
                self.ends_with(EXIT_SETTINGS, pattern)
                self.site.settings["postrider"].pop(name)
                if before:
                    self.site.settings["postrider"][name] = before
        with open(self.site.settings["imapd-ssl"]["TLS_CERTFILE"], "w"):
            pass
        self.site.write()
        self.ends_with(EXIT_SETTINGS, "imapd.pem")

    def test_a_role_by_hand(self):
        for role in ("front", "worker"):
            done = support.program(role, check=False)
            self.assertEqual(EXIT_USAGE, done.returncode)
            self.assertEqual("postrider %s: is started by `postrider serve`, not by hand\n" % role, done.stderr)

    def test_a_front_of_a_named_user(self):
        self.site.settings["postrider"]["FRONT_USER"] = "nobody"
        self.site.write()
        with Server(self.site) as server:
            user = pwd.getpwnam("nobody")
            with open("/proc/%d/status" % server.processes_of("front")[0]) as file:
                status = file.read()
            self.assertRegex(status, r"\nUid:\t%d\t.*\nGid:\t%d\t" % (user.pw_uid, user.pw_gid))


if __name__ == "__main__":
    support.main()
