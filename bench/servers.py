"""A server that is measured, with one account, `bench`, on loopback ports and in a folder of its own; and postrider.
Started by an ordinary user postrider is one process, started by root it is separated. The others are in peers.py.
"""
import base64
import contextlib
import fnmatch
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import time

import client
import processes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def told_version(command, environment=None):
    return subprocess.run([*command, "--version"], capture_output=True, text=True, env=environment).stdout.strip()


def make_maildir(path):
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True, exist_ok=True)


class Server:
    """What all have. Subclasses write settings and give the command that serves in the foreground."""

    name = ""
    #: Files of the Maildir that a server keeps beside the mail: the list of UIDs, and all (with patterns).
    uid_list, own_files = "", ()
    #: How long it may put off work that belongs to an answer already given, in seconds.
    puts_off = 0.0
    #: Whether a second SEARCH or FETCH of the same can be quicker than the first.
    has_cache = True

    def __init__(self, folder, program, maildir=None, uid=None, gid=None):
        """folder: made by the caller.  maildir: made when it is not there.  uid, gid: whose the mail is."""
        self.folder, self.program = pathlib.Path(folder), str(program)
        self.maildir = pathlib.Path(maildir) if maildir else self.folder / "mail" / "Maildir"
        self.uid = os.geteuid() if uid is None else uid
        self.gid = os.getegid() if gid is None else gid
        self.port = self.tls_port = self.process = None
        self.syncs = True
        make_maildir(self.maildir)
        self.own()

    def own(self):
        """Gives the mail to its owner, where root made it."""
        if os.geteuid() == 0:
            for path in [self.maildir.parent, *self.maildir.parent.rglob("*")]:
                os.chown(path, self.uid, self.gid)

    def make_certificate(self):
        """folder/key and folder/cert."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "9", "-subj", "/CN=localhost", "-keyout", self.folder / "key",
                        "-out", self.folder / "cert"], check=True, capture_output=True)

    def start(self):
        self.port, self.tls_port = free_port(), free_port()
        self.write_settings()
        self.process = subprocess.Popen(self.command(), env=self.environment(), stdin=subprocess.DEVNULL,
                                        stderr=(self.folder / "stderr").open("ab"))
        last = time.monotonic() + 20
        while time.monotonic() < last and self.process.poll() is None:
            with contextlib.suppress(OSError):
                client.connect(self.port).close()
                return self
            time.sleep(0.02)
        raise SystemExit(f"{self.name} did not start:\n" + (self.folder / "stderr").read_text()[-2000:])

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def forget(self, keep_uid_list=False):
        """Starts it anew without the files that it keeps beside the mail of the INBOX."""
        self.stop()
        for path in list(self.maildir.iterdir()):
            if keep_uid_list and path.name == self.uid_list:
                continue
            if any(fnmatch.fnmatch(path.name, pattern) for pattern in self.own_files):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.start()

    def write_settings(self):
        """Into the server's folder; nothing where it has none but its environment."""

    def environment(self):
        return dict(os.environ)

    def connect(self, tls=False):
        return client.connect(self.tls_port if tls else self.port, tls)

    def session(self):
        return client.Client(self.port)

    def processes(self):
        return processes.tree(self.process.pid)

    def cpu_seconds(self):
        return processes.cpu_seconds(self.processes())

    def pss_kib(self):
        return sum(processes.pss_kib(pid) for pid in self.processes())

    def settle(self, quiet=0.03):
        return processes.settle(self.process.pid, quiet)

    def cost(self, work, put_off=False):
        """What work() costs.  put_off: work that the server does after its answer counts too, so it is waited for."""
        before, start = self.settle(), time.monotonic()
        work()
        wall = time.monotonic() - start
        return processes.Cost(self.settle(max(0.03, self.puts_off if put_off else 0)) - before, wall)


class Postrider(Server):
    name, uid_list, own_files = "postrider", "courierimapuiddb", ("courierimap*", "postrider-*")
    puts_off = 2.0

    def __init__(self, folder, program, maildir=None, uid=None, gid=None, **settings):
        """settings: of the file postrider, over these here."""
        super().__init__(folder, program, maildir, uid, gid)
        self.settings = settings
        self.etc = self.folder / "etc"
        self.etc.mkdir()
        self.make_certificate()
        (self.etc / "imapd.pem").write_text((self.folder / "cert").read_text() + (self.folder / "key").read_text())
        (self.etc / "authdaemonrc").write_text('authmodulelist="authuserdb"\n')
        # {SHA}: the figure is to be the server's work, not the hash's.
        stored = "{SHA}" + base64.b64encode(hashlib.sha1(client.PASSWORD.encode()).digest()).decode()
        self._tool("userdb", "bench", "set", f"uid={self.uid}", f"gid={self.gid}", f"home={self.maildir.parent}",
                   f"mail={self.maildir}", f"imappw={stored}")
        self._tool("makeuserdb")

    def write_settings(self):
        own = {"LOG": self.folder / "log", "MAXPERACCOUNT": 100000, "CONTROL_SOCKET": "",
               "MAILDIR_FSYNC": int(self.syncs), **self.settings}
        files = {"imapd": {"ADDRESS": "127.0.0.1", "PORT": self.port, "MAXPERIP": 100000, "MAXDAEMONS": 100000},
                 "imapd-ssl": {"SSLADDRESS": "127.0.0.1", "SSLPORT": self.tls_port}, "postrider": own}
        for file, values in files.items():
            (self.etc / file).write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    def command(self):
        return [self.program, "serve", "--config-dir", self.etc]

    @staticmethod
    def version(program):
        return told_version([program])

    def _tool(self, name, *arguments):
        subprocess.run([self.program, name, "--config-dir", self.etc, *arguments], check=True)
