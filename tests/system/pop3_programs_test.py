"""POP3 by curl, fetchmail and mpop: mail left on the server and mail taken away, plain, by STLS and over TLS."""
import contextlib
import mailbox
import os
import pwd
import subprocess

import support
from pop3_client import PLAIN, STLS, TLS, WAYS, Pop3Test, on_the_wire
from support import PASSWORD, files_of, message


class ProgramTest(Pop3Test):
    def setUp(self):
        self.texts = [message("program %d" % n, ".\nbody %d\n" % n, size) for n, size in enumerate((300, 5000, 200_000))]
        self.user, self.maildir, self.names = self.mailbox(*self.texts)

    def run_program(self, *arguments, environment=None, codes=(0,)):
        done = subprocess.run(arguments, capture_output=True, timeout=support.PATIENCE,
                              env={**os.environ, **(environment or {})})
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        return done.stdout

    def write(self, text):
        """A file that only we can read."""
        path = os.path.join(self.new_folder(), "settings")
        with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)
        return path

    def assert_left(self, *names):
        self.assertEqual(sorted(names), sorted(files_of(self.maildir)))

    def port(self, way):
        return self.site.pop3_tls_port if way == TLS else self.site.pop3_port


class Curl(ProgramTest):
    def curl(self, way, path, *arguments, **options):
        scheme = "pop3s" if way == TLS else "pop3"
        security = ("--ssl-reqd",) if way == STLS else ()
        return self.run_program("curl", "--silent", "--show-error", "--cacert", self.site.certificate, "--max-time", "50",
                                "--user", self.user + ":" + PASSWORD, *security,
                                "%s://localhost:%d/%s" % (scheme, self.port(way), path), *arguments, **options)

    def test_list_and_fetch(self):
        for way in WAYS:
            with self.subTest(way=way):
                sizes = "".join("%d %d\r\n" % (n, len(text)) for n, text in enumerate(self.texts, 1))
                self.assertEqual(sizes.encode(), self.curl(way, ""))
                self.assertEqual(3, len(self.curl(way, "", "-X", "UIDL").splitlines()))
                for number, text in enumerate(self.texts, 1):
                    self.assertEqual(on_the_wire(text), self.curl(way, str(number)))
        self.assert_left(*self.names)

    def test_delete(self):
        for way, name in zip(WAYS, list(self.names)):
            self.curl(way, "1", "-X", "DELE", "--head")
            self.names.remove(name)
            self.assert_left(*self.names)

    def test_mechanisms(self):
        for mechanism in ("PLAIN", "LOGIN"):
            self.assertTrue(self.curl(PLAIN, "1", "--login-options", "AUTH=" + mechanism))

    def test_errors(self):
        self.curl(PLAIN, "9", codes=(8, 56, 78))
        self.curl(TLS, "1", "--user", self.user + ":wrong", codes=(67,))
        other, _ = support.make_certificate(self.new_folder())
        self.curl(TLS, "", "--cacert", other, codes=(60,))


class Mpop(ProgramTest):
    def fetch(self, way, keep, folder):
        """Fetches into a Maildir; gives the messages there."""
        if not os.path.isdir(folder):
            support.make_maildir(folder)
        security = {PLAIN: "tls off", STLS: "tls on\ntls_starttls on", TLS: "tls on\ntls_starttls off"}[way]
        settings = self.write("account test\nhost localhost\nport %d\n%s\ntls_trust_file %s\nauth user\nuser %s\n"
                              "password \"%s\"\nkeep %s\ndelivery maildir %s\nreceived_header off\nuidls_file %s\n" % (
                                  self.port(way), security, self.site.certificate, self.user, PASSWORD,
                                  "on" if keep else "off", folder, folder + ".uidls"))
        self.run_program("mpop", "--file=" + settings, "--quiet", "test")
        return sorted(content for _, content, _ in files_of(folder).values())

    def test_leave_on_server_and_delete(self):
        stored = sorted(text.replace(b"\r\n", b"\n") for text in self.texts)
        for way in WAYS:
            with self.subTest(way=way):
                folder = os.path.join(self.new_folder(), way)
                self.assertEqual(stored, self.fetch(way, True, folder))
                self.assertEqual(stored, self.fetch(way, True, folder), "known already by their UIDLs")
                self.assert_left(*self.names)
        self.assertEqual(stored, self.fetch(STLS, False, os.path.join(self.new_folder(), "last")))
        self.assert_left()


class Fetchmail(ProgramTest):
    def as_known_user(self):
        """fetchmail wants to be a user of /etc/passwd, which an ordinary user of ours need not be."""
        try:
            pwd.getpwuid(os.geteuid())
            return {}
        except KeyError:
            home = os.environ["HOME"]
            users = self.write("tester:x:%d:%d::%s:/bin/sh\n" % (os.geteuid(), os.getegid(), home))
            groups = self.write("tester:x:%d:\n" % os.getegid())
            return {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": users, "NSS_WRAPPER_GROUP": groups}

    def fetch(self, way, keep, folder):
        """Appends what is new to an mbox; gives the bodies there."""
        security = {PLAIN: "sslproto ''", STLS: "sslproto 'auto' sslcertck sslcertfile '%s'",
                    TLS: "ssl sslcertck sslcertfile '%s'"}[way]
        if way != PLAIN:
            security %= self.site.certificate
        box = os.path.join(folder, "box")
        settings = self.write("set idfile '%s'\nset no bouncemail\npoll localhost proto POP3 port %d uidl auth password\n"
                              "user '%s' password '%s' is 'tester' here %s %s no rewrite\n"
                              "mda '{ echo From tester Mon Jan 1 00:00:00 2024; cat; echo; } >>%s'\n" % (
                                  os.path.join(folder, "ids"), self.port(way), self.user, PASSWORD,
                                  "keep" if keep else "fetchall no keep", security, box))
        self.run_program("fetchmail", "--fetchmailrc", settings, "--pidfile", os.path.join(folder, "pid"), "--nodetach",
                         "--nosyslog", environment={"FETCHMAILHOME": folder, **self.as_known_user()}, codes=(0, 1))
        with contextlib.closing(mailbox.mbox(box)) as letters:
            return sorted(one.get_payload() for one in letters)

    def test_leave_on_server_and_delete(self):
        bodies = sorted(text.replace(b"\r\n", b"\n").partition(b"\n\n")[2].decode() for text in self.texts)
        for way in WAYS:
            with self.subTest(way=way):
                folder = self.new_folder()
                self.assertEqual(bodies, self.fetch(way, True, folder))
                self.assertEqual(bodies, self.fetch(way, True, folder), "known already by their UIDLs")
                self.assert_left(*self.names)
        self.assertEqual(bodies, self.fetch(TLS, False, self.new_folder()))
        self.assert_left()


if __name__ == "__main__":
    support.main()
