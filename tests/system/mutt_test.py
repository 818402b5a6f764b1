"""mutt in a terminal: reads, flags, deletes and saves messages; the disk shows what it did."""
import os
import pty
import re
import select
import subprocess
import time

import support

CONFIGURATION = """
set my_url = "imaps://localhost:{port}"
set imap_user = "{user}"
set imap_pass = "{password}"
set folder = "$my_url/"
set spoolfile = "+INBOX"
set certificate_file = "{certificate}"
set ssl_starttls = yes
set realname = "Ann"
set from = "ann@example.com"
set record = "+INBOX.Sent"
set confirmappend = no
set confirmcreate = no
set delete = yes
set quit = yes
set move = no
set mark_old = no
set sort = mailbox-order
set wait_key = no
set resolve = no
set editor = "true"
set header_cache = ""
set message_cachedir = ""
set imap_check_subscribed = no
set imap_keepalive = 300
set mail_check = 1
set timeout = 1
"""


class Terminal:
    """A program in a terminal of 80 x 24."""

    def __init__(self, arguments, environment):
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.process = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True)
        os.close(slave)
        self.output = ""
        self.mark = 0

    def read(self):
        if not select.select([self.master], [], [], 0.05)[0]:
            return
        try:
            self.output += os.read(self.master, 65536).decode("utf-8", "replace")
        except OSError:
            pass  # the program has ended

    def shown(self):
        """What came since the last keys, without the terminal's control sequences."""
        return re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|[()][A-Z0-9]|[=>])", "", self.output[self.mark:])

    def wait_for(self, pattern):
        def found():
            self.read()
            return re.search(pattern, self.shown())
        support.wait_until(found, lambda: "%r in the terminal, it shows %r" % (pattern, self.shown()[-1500:]), 40)

    def keys(self, text):
        self.read()
        self.mark = len(self.output)
        os.write(self.master, text.encode())

    def ended(self):
        self.read()
        return self.process.poll() is not None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


class Mutt(support.Test):
    settings = {}

    def setUp(self):
        self.user, self.maildir = self.account()
        self.home = self.new_folder()
        self.names = [support.deliver(self.maildir, support.message("letter %d" % n, "body of number %d\n" % n))
                      for n in range(1, 5)]
        self.connect(self.user).ok("CREATE INBOX.Saved")

    def mutt(self, *arguments):
        path = os.path.join(self.home, "muttrc")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(port=self.site.tls_port, user=self.user, password=support.PASSWORD,
                                            certificate=self.site.certificate))
        terminal = Terminal(["mutt", "-n", "-F", path, *arguments],
                            {"PATH": os.environ["PATH"], "HOME": self.home, "USER": "ann", "TERM": "vt100",
                             "LANG": "C.UTF-8", "LINES": "24", "COLUMNS": "80"})
        self.addCleanup(terminal.close)
        return terminal

    def by_subject(self, folder=""):
        """{number of the letter: flags} of the Maildir folder."""
        return {int(re.search(rb"Subject: letter (\d+)", text).group(1)): flags
                for flags, text, _ in support.files_of(os.path.join(self.maildir, folder)).values()}

    def test_read_flag_delete_and_save(self):
        terminal = self.mutt()
        terminal.wait_for(r"letter 4")
        terminal.keys("1\r")
        terminal.keys("\r")
        terminal.wait_for(r"body of number 1")
        terminal.keys("i")  # back to the list
        terminal.wait_for(r"letter 2")
        terminal.keys("2\r")
        terminal.keys("F")
        terminal.keys("3\r")
        terminal.keys("d")
        terminal.keys("4\r")
        terminal.keys("s")
        terminal.wait_for(r"Save to mailbox")
        terminal.keys("\x01\x0b=INBOX.Saved\r")
        support.wait_until(lambda: terminal.read() or self.by_subject(".Saved"),
                           lambda: "letter 4 is saved, mutt shows %r" % terminal.shown()[-1500:])
        terminal.keys("$")  # writes the changes
        support.wait_until(lambda: terminal.read() or set(self.by_subject()) == {1, 2},
                           lambda: "3 and 4 are gone, mutt shows %r" % terminal.shown()[-1500:])
        terminal.keys("q")
        support.wait_until(terminal.ended, lambda: "mutt ends, it shows %r" % terminal.shown()[-1500:])
        self.assertEqual(0, terminal.process.returncode)
        self.assertEqual({1: "S", 2: "F"}, self.by_subject())
        self.assertEqual([4], list(self.by_subject(".Saved")))
        self.server.wait_for_log("LOGOUT, user=" + re.escape(self.user))

    def test_new_mail_is_shown_while_mutt_is_open(self):
        terminal = self.mutt()
        terminal.wait_for(r"letter 4")
        terminal.keys("")
        support.deliver(self.maildir, support.message("letter 5"))
        # Any key lets mutt ask the server again.
        last = time.monotonic() + 40
        while "letter 5" not in terminal.shown():
            self.assertLess(time.monotonic(), last, terminal.shown()[-1500:])
            os.write(terminal.master, b"*")
            for _ in range(10):
                terminal.read()
        terminal.keys("x")
        support.wait_until(terminal.ended, "mutt ends")
        self.assertEqual({n: "" for n in range(1, 6)}, self.by_subject())


if __name__ == "__main__":
    support.main()
