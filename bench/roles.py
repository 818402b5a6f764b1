#!/usr/bin/python3
"""Measurements of the separated server: started as root, with supervisor, front and workers. Needs root; works in a
folder of its own; figures go to standard output.

  bench/roles.py idle [--sessions 2000] [--tls]   PSS (supervisor, front, worker) and kernel memory of idle sessions
  bench/roles.py login [--count 1000]             CPU of connect + LOGIN + LOGOUT: warm worker, and a cold one each time
  bench/roles.py relay [--megabytes 100] [--rounds 5] [--dovecot /usr/sbin/dovecot]
        FETCH of one large message over TLS: throughput and CPU, side by side with Dovecot; rounds alternate

--postrider PATH names the binary (default build/release/src/postrider).
"""
import argparse
import base64
import contextlib
import hashlib
import os
import pathlib
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

import measure

UID = 20001  # of the mail; it needs no entry in /etc/passwd
CGROUP = pathlib.Path("/sys/fs/cgroup/memory/postrider-bench")


class Site:
    """A site with one account, served by several processes. Subclasses start a server."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o711)
        self.port, self.tls_port = measure.free_port(), measure.free_port()
        self.maildir = self.folder / "mail" / "Maildir"
        for part in ("cur", "new", "tmp"):
            (self.maildir / part).mkdir(parents=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj",
                        "/CN=localhost", "-keyout", self.folder / "key", "-out", self.folder / "cert"],
                       check=True, capture_output=True)

    def own(self):
        for path in [self.folder / "mail", *(self.folder / "mail").rglob("*")]:
            os.chown(path, UID, UID)

    def processes(self):
        """Every process below the server's first one, and that."""
        children = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rsplit(")", 1)[1].split()
                children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found, waiting = [], [self.process.pid]
        while waiting:
            found.append(waiting.pop())
            waiting += children.get(found[-1], [])
        return found

    def cpu_seconds(self):
        return sum(measure.child_cpu(pid) for pid in self.processes())

    def connect(self, tls=False):
        return measure.Server.connect(self, tls)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Postrider(Site):
    def __init__(self, binary, folder, **settings):
        super().__init__(folder)
        etc = self.folder / "etc"
        etc.mkdir()
        (etc / "imapd").write_text(f"ADDRESS=127.0.0.1\nPORT={self.port}\nMAXPERIP=100000\nMAXDAEMONS=100000\n")
        (etc / "imapd-ssl").write_text(f"SSLADDRESS=127.0.0.1\nSSLPORT={self.tls_port}\n")
        (etc / "authdaemonrc").write_text('authmodulelist="authuserdb"\n')
        own = {"LOG": self.folder / "log", "FRONT_USER": "nobody", "CONTROL_SOCKET": self.folder / "control",
               "MAXPERACCOUNT": 100000, **settings}
        (etc / "postrider").write_text("".join(f"{name}={value}\n" for name, value in own.items()))
        (etc / "imapd.pem").write_text((self.folder / "cert").read_text() + (self.folder / "key").read_text())
        # {SHA}: the figure is to be the server's work, not the hash's.
        stored = "{SHA}" + base64.b64encode(hashlib.sha1(measure.PASSWORD.encode()).digest()).decode()
        self.binary = binary
        measure.Server.tool(self, "userdb", "bench", "set", f"uid={UID}", f"gid={UID}", f"home={self.folder}/mail",
                            f"mail={self.maildir}", f"imappw={stored}")
        measure.Server.tool(self, "makeuserdb")
        self.own()
        CGROUP.mkdir(exist_ok=True)
        enter = f"echo $$ > {CGROUP}/cgroup.procs; exec \"$0\" serve --config-dir {etc}"
        self.process = subprocess.Popen(["/bin/sh", "-c", enter, binary], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "ready" in line:
                return
        raise SystemExit("the server did not start")

    def role(self, pid):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1]

    def pss_kib(self):
        sums = {}
        for pid in self.processes():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            kib = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
            sums[self.role(pid)] = sums.get(self.role(pid), 0) + kib
        return sums

    @staticmethod
    def kernel_kib():
        return int((CGROUP / "memory.kmem.usage_in_bytes").read_text()) / 1024

    def stop(self):
        super().stop()
        with contextlib.suppress(OSError):
            CGROUP.rmdir()


class Dovecot(Site):
    """Dovecot as a whole, with its login processes in front, on the same kind of account."""

    def __init__(self, binary, folder):
        super().__init__(folder)
        self.own()
        config = self.folder / "dovecot.conf"
        config.write_text(f"""protocols = imap
base_dir = {self.folder}/run
log_path = {self.folder}/log
ssl_cert = <{self.folder}/cert
ssl_key = <{self.folder}/key
ssl_dh =
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
first_valid_uid = 1
mail_location = maildir:{self.maildir}
passdb {{
  driver = static
  args = password={measure.PASSWORD}
}}
userdb {{
  driver = static
  args = uid={UID} gid={UID} home={self.folder}/mail
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
}}
""")
        self.process = subprocess.Popen([binary, "-F", "-c", str(config)])
        last = time.monotonic() + 10
        while time.monotonic() < last:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.tls_port)).close()
                return
            time.sleep(0.05)
        raise SystemExit((self.folder / "log").read_text())


