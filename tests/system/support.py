"""What the system tests share: a site's settings, the server as a process, and a client that sees every byte."""
import contextlib
import functools
import hashlib
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import ordinary_user

PROGRAM = os.environ.get("POSTRIDER", "")
#: Whose the accounts are when the tests are root.
ORDINARY_UID, ORDINARY_GID = ordinary_user.UID, ordinary_user.GID
#: Whose the front is then. The number needs no entry in /etc/passwd.
FRONT_UID = 20900
# The tests are an ordinary user's, whoever starts them, but for those of which CMakeLists.txt says AS_ROOT.
if PROGRAM and os.environ.get("POSTRIDER_TEST_AS_ROOT") != "1":
    PROGRAM = ordinary_user.become(PROGRAM)
os.umask(0o022)

SKIP = 77
#: Settings of the file postrider; those of TLS are known by their begin, and all others are imapd's.
OWN_SETTINGS = {"LOGIN_TIMEOUT", "LOG_DEBUG", "FRONT_USER", "WORKERS", "WORKER_IDLE_TIME", "LOWEST_UID", "MAIL_ROOTS",
                "CONTROL_SOCKET", "SHUTDOWN_TIME", "MAX_BEFORE_LOGIN", "MAXPERIP_BEFORE_LOGIN", "MAXPERACCOUNT",
                "PROXY_TRUSTED", "PROXY_PORTS", "THREADS", "POOL_THREADS", "IMAP_SESSION_TIMEOUT",
                "POP3_SESSION_TIMEOUT", "POP3_APOP", "INDEX", "INDEX_DIR", "INDEX_MAX_SIZE", "LOG", "AUTHDAEMON_SOCKET",
                "AUTH_CACHE_SIZE", "AUTH_CACHE_TTL"}
#: Longest wait for an answer: a sanitized build on a busy machine is slow.
PATIENCE = 60.0
PASSWORD = "correct horse 42"
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer|^SUMMARY: ",
                              re.M)


def wait_until(condition, what, patience=PATIENCE):
    """Gives the first true value of condition(); fails with `what` when none comes in time."""
    last = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > last:
            raise AssertionError("not within %g s: %s" % (patience, what() if callable(what) else what))
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@functools.lru_cache
def is_built_with(sanitizer):
    """sanitizer: "asan" or "tsan"."""
    with open(PROGRAM, "rb") as program:
        return b"__" + sanitizer.encode() + b"_init\0" in program.read()


def program(*arguments, stdin="", check=True):
    done = subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, text=True, timeout=PATIENCE)
    if check and done.returncode != 0:
        raise AssertionError("%s: exit %d\n%s%s" % (arguments, done.returncode, done.stdout, done.stderr))
    return done


@functools.lru_cache
def password_hash(password):
    return program("userdbpw", "-sha512", stdin=password + "\n").stdout.strip()  # yescrypt costs more


def make_certificate(folder, name="certificate", subject="localhost"):
    """Makes folder/NAME.pem (the certificate) and folder/NAME-key.pem for localhost; gives the two paths."""
    certificate = os.path.join(folder, name + ".pem")
    key = os.path.join(folder, name + "-key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", "/CN=" + subject, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=PATIENCE)
    return certificate, key


def give(path, uid, gid):
    """What root makes for an account is the account's."""
    if os.geteuid() == 0:
        os.chown(path, uid, gid)


def make_maildir(path, uid=ORDINARY_UID, gid=ORDINARY_GID):
    """uid, gid: its owner, when the tests are root."""
    for name in ("tmp", "new", "cur"):
        os.makedirs(os.path.join(path, name), mode=0o700)
        give(os.path.join(path, name), uid, gid)
    os.chmod(path, 0o700)
    give(path, uid, gid)
    return path


def make_folder(parent=None):
    """A new folder that other users cannot list, but pass through on the way to a Maildir of theirs."""
    folder = tempfile.mkdtemp(prefix="postrider-test-", dir=parent)
    os.chmod(folder, 0o711)
    return folder


_counter = [0]
_counter_lock = threading.Lock()


def next_number():
    with _counter_lock:
        _counter[0] += 1
        return _counter[0]


