"""Courier's authdaemond and ours, Courier's tools and ours: each tool with each daemon, and each says the same.

Both daemons have their accounts from one program by authpipe, authdaemon_accounts.py. Courier's programs (see
courier_peer.py) have their paths compiled in; this process has a /run and an /etc/courier of its own.
"""
import atexit
import base64
import contextlib
import ctypes
import hmac
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import courier_peer
import ordinary_user

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = os.environ.get("POSTRIDER_AUTHDAEMON", "")
FOLDER = "/run/courier/authdaemon"
SOCKET = FOLDER + "/socket"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER, MS_BIND, MS_REC_PRIVATE = 0x20000, 0x10000000, 0x1000, 0x44000


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def make_own_folders():
    """Gives this process and its children an empty /run, and an /etc that has /etc/courier. OSError: not allowed."""
    user, group = os.geteuid(), os.getegid()
    staged = tempfile.mkdtemp(prefix="postrider-etc-")
    atexit.register(shutil.rmtree, staged, ignore_errors=True)
    for name in ("passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime"):
        with contextlib.suppress(OSError):
            shutil.copy(os.path.join("/etc", name), staged)
    os.chmod(staged, 0o755)
    os.mkdir(staged + "/courier")
    with open(os.path.join(HERE, "authdaemon_accounts.py"), encoding="ascii") as program:
        text = program.read()
    with open(staged + "/courier/authProg", "w", encoding="ascii") as program:
        program.write("#!%s\n%s" % (sys.executable, text))
    os.chmod(staged + "/courier/authProg", 0o755)
    with open(staged + "/courier/authdaemonrc", "w", encoding="ascii") as file:
        file.write("authmodulelist=\"authpipe\"\ndaemons=2\nauthdaemonvar=%s\n" % FOLDER)
    for folder in (staged, staged + "/courier"):  # root removes them as the ordinary user that it becomes
        ordinary_user.give(folder)
    call(LIBC.unshare(CLONE_NEWNS | (0 if user == 0 else CLONE_NEWUSER)))
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (user, user)),
                           ("gid_map", "%d %d 1" % (group, group))):
            with open("/proc/self/" + name, "w", encoding="ascii") as file:
                file.write(text)
    call(LIBC.mount(b"none", b"/", None, MS_REC_PRIVATE, None))
    call(LIBC.mount(staged.encode(), b"/etc", None, MS_BIND, None))
    call(LIBC.mount(b"run", b"/run", b"tmpfs", 0, b"mode=0777"))


COURIER = courier_peer.find_authlib()  # while Debian's archive can still be reached
if COURIER is None:
    print("Courier's authdaemond is not installed and Debian's archive cannot be reached", file=sys.stderr)
    sys.exit(77)
try:
    make_own_folders()
except OSError as error:
    print("no mount namespace can be had here: %s" % error, file=sys.stderr)
    sys.exit(77)

import support  # noqa: E402  it gives up root

#: What each pair of a tool and a daemon must say alike.
CALLS = (
    ("authtest", "john@example.com"), ("authtest", "-s", "pop3", "john@example.com"), ("authtest", "plain"),
    ("authtest", "-spop3", "plain"), ("authtest", "empty"), ("authtest", "system"), ("authtest", "nobody"),
    ("authtest", "two words"), ("authtest", "exit"),
    ("authtest", "john@example.com", "secret"), ("authtest", "john@example.com", "wrong"),
    ("authtest", "john@example.com", ""), ("authtest", "two words", "secret"),
    ("authtest", "john@example.com", "secret", "new"), ("authtest", "john@example.com", "wrong", "new"),
    ("authtest", "john@example.com", "secret", "new", "more"), ("authtest", "john", "secret"),
    ("authtest",), ("authtest", "-s"), ("authtest", "-s", "imap"), ("authtest", "-x", "john"),
    ("authtest", "--", "john"),
    ("authenumerate",), ("authenumerate", "-o"), ("authenumerate", "-s"), ("authenumerate", "-s", "-o"),
    ("authenumerate", "-so"), ("authenumerate", "-x"), ("authenumerate", "more"),
)


class Daemon:
    """A running daemon. With `stay`, it is not waited for."""

    def __init__(self, arguments, environment):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=self.log,
                                        env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
        support.wait_until(lambda: self.process.poll() is not None or os.path.exists(SOCKET), self.text)
        if self.process.poll() is not None:
            raise AssertionError(self.text())

    def text(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "backslashreplace")

    def end(self):
        self.process.stdin.close()
        if self.process.args[0] != HOST:
            self.process.terminate()
        self.process.wait(support.PATIENCE)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(SOCKET)
        text = self.text()
        self.log.close()
        if support.SANITIZER_REPORT.search(text):
            raise AssertionError(text)


