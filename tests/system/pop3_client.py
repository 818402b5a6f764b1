"""A POP3 client that sees every byte, and what the tests of POP3 share."""
import base64
import os
import re
import socket
import subprocess
import tempfile

import support
from support import PASSWORD, PATIENCE, Client, Gone

#: How a client comes in.
PLAIN, STLS, TLS = "plain", "stls", "tls"
WAYS = (PLAIN, STLS, TLS)


def on_the_wire(content):
    """A message as RETR gives it: every line ends in CR LF."""
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    return b"\r\n".join(lines) + (b"" if content.endswith(b"\n") else b"\r\n")


def plain_credentials(account, password=PASSWORD):
    """The initial response of AUTH PLAIN."""
    return base64.b64encode(b"\0" + account.encode() + b"\0" + password.encode()).decode()


class Pop3Client(Client):
    """A connection; line() gives the next line of the server."""

    def ask(self, command):
        """Gives the first line of the answer."""
        self.send(command + "\r\n")
        return self.line()

    def ok(self, command):
        """Gives what stands behind +OK."""
        answer = self.ask(command)
        if not answer.startswith("+OK"):
            raise AssertionError("%s: %s" % (command, answer))
        return answer[4:]

    def refused(self, command):
        """Gives what stands behind -ERR."""
        answer = self.ask(command)
        if not answer.startswith("-ERR "):
            raise AssertionError("%s: %s" % (command, answer))
        return answer[5:]

    def lines(self, command):
        """The lines behind the first one, unstuffed."""
        self.ok(command)
        return self.rest()

    def rest(self):
        lines = []
        while (line := self.line()) != ".":
            lines.append(line[1:] if line.startswith(".") else line)
        return lines

    def message(self, command):
        """The bytes of a message."""
        return "".join(line + "\r\n" for line in self.lines(command)).encode("utf-8", "surrogateescape")

    def uidls(self):
        """Message numbers by their UIDL."""
        return {uidl: int(number) for number, uidl in (line.split(" ") for line in self.lines("UIDL"))}

    def log_in(self, account, password=PASSWORD):
        self.ok("USER " + account)
        return self.ok("PASS " + password)

    def gone(self):
        """The last words that come, up to the end of the connection."""
        words = []
        try:
            while True:
                words.append(self.line())
        except Gone:
            return words


def connect(server, account=None, password=PASSWORD, way=PLAIN):
    """A new connection to a server of support.py, logged in if an account is given."""
    port = server.site.pop3_tls_port if way == TLS else server.site.pop3_port
    client = Pop3Client(socket.create_connection(("127.0.0.1", port), PATIENCE))
    try:
        if way == TLS:
            client.start_tls(server.site.tls_context())
        client.greeting = client.line()
        if way == STLS:
            client.ok("STLS")
            client.start_tls(server.site.tls_context())
        if account:
            client.log_in(account, password)
    except Exception:
        client.close()
        raise
    return client


class Pop3Test(support.Test):
    """A running server that speaks POP3, unless a class says otherwise."""

    settings = {"pop3": {"MAXPERIP": 1000, "POP3AUTH": '"PLAIN LOGIN"'}, "MAXPERIP": 1000}

    def pop3(self, account=None, **arguments):
        client = connect(self.server, account, **arguments)
        self.addCleanup(client.close)
        return client

    def mailbox(self, *contents, **arguments):
        """An account with these messages in this order; its name, its Maildir and the messages' base names."""
        account, maildir = self.account(**arguments)
        names = []
        for number, content in enumerate(contents):
            name = support.deliver(maildir, content)
            ordered = "%d.%s" % (1_600_000_000 + number, name.partition(".")[2])
            os.rename(os.path.join(maildir, "new", name), os.path.join(maildir, "new", ordered))
            names.append(ordered)
        return account, maildir, names

    def check_log_names(self, **arguments):
        """Each protocol's lines have its name in the log."""
        site = support.Site(self.new_folder(), pop3={}, LOG_DEBUG=1, **arguments)
        path = os.path.join(site.mail, "log")
        site.settings["postrider"]["LOG"] = path
        site.write()
        account, _ = site.add_account()
        with support.Server(site) as server:
            with connect(server, account) as client:
                client.ok("QUIT")
            with server.client(account) as client:
                client.ok("LOGOUT")

            def lines():
                with open(path) as file:
                    return re.findall(r" (\w+)\[\d+\]: (?:\w+: )?(Connection|LOGIN|LOGOUT), ", file.read())
            support.wait_until(lambda: len(lines()) == 6, lambda: "the lines of two sessions: %s" % lines())
            self.assertEqual({(name, event) for name in ("imapd", "pop3d")
                              for event in ("Connection", "LOGIN", "LOGOUT")}, set(lines()))


def standard_session(arguments, environment=None):
    """One session with a program that speaks POP3 on its standard streams, logged in already."""
    ours, theirs = socket.socketpair()
    errors = tempfile.TemporaryFile()
    with theirs:
        process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=errors,
                                   env={**os.environ, **(environment or {})})
    client = Pop3Client(ours, process)
    client.errors = errors
    client.greeting = client.line()
    return client


def end_of(client):
    """Waits for the end of such a session; gives the exit code and what it wrote to standard error."""
    client.close()
    code = client.process.wait(PATIENCE)
    client.errors.seek(0)
    text = client.errors.read().decode("utf-8", "backslashreplace")
    client.errors.close()
    if support.SANITIZER_REPORT.search(text):
        raise AssertionError("sanitizer report:\n" + text[-8000:])
    return code, text