def idle(arguments, folder):
    server = Postrider(arguments.postrider, folder)
    measure.make_messages(server.maildir / "cur", 100)
    server.own()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(arguments.sessions, (hard - 100) // 2 if arguments.tls else hard - 100)
    sessions = []

    def one():
        connection = server.connect(arguments.tls)
        measure.log_in(connection)
        connection.sendall(b"b SELECT INBOX\r\n")
        measure.read_until(connection, b"b OK")
        connection.sendall(b"c IDLE\r\n")
        measure.read_until(connection, b"idle mode\r\n")
        sessions.append(connection)

    one()
    time.sleep(1)
    before, kernel = server.pss_kib(), server.kernel_kib()
    for _ in range(count):
        one()
    time.sleep(1)
    grown = {role: (kib - before.get(role, 0)) / count for role, kib in server.pss_kib().items()}
    kind = "TLS through the relay" if arguments.tls else "plain"
    print(f"{kind}, {count} idle sessions, KiB a session: PSS {sum(grown.values()):.1f} (" +
          ", ".join(f"{role} {kib:.1f}" for role, kib in sorted(grown.items())) +
          f"), kernel {(server.kernel_kib() - kernel) / count:.1f}")
    return server


def login(arguments, folder):
    for kind, settings in (("warm worker", {}), ("cold worker", {"WORKERS": "session"})):
        server = Postrider(arguments.postrider, tempfile.mkdtemp(dir=folder), **settings)
        try:
            count = arguments.count if not settings else max(20, arguments.count // 10)
            once(server, settings)  # fills caches, and starts the warm worker
            cpu = server.cpu_seconds() + waited_cpu(server)
            wall = sum(once(server, settings) for _ in range(count))
            cpu = server.cpu_seconds() + waited_cpu(server) - cpu
            print(f"connect+LOGIN+LOGOUT, {kind}: {cpu / count * 1e6:.0f} us CPU of all processes, "
                  f"{wall / count * 1e6:.0f} us wall ({count} times)")
        finally:
            server.stop()
    return None


def once(server, cold):
    """Seconds from connect to the answer of LOGOUT; a cold worker is waited for until it has ended."""
    start = time.monotonic()
    connection = server.connect()
    measure.log_in(connection)
    connection.sendall(b"b LOGOUT\r\n")
    measure.read_until(connection, b"b OK")
    wall = time.monotonic() - start
    connection.close()
    while cold and len(server.processes()) > 2:
        time.sleep(0.002)
    return wall


def waited_cpu(server):
    """CPU of the supervisor's children that have ended."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def fetched(server, size):
    """(seconds, CPU seconds) of FETCH 1 BODY[] over TLS."""
    connection = server.connect(tls=True)
    measure.log_in(connection)
    connection.sendall(b"b SELECT INBOX\r\n")
    measure.read_until(connection, b"b OK")
    start, cpu = time.monotonic(), server.cpu_seconds()
    connection.sendall(b"c FETCH 1 BODY.PEEK[]\r\n")
    buffer = bytearray(1 << 20)
    got, tail = 0, b""
    while b"c OK" not in tail:
        n = connection.recv_into(buffer)
        got += n
        tail = (tail + bytes(buffer[max(0, n - 64):n]))[-128:]
    seconds, cpu = time.monotonic() - start, server.cpu_seconds() - cpu
    if got < size:
        raise SystemExit(f"{got} bytes instead of {size}")
    connection.close()
    return seconds, cpu


def relay(arguments, folder):
    line = "The quick brown fox jumps over the lazy dog, again and again and again.\n"
    text = "From: a@example.org\nSubject: large\n\n" + line * (arguments.megabytes * 1_000_000 // (len(line) + 1))
    size = len(text) + text.count("\n")
    peers = {"postrider": Postrider(arguments.postrider, tempfile.mkdtemp(dir=folder))}
    if arguments.dovecot:
        peers["dovecot"] = Dovecot(arguments.dovecot, tempfile.mkdtemp(dir=folder))
    try:
        for server in peers.values():
            (server.maildir / "cur" / f"1700000000.M1P1.bench,S={len(text)},W={size}:2,S").write_text(text)
            server.own()
        figures = {name: [] for name in peers}
        for _ in range(arguments.rounds + 1):
            for name, server in peers.items():
                figures[name].append(fetched(server, size))
        for name, rounds in figures.items():
            seconds = statistics.median(one[0] for one in rounds[1:])  # the first fills caches
            cpu = statistics.median(one[1] for one in rounds[1:])
            print(f"{name}: {size / 1e6 / seconds:.0f} MB/s over TLS, {cpu / size * 1e9:.2f} ns CPU a byte "
                  f"(median of {arguments.rounds}, {size / 1e6:.0f} MB)")
    finally:
        for server in peers.values():
            server.stop()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["idle", "login", "relay"])
    parser.add_argument("--postrider", default=str(measure.ROOT / "build/release/src/postrider"), type=os.path.abspath)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dovecot", type=os.path.abspath)
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench/roles.py: needs root, as the separated server does")
    folder = tempfile.mkdtemp(prefix="postrider-bench-")
    os.chmod(folder, 0o711)
    server = None
    try:
        server = {"idle": idle, "login": login, "relay": relay}[arguments.what](arguments, folder)
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
