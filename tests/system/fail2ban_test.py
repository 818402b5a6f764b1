"""The log as fail2ban reads it with its own filter for Courier, unpacked from Debian's package and not installed: that
would start it."""
import os
import socket
import subprocess
import sys

import courier_peer
import support
from pop3_client import Pop3Client
from sasl_client import Cram, encoded, imap_authenticate
from support import PATIENCE, wait_until

PROGRAM = courier_peer.unpacked("fail2ban", "usr/bin/fail2ban-regex", ["fail2ban"])
GUESSER = "127.0.0.7"
#: What a client that wants another one shut out calls itself.
LIAR = "a name, ip=[192.0.2.66], with all sorts"


def matched(log, *options):
    root = PROGRAM[:-len("usr/bin/fail2ban-regex")]
    environment = {**os.environ, "PYTHONPATH": root + "usr/lib/python3/dist-packages"}
    return subprocess.run([sys.executable, PROGRAM, "-c", root + "etc/fail2ban", *options, log, "courier-auth"],
                          capture_output=True, text=True, timeout=PATIENCE, env=environment, check=True).stdout


class Fail2ban(support.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = support.Site(cls.folder, pop3={})
        cls.log = os.path.join(cls.site.mail, "mail.log")
        cls.site.settings["postrider"]["LOG"] = cls.log
        cls.site.write()
        # The server's last word on standard error is that it is ready.
        cls.server = cls.stack.enter_context(support.Server(cls.site))

    def client(self, kind, port):
        client = kind(socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(GUESSER, 0)))
        self.addCleanup(client.close)
        client.line()
        return client

    def failures(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read().count("LOGIN FAILED")

    def test_failures_are_found_and_nothing_else(self):
        name, _ = self.account()
        imap = lambda: self.client(support.Client, self.site.port)
        pop3 = lambda: self.client(Pop3Client, self.site.pop3_port)
        imap().run('LOGIN "%s" wrong' % name)
        imap().run('LOGIN "%s" wrong' % LIAR)
        imap_authenticate(imap(), "CRAM-MD5", Cram("md5", name, "wrong"))
        pop3().ask("AUTH PLAIN " + encoded(b"\0nobody\0wrong"))
        client = pop3()
        client.ok("USER " + LIAR)
        client.ask("PASS wrong")
        self.connect(name).ok("LOGOUT")  # which is none
        wait_until(lambda: self.failures() == 5, "the log lines")
        self.assertEqual([GUESSER] * 5, matched(self.log, "-o", "ip").split())


if __name__ == "__main__":
    if not PROGRAM:
        print("fail2ban cannot be had")
        sys.exit(support.SKIP)
    support.main()