def message(subject, body="Hello.\n", size=None):
    """A message with CRLF line ends; size: its exact length."""
    head = ("From: Ann <ann@example.com>\r\nTo: Ben <ben@example.com>\r\nDate: Mon, 7 Feb 2022 21:52:25 +0000\r\n"
            "Message-ID: <%d.%d@example.com>\r\nSubject: %s\r\n\r\n" % (os.getpid(), next_number(), subject))
    whole = head.encode() + body.replace("\n", "\r\n").encode()
    if size is not None:
        line = b"x" * 70 + b"\r\n"
        room = size - len(whole)
        lines = (line * (room // len(line) + 1))[:max(0, room - 2)]
        whole += (lines[:-1] + b"x" if lines.endswith(b"\r") else lines) + b"\r\n"
        assert len(whole) == size
    return whole


def deliver(maildir, content):
    """Delivers as an agent does: a file of the Maildir's owner in tmp/, then a rename into new/. Gives the name."""
    name = "%d.M%dP%dQ%d.example" % (time.time(), time.time_ns() // 1000 % 1000000, os.getpid(), next_number())
    path = os.path.join(maildir, "tmp", name)
    with open(path, "wb") as file:
        file.write(content.replace(b"\r\n", b"\n"))
    owner = os.stat(maildir)
    give(path, owner.st_uid, owner.st_gid)
    os.rename(path, os.path.join(maildir, "new", name))
    return name


def files_of(maildir):
    """The messages of a Maildir folder as {base name: (flag letters, content, subfolder)}. The folder may change
    meanwhile: it is read again where a listed file is no longer there."""
    for _ in range(100):
        try:
            return read_files_of(maildir)
        except FileNotFoundError:
            os.stat(maildir)  # Without the folder there is nothing to read again.
    raise AssertionError("the files of %s are renamed all the time" % maildir)


def read_files_of(maildir):
    found = {}
    for sub in ("new", "cur"):
        for name in os.listdir(os.path.join(maildir, sub)):
            if name.startswith("."):
                continue
            base, _, info = name.partition(":2,")
            with open(os.path.join(maildir, sub, name), "rb") as file:
                found[base] = ("".join(sorted(info)), file.read(), sub)
    return found


class Site:
    """A folder of settings with its accounts and certificate."""

    def __init__(self, folder, uid=None, gid=None, pop3=None, **settings):
        """uid, gid: the accounts', unless add_account says other ones. None: the tests' own, or ORDINARY_UID and
        ORDINARY_GID when the tests are root.  pop3: settings of pop3d and pop3d-ssl; None: POP3 is not served."""
        root = os.geteuid() == 0
        self.uid = uid if uid is not None else ORDINARY_UID if root else os.geteuid()
        self.gid = gid if gid is not None else ORDINARY_GID if root else os.getegid()
        self.folder = os.path.join(folder, "etc")
        self.mail = os.path.join(folder, "mail")
        os.makedirs(self.folder, mode=0o700)
        os.makedirs(self.mail, mode=0o711)
        self.settings = {"imapd": {"ADDRESS": "127.0.0.1"}, "imapd-ssl": {"SSLADDRESS": "127.0.0.1"},
                         "authdaemonrc": {"authmodulelist": '"authuserdb"'},
                         "postrider": {"FRONT_USER": str(FRONT_UID), "CONTROL_SOCKET": os.path.join(folder, "control"),
                                       "AUTHDAEMON_SOCKET": "none"}}
        for name, value in settings.items():
            tls = name.startswith(("TLS_", "SSL", "IMAP_TLS_REQUIRED", "IMAPDSTARTTLS"))
            own = name in OWN_SETTINGS
            self.settings["imapd-ssl" if tls else "postrider" if own else "imapd"][name] = str(value)
        self.serves_pop3 = pop3 is not None
        if self.serves_pop3:
            self.settings["pop3d"] = {"POP3DSTART": "YES", "ADDRESS": "127.0.0.1"}
            self.settings["pop3d-ssl"] = {"POP3DSSLSTART": "YES", "SSLADDRESS": "127.0.0.1"}
            for name, value in pop3.items():
                tls = name.startswith(("TLS_", "SSL", "POP3DSSL", "POP3_TLS_REQUIRED", "POP3_STARTTLS"))
                self.settings["pop3d-ssl" if tls else "pop3d"][name] = str(value)
        self.install_certificate("certificate")
        self.choose_ports()

    def install_certificate(self, name):
        """Makes a certificate and puts it in force for the next start or reload."""
        self.certificate, key = make_certificate(self.mail, name)
        target = os.path.join(self.folder, "imapd.pem")
        with open(target + ".new", "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            for part in (self.certificate, key):
                with open(part, "rb") as source:
                    file.write(source.read())
        os.rename(target + ".new", target)
        for file in ("imapd-ssl", "pop3d-ssl") if self.serves_pop3 else ("imapd-ssl",):
            self.settings[file]["TLS_CERTFILE"] = target

    def choose_ports(self):
        self.port = free_port()
        self.tls_port = free_port()
        self.settings["imapd"]["PORT"] = str(self.port)
        self.settings["imapd-ssl"]["SSLPORT"] = str(self.tls_port)
        if self.serves_pop3:
            self.pop3_port = free_port()
            self.pop3_tls_port = free_port()
            self.settings["pop3d"]["PORT"] = str(self.pop3_port)
            self.settings["pop3d-ssl"]["SSLPORT"] = str(self.pop3_tls_port)
        self.write()

    def write(self):
        for file, values in self.settings.items():
            with open(os.path.join(self.folder, file), "w") as out:
                out.writelines("%s=%s\n" % pair for pair in values.items())

    def add_account(self, name=None, password=PASSWORD, uid=None, gid=None, pop3_password=None, options=None):
        """Adds (or changes) an account as an administrator does; gives its name and Maildir, made if it is new.
        uid, gid: None: the site's.  pop3_password: None: the same, where POP3 is served.  options: its own, such as
        disablepop3=1."""
        uid = self.uid if uid is None else uid
        gid = self.gid if gid is None else gid
        name = name or "user%d@example.com" % next_number()
        maildir = os.path.join(self.mail, name)
        if not os.path.isdir(maildir):
            make_maildir(maildir, uid, gid)
        fields = ["imappw=" + password_hash(password)]
        if self.serves_pop3:
            fields.append("pop3pw=" + password_hash(pop3_password or password))
        if options:
            fields.append("options=" + options)
        program("userdb", "--config-dir", self.folder, name, "set", "uid=%d" % uid, "gid=%d" % gid,
                "home=" + self.mail, "mail=" + maildir, *fields)
        program("makeuserdb", "--config-dir", self.folder)
        return name, maildir

    def tls_context(self):
        return ssl.create_default_context(cafile=self.certificate)


class Server:
    """`postrider serve` of a site. Leaving the block stops it, and fails on a sanitizer's report or exit code."""

    def __init__(self, site, environment=None, program=None):
        """environment: further variables.  program: another one than the product's own."""
        self.site = site
        self.program = program or PROGRAM
        self.environment = environment or {}
        self.process = None
        self.log_path = os.path.join(site.mail, "server-log-%d" % next_number())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        if self.process is None:
            return
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()
            sys.stderr.write("--- the server's log ---\n" + self.log()[-4000:] + "\n")
            self.process = None

    def start(self):
        for _ in range(5):
            earlier = len(self.log()) if os.path.exists(self.log_path) else 0  # of a run that was stopped
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen([self.program, "serve", "--config-dir", self.site.folder],
                                                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                env={**os.environ, **self.environment})
            ready = wait_until(lambda: "INFO: ready" in self.log()[earlier:] or
                               (self.process.poll() is not None and "ended"),
                               lambda: "the server is ready: " + self.log())
            if ready is True:
                return
            if "cannot listen" not in self.log()[earlier:]:
                break
            self.site.choose_ports()  # somebody else took the port meanwhile
            os.truncate(self.log_path, 0)
        raise AssertionError("the server did not start:\n" + self.log())

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def wait_for_log(self, pattern):
        wait_until(lambda: re.search(pattern, self.log()), "log line " + pattern)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, patience=30.0):
        """Ends the server by SIGTERM. Gives the seconds it took."""
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "none in %g s" % patience
        self.process = None
        self.check_log()
        if code != 0:
            raise AssertionError("exit code %s\n%s" % (code, self.log()[-4000:]))
        return time.monotonic() - begin

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        self.check_log()
        os.truncate(self.log_path, 0)

    def check_log(self):
        if SANITIZER_REPORT.search(self.log()):
            raise AssertionError("sanitizer report:\n" + self.log()[-8000:])

    def children(self):
        """The server's other processes as {process: its arguments}: "front", "worker uid=NUMBER"."""
        pid = self.process.pid
        found = {}
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            processes = [int(word) for word in file.read().split()]
        for process in processes:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open("/proc/%d/cmdline" % process, "rb") as file:
                    arguments = b" ".join(file.read().split(b"\0")[1:]).decode().strip()
                if arguments:  # not a dead one
                    found[process] = arguments
        return found

    def processes_of(self, role):
        """role: as in children()."""
        return [process for process, arguments in self.children().items() if arguments == role]

    def resident_bytes(self):
        with open("/proc/%d/status" % self.process.pid) as status:
            return int(re.search(r"VmRSS:\s*(\d+) kB", status.read()).group(1)) * 1024

    def client(self, account=None, password=PASSWORD, tls=False):
        """A new connection, logged in if an account is given."""
        client = Client(socket.create_connection(("127.0.0.1", self.site.tls_port if tls else self.site.port),
                                                 PATIENCE))
        try:
            if tls:
                client.start_tls(self.site.tls_context())
            client.greeting = client.response().text
            if account:
                client.ok('LOGIN "%s" "%s"' % (account, password))
        except Exception:
            client.close()
            raise
        return client


class Gone(Exception):
    """The server closed the connection."""


class Response:
    """One response line. text: without line end, each literal as "{n}" only; literals: their bytes."""

    def __init__(self):
        self.text = ""
        self.literals = []

    def __repr__(self):
        return self.text


class Answer:
    """What came for a command: untagged responses, then the tagged one."""

    def __init__(self, untagged, tagged):
        self.untagged = untagged
        self.status, _, self.text = tagged.text.partition(" ")[2].partition(" ")

    @property
    def lines(self):
        return [response.text for response in self.untagged]

    def number(self, pattern):
        """The number that pattern's group finds in the responses."""
        for line in [*self.lines, self.text]:
            if found := re.search(pattern, line):
                return int(found.group(1))
        raise AssertionError("no %s in %s, %s" % (pattern, self.lines, self.text))

    def exists(self):
        return self.number(r"^\* (\d+) EXISTS")

    def uid_validity(self):
        return self.number(r"UIDVALIDITY (\d+)")

    def found(self):
        """The numbers of a SEARCH."""
        for line in self.lines:
            if line.startswith("* SEARCH"):
                return [int(word) for word in line.split()[2:]]
        raise AssertionError("no SEARCH line in %s" % self.lines)


class Client:
    """IMAP as bytes: nothing is hidden, nothing is sent that the test did not ask for."""

    def __init__(self, connection, process=None):
        self.socket = connection
        self.socket.settimeout(PATIENCE)
        self.process = process
        self.buffer = b""
        self.greeting = None
        self.tags = 0

    def start_tls(self, context, name="localhost"):
        self.socket = context.wrap_socket(self.socket, server_hostname=name)
        self.socket.settimeout(PATIENCE)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def _fill(self):
        try:
            piece = self.socket.recv(1 << 18)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Gone(str(error)) from None
        if not piece:
            raise Gone("end of stream after " + repr(self.buffer[-200:]))
        self.buffer += piece

    def line(self):
        while b"\n" not in self.buffer:
            self._fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        if not line.endswith(b"\r"):
            raise AssertionError("line end without CR: %r" % line)
        return line[:-1].decode("utf-8", "surrogateescape")

    def take(self, size):
        pieces = [self.buffer[:size]]
        self.buffer = self.buffer[size:]
        missing = size - len(pieces[0])
        while missing > 0:
            self._fill()
            pieces.append(self.buffer[:missing])
            self.buffer = self.buffer[missing:]
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def response(self):
        response = Response()
        while True:
            line = self.line()
            response.text += line
            literal = re.search(r"\{(\d+)\}$", line)
            if not literal:
                return response
            response.literals.append(self.take(int(literal.group(1))))

    def no_more_within(self, seconds):
        """Whether the server stays silent that long."""
        if self.buffer:
            return False
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            return False
        return not select.select([self.socket], [], [], seconds)[0]

    def start(self, command):
        """Sends a command; gives its tag."""
        self.tags += 1
        tag = "t%d" % self.tags
        self.send(tag.encode() + b" " + (command if isinstance(command, bytes) else command.encode()) + b"\r\n")
        return tag

    def finish(self, tag):
        untagged = []
        while True:
            response = self.response()
            if response.text.startswith(tag + " "):
                return Answer(untagged, response)
            if response.text.startswith("+"):
                raise AssertionError("unexpected continuation: " + response.text)
            untagged.append(response)

    def run(self, command):
        return self.finish(self.start(command))

    def ok(self, command):
        answer = self.run(command)
        if answer.status != "OK":
            raise AssertionError("%s: %s %s" % (command, answer.status, answer.text))
        return answer

    def append(self, mailbox, content, arguments=""):
        """APPEND with a synchronising literal; gives the answer, which may be a refusal before the data."""
        tag = self.start("APPEND %s %s{%d}" % (mailbox, arguments + " " if arguments else "", len(content)))
        untagged = []
        while True:
            response = self.response()
            if response.text.startswith("+"):
                break
            if response.text.startswith(tag + " "):
                return Answer(untagged, response)
            untagged.append(response)
        self.send(content + b"\r\n")
        return self.finish(tag)

    def append_ok(self, mailbox, content, arguments=""):
        """Gives the UID."""
        answer = self.append(mailbox, content, arguments)
        if answer.status != "OK":
            raise AssertionError("APPEND: %s %s" % (answer.status, answer.text))
        return answer.number(r"APPENDUID \d+ (\d+)")

    def until(self, pattern, patience):
        """Responses up to and with the first that matches."""
        last = time.monotonic() + patience
        seen = []
        while True:
            left = last - time.monotonic()
            if left <= 0 or (b"\n" not in self.buffer and self.no_more_within(left)):
                raise AssertionError("no %s within %g s, only %s" % (pattern, patience, seen))
            seen.append(self.response().text)
            if re.search(pattern, seen[-1]):
                return seen

    def idle(self):
        """Begins IDLE; gives its tag."""
        tag = self.start("IDLE")
        while not self.response().text.startswith("+"):
            pass
        return tag

    def done(self, tag):
        self.send("DONE\r\n")
        return self.finish(tag)

    def messages(self):
        """The selected mailbox as {uid: (sorted flags without \\Recent, internal date, content)}."""
        found = {}
        for response in self.ok("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])").untagged:
            row = re.match(r"\* \d+ FETCH \((.*)", response.text, re.S)
            if not row or not response.literals:
                continue
            uid = int(re.search(r"UID (\d+)", response.text).group(1))
            flags = re.search(r"FLAGS \(([^)]*)\)", response.text).group(1).split()
            date = re.search(r'INTERNALDATE "([^"]*)"', response.text).group(1)
            found[uid] = (sorted(flag for flag in flags if flag != "\\Recent"), date, response.literals[0])
        return found

    def names(self, command="LIST"):
        """The names of LIST or LSUB, those that are only levels left out."""
        lines = self.ok(command + ' "" "*"').lines
        rows = [re.match(r'\* (?:LIST|LSUB) \(([^)]*)\) (?:"."|NIL) (.*)$', line) for line in lines]
        return sorted(row.group(2).strip('"') for row in rows if row and "\\noselect" not in row.group(1).lower())


def imapd_session(arguments, environment=None):
    """One session with a program that speaks IMAP on its standard streams, logged in already."""
    ours, theirs = socket.socketpair()
    errors = tempfile.TemporaryFile()
    with theirs:
        process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=errors,
                                   env={**os.environ, **(environment or {})})
    client = Client(ours, process)
    client.errors = errors
    try:
        client.greeting = client.response().text
        if not client.greeting.startswith("* PREAUTH"):
            raise AssertionError("greeting: " + client.greeting)
    except Exception:
        end_imapd_session(client, log_out=False)
        raise
    return client


def end_imapd_session(client, log_out=True):
    """Ends it; fails on an exit code or a sanitizer's report."""
    try:
        if log_out:
            client.ok("LOGOUT")
    finally:
        client.close()
        try:
            code = client.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            client.process.kill()
            code = client.process.wait()
        client.errors.seek(0)
        text = client.errors.read().decode("utf-8", "backslashreplace")
        client.errors.close()
    if code != 0 or SANITIZER_REPORT.search(text):
        raise AssertionError("%s: exit %s\n%s" % (client.process.args, code, text[-8000:]))


class Test(unittest.TestCase):
    """A test with a folder of its own and, with `settings`, a running server for all tests of the class."""

    settings = None
    environment = None

    @classmethod
    def setUpClass(cls):
        if not PROGRAM:
            raise RuntimeError("POSTRIDER names the program to test")
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.folder = make_folder()
        cls.stack.callback(shutil.rmtree, cls.folder, ignore_errors=True)
        if cls.settings is not None:
            cls.site = Site(cls.folder, **cls.settings)
            cls.server = cls.stack.enter_context(Server(cls.site, cls.environment))

    def new_folder(self):
        folder = make_folder(self.folder)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def account(self, **arguments):
        name, maildir = self.site.add_account(**arguments)
        self.addCleanup(shutil.rmtree, maildir, ignore_errors=True)
        return name, maildir

    def connect(self, account=None, **arguments):
        client = self.server.client(account, **arguments)
        self.addCleanup(client.close)
        return client


def digest(data):
    return hashlib.sha256(data).hexdigest()


def main():
    if os.environ.get("POSTRIDER_TEST_AS_ROOT") == "1" and os.geteuid() != 0:
        print("needs root")
        sys.exit(SKIP)
    unittest.main(verbosity=2)