def make_folder():
    os.makedirs(FOLDER, exist_ok=True)
    os.chmod(FOLDER, 0o750)


def courier():
    make_folder()
    root, environment = COURIER
    return Daemon([root + "usr/lib/courier/courier-authlib/authdaemond"], environment)


def ours():
    return Daemon([HOST, SOCKET, "/etc/courier/authProg"], {})


class Authdaemon(support.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.links = os.path.join(cls.folder, "links")
        os.mkdir(cls.links)
        for name in ("authtest", "authenumerate", "authpasswd", "authinfo"):
            os.symlink(support.PROGRAM, os.path.join(cls.links, name))

    @contextlib.contextmanager
    def running(self, start):
        daemon = start()
        try:
            yield daemon
        finally:
            daemon.end()

    def told(self, folder, arguments, environment, stdin=""):
        """Exit code, standard output, standard error."""
        done = subprocess.run([os.path.join(folder, arguments[0]), *arguments[1:]], input=stdin, capture_output=True,
                              text=True, timeout=support.PATIENCE, env={**os.environ, **environment})
        return done.returncode, done.stdout, done.stderr

    def told_by_tools(self, arguments, environment=None, stdin=""):
        """By Courier's, by ours."""
        root, libraries = COURIER
        environment = environment or {}
        return (self.told(root + "usr/sbin", arguments, {**libraries, **environment}, stdin),
                self.told(self.links, arguments, environment, stdin))

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(support.PATIENCE)
            client.connect(SOCKET)
            client.sendall(request)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := client.recv(65536):
                    answer += piece
            return answer

    def test_each_tool_with_each_daemon(self):
        said = []
        for start in (courier, ours):
            with self.running(start):
                said.append([self.told_by_tools(arguments) for arguments in CALLS])
                domain = {"DEFDOMAIN": "@example.com"}
                said[-1] += [self.told_by_tools(("authtest", "john", "secret"), domain),
                             self.told_by_tools(("authtest", "john"), domain)]
        for arguments, (theirs, mine), (theirs_of_ours, mine_of_ours) in zip((*CALLS, "DEFDOMAIN", "DEFDOMAIN"), *said):
            self.assertEqual(theirs, mine, arguments)
            self.assertEqual(theirs, theirs_of_ours, arguments)
            self.assertEqual(theirs, mine_of_ours, arguments)
        self.assertIn("Authentication succeeded.", said[0][0][0][1])
        self.assertIn("last\t65534\t65534\t/nonexistent\t\n", said[0][CALLS.index(("authenumerate", "-s"))][0][1])

    def test_no_daemon(self):
        make_folder()
        for arguments in (one for one in CALLS if "" not in one):
            self.assertEqual(*self.told_by_tools(arguments), arguments)
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(SOCKET)
        self.addCleanup(os.unlink, SOCKET)
        theirs, mine = self.told_by_tools(("authtest", "plain"))
        self.assertEqual(theirs[0:2], mine[0:2])
        self.assertIn("s_connect() failed: Connection refused", theirs[2])
        self.assertIn("s_connect() failed: Connection refused", mine[2])

    def auth(self, body):
        return b"AUTH %d\n%s" % (len(body), body)

    def cram(self, kind, password=b"secret", user=b"john@example.com"):
        challenge = b"<ABCDEF@host>"
        digest = hmac.new(password, challenge, kind).hexdigest().encode()
        return self.auth(b"imap\ncram-%s\n%s\n%s\n" % (kind.encode(), base64.b64encode(challenge),
                                                       base64.b64encode(user + b" " + digest)))

    def test_requests(self):
        john = b"john@example.com"
        line = lambda size: b"PRE . imap " + b"n" * (size - 11) + b"\n"  # noqa: E731
        requests = [
            b"PRE . imap " + john + b"\n", b"PRE   authpipe   imap   plain\n",
            b"PRE . imap\n", b"PRE .\n", b"PRE\n", b"TCPREMOTEIP=192.0.2.1\nPRE . imap plain\n",
            b"X=\n=\nPRE . imap plain\n",
            self.auth(b"imap\nlogin\n" + john + b"\nsecret\n"), self.auth(b"imap\nlogin\n" + john + b"\nsecret"),
            self.auth(b"imap\nlogin\n" + john + b"\nwrong\n"), self.auth(b"imap\nlogin\n" + john + b"\n\n"),
            self.auth(b"imap\nlogin\ntwo words\nsecret\n"), self.auth(b"imap\nother\n" + john + b"\nsecret\n"),
            self.cram("md5"), self.cram("sha1"), self.cram("sha256"), self.cram("md5", b"wrong"),
            self.cram("md5", user=b"two words"), self.auth(b"x" * 8191), self.auth(b""),
            self.auth(b"imap\n"), self.auth(b"imap\nlogin"), self.auth(b"imap\nlogin\n"), self.auth(b"\nlogin\nx\ny\n"),
            self.auth(b"imap\nlogin\nplain\nsecret\n" + b"x" * 8167), b"AUTH 8192\n" + b"x" * 8192, b"AUTH -1\n",
            b"PASSWD imap\t" + john + b"\tsecret\tnew\n", b"PASSWD imap\t" + john + b"\twrong\tnew\n",
            b"PASSWD imap\t" + john + b"\tsecret\tnew\tfifth\n", b"PASSWD imap\t" + john + b"\tsec\x01ret\tnew\n",
            b"PASSWD imap\t" + john + b"\tsecret\n", b"ENUMERATE\n", b"\n", b"QUIT\n",
            b"PRE . imap plain\nPRE . imap empty\n", b"PRE . imap exit\n", line(8189), line(8190), line(8191),
        ]
        answers = []
        for start in (courier, ours):
            with self.running(start):
                answers.append([self.ask(request) for request in requests])
        for request, theirs, mine in zip(requests, *answers):
            with self.subTest(request[:80]):
                self.assertEqual(theirs, mine)

    def test_their_socket_is_left_to_them(self):
        with self.running(courier):
            refused = subprocess.run([HOST, SOCKET, "/etc/courier/authProg"], stdin=subprocess.DEVNULL,
                                     capture_output=True, text=True, timeout=support.PATIENCE)
            self.assertEqual((1, SOCKET + ": another authdaemond listens there\n"),
                             (refused.returncode, refused.stderr))
            self.assertTrue(self.ask(b"PRE . imap plain\n").endswith(b".\n"))

    def test_json(self):
        with self.running(ours):
            found = json.loads(support.program("authtest", "--json", "--socket", SOCKET, "john@example.com").stdout)
            self.assertEqual({"authenticated": True, "address": "john@example.com", "system_user": None, "uid": 1012,
                              "gid": 1013, "home": "/home/vmail", "maildir": "/home/vmail/john",
                              "quota": "10000000S,1000C", "full_name": "John Doe",
                              "encrypted_password": "$1$24kydcZk$II6RGkIra2g014TLaN5JI1",
                              "cleartext_password": None, "options": "disablepop3=1,group=sales"}, found)
            system = json.loads(support.program("authtest", "--json", "system").stdout)
            self.assertEqual(("daemon", None), (system["system_user"], system["uid"]))
            refused = support.program("authtest", "--json", "nobody", check=False)
            self.assertEqual((1, {"authenticated": False, "error": "Operation not permitted"}),
                             (refused.returncode, json.loads(refused.stdout)))
            changed = support.program("authtest", "--json", "john@example.com", "secret", "new")
            self.assertEqual({"changed": True}, json.loads(changed.stdout))
            listed = json.loads(support.program("authenumerate", "--json", "-s").stdout)
            self.assertEqual(["john@example.com", "word", "last"], [one["name"] for one in listed])
            self.assertEqual({"name": "last", "uid": 65534, "gid": 65534, "home": "/nonexistent", "maildir": None,
                              "options": ""}, listed[-1])

    def test_information(self):
        told = dict(line.split("=", 1) for line in support.program("authinfo").stdout.splitlines())
        self.assertEqual("authpipe", told["authmodulelist"])
        self.assertEqual(SOCKET, told["socket"])
        self.assertEqual(told, json.loads(support.program("authinfo", "--json").stdout))
        folder = self.new_folder()
        with open(folder + "/authdaemonrc", "w", encoding="ascii") as file:
            file.write("authdaemonvar=/elsewhere\n")
        self.assertIn("socket=/elsewhere/socket\n", support.program("authinfo", "--config-dir", folder).stdout)

    def test_password_forms(self):
        for method in ("md5", "MD5RAW", "sha", "sha256", "sha512"):
            self.assertEqual(*self.told_by_tools(("authpasswd", method), stdin="secret\n"), method)
        for arguments, form in ((("ssha",), r"\{SSHA\}[A-Za-z0-9+/]{32}\n"),
                                (("other",), r"\{SSHA\}[A-Za-z0-9+/]{32}\n"),
                                ((), r"\$1\$[./A-Za-z0-9]{5}\$[./A-Za-z0-9]{22}\n")):
            for code, out, errors in self.told_by_tools(("authpasswd", *arguments), stdin="secret\n"):
                self.assertEqual((0, ""), (code, errors))
                self.assertRegex(out, "^%s$" % form)
        self.assertEqual(*self.told_by_tools(("authpasswd", "md5"), stdin=""))


if __name__ == "__main__":
    support.main()
