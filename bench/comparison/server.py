"""A server under test: accounts with Maildirs, settings, ports on loopback and a folder of its own.
What differs between servers is in peers.py.
"""
import contextlib
import dataclasses
import fnmatch
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from . import client, machine, meter, namespace, passwords, settings

UID = GID = 20001  # of the mail, where root measures
USERS = {"bench": UID, "courier": 20002, "dovecot": 20003, "dovenull": 20004, "cyrus": 20005}
PORTS = ("imap", "imaps", "pop3", "pop3s")
START_PATIENCE = 60  # seconds


@dataclasses.dataclass
class Cost:
    """Seconds. cpu: user and system time of all processes of the server.  wall: until the client had its answer."""
    cpu: float
    wall: float


def free_ports(count):
    """Different ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True
    return False


def _signal(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Server:
    """What all have in common. Settings that a row changes are in `changes`, and take effect at the next start."""

    name = ""
    #: Debian's packages; none: the program comes with us.
    packages = ()
    #: Files of the Maildir that a server keeps beside the mail: the list of UIDs, and all (with patterns).
    uid_list, own_files = "", ()
    #: How long it may put off work that belongs to an answer already given, in seconds.
    puts_off = 0.0
    #: Whether a second SEARCH or FETCH of the same can be quicker than the first.
    has_cache = True
    #: Whether its mail is in Maildirs, which others can deliver to.
    has_maildir = True
    #: Seconds that it has to end by itself.
    stop_patience = 30
    #: Values of the templates in the rows that want other ones.
    without_syncs, hibernating, isolated = {}, {}, {}
    #: The same with and without a cache of checked passwords; None: it has none.
    caching, uncaching = None, None
    #: Whether the stored password can be a hash of any kind.
    has_hashes = True

    def __init__(self, folder, tree, users, cores=None):
        """folder: empty, passable for all.  tree: unpacked packages; None: it needs none.  users: names of accounts.
        cores: numbers of those that it may use; None: all."""
        self.folder, self.tree, self.users, self.cores = pathlib.Path(folder), tree, list(users), cores
        root = os.geteuid() == 0
        self.uid, self.gid = (UID, GID) if root else (os.geteuid(), os.getegid())
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.changes, self.process, self.meter = {}, None, None
        self.layer = self.folder / "layer"
        (self.layer / "etc").mkdir(parents=True)
        if not self.tree:
            self.tree = self.folder / "no-packages"
            for part in ("usr", "etc"):
                (self.tree / part).mkdir(parents=True)
        for user in self.users:
            for part in ("cur", "new", "tmp"):
                (self.maildir_of(user) / part).mkdir(parents=True)
        self.own(self.folder / "mail")  # the folder around the homes too, as it is of virtual mailboxes
        self._make_certificate()

    @property
    def maildir(self):
        return self.maildir_of("bench")

    def maildir_of(self, user):
        return self.folder / "mail" / user / "Maildir"

    def own(self, path):
        """Gives mail to its owner, where root made it."""
        if os.geteuid() == 0:
            for one in [path, *path.rglob("*")]:
                os.chown(one, self.uid, self.gid)

    def _make_certificate(self):
        """folder/certificate: key and certificate in one file, as most servers take it."""
        path = self.folder / "certificate"
        key, made = self.folder / "key", self.folder / "made"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "9", "-subj", "/CN=localhost", "-keyout", key, "-out", made],
                       check=True, capture_output=True)
        path.write_text(key.read_text() + made.read_text())
        path.chmod(0o644 if os.geteuid() == 0 else 0o600)

    def values(self):
        """What the templates can name."""
        return {**self.ports, "site": self.folder, "settings": self.layer / "etc" / "courier",
                "certificate": self.folder / "certificate", "cores": len(self.cores or os.sched_getaffinity(0)),
                "uid": self.uid, "gid": self.gid, "password": client.PASSWORD}

    def stored_password(self):
        return passwords.stored(self.changes.get("stored", "sha"))

    def write_accounts(self):
        """The userdb of Courier's format, which postrider has too."""
        line = "{0}\tuid={1}|gid={2}|home={3}|mail={3}/Maildir|systempw={4}\n"
        path = self.layer / "etc" / "courier" / "userdb"
        path.write_text("".join(line.format(user, self.uid, self.gid, self.maildir_of(user).parent,
                                            self.stored_password()) for user in self.users))
        path.chmod(0o600)

    def version(self):
        """Name and version, as the program tells them."""
        raise NotImplementedError

    def seen(self, words):
        """The command that runs `words` where the server's packages and settings are in place."""
        return namespace.command(self.layer, self.tree, words)

    def start(self):
        start = settings.write(self.name, self.layer, {**self.values(), **self.changes})
        self.write_accounts()
        words = ["/bin/sh", str(start)]
        if namespace.is_possible():
            namespace.add_users(self.layer, USERS)
            words = self.seen(words)
        if not self.meter:
            self.meter = meter.Meter("postrider-bench-" + self.name)
        words = [*machine.pinned(self.cores), *words]
        with (self.folder / "stderr").open("ab") as errors:
            self.process = subprocess.Popen(["/bin/sh", "-c", self.meter.shell + 'exec "$@"', "sh", *words],
                                            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, cwd="/",
                                            start_new_session=True)
        self.meter.pid = self.process.pid
        self._wait_until_ready()
        return self

    def _wait_until_ready(self):
        last = time.monotonic() + START_PATIENCE
        while time.monotonic() < last and self.process.poll() is None:
            if listens(self.ports["imap"]) and listens(self.ports["imaps"]):
                return
            time.sleep(0.02)
        said = (self.folder / "stderr").read_text()[-2000:]
        self.stop()
        raise SystemExit(f"{self.name} did not start:\n{said}")

    def stop(self):
        """As its administrator would; what is left afterwards is killed."""
        if not self.process:
            return
        # In a namespace the first process below unshare is the server's, and its end ends all others.
        first = (meter.tree(self.process.pid)[1:2] if namespace.is_possible() else []) or [self.process.pid]
        _signal(first[0], signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.stop_patience)
        if self.process.poll() is None:
            _signal(first[0], signal.SIGKILL)
            self.process.wait()
        self.meter.wait_until_empty()
        self.process = None

    def close(self):
        self.stop()
        if self.meter:
            self.meter.close()

    def restart(self, **changes):
        """changes: values of the templates from now on."""
        self.stop()
        self.changes = changes
        self.start()

    def forget(self, keep_uid_list=False):
        """Starts it anew without the files that it keeps beside the mail of the INBOX."""
        self.stop()
        self.remove_own_files(keep_uid_list)
        self.start()

    def remove_own_files(self, keep_uid_list=False):
        for path in list(self.maildir.iterdir()):
            if keep_uid_list and path.name == self.uid_list:
                continue
            if any(fnmatch.fnmatch(path.name, pattern) for pattern in self.own_files):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def fill(self, user, maildir):
        """Gives an account the messages of a Maildir on the same file system, by hard links."""
        for part in ("cur", "new"):
            for entry in os.scandir(maildir / part):
                os.link(entry.path, self.maildir_of(user) / part / entry.name)
        self.own(self.maildir_of(user))

    def session(self, user="bench"):
        return client.Client(self.ports["imap"], user)

    def has_pop3(self):
        return listens(self.ports["pop3"])

    def cost(self, work, put_off=False):
        """What work() costs.  put_off: work that the server does after its answer counts too, so it is waited for."""
        before, start = self.meter.settle(), time.monotonic()
        work()
        wall = time.monotonic() - start
        return Cost(self.meter.settle(max(0.03, self.puts_off if put_off else 0)) - before, wall)
