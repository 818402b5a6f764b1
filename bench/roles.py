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
import contextlib
import os
import pathlib
import resource
import shutil
import statistics
import sys
import tempfile
import time

import client
import make_folder
import peers
import processes
import servers

ROOT = pathlib.Path(__file__).resolve().parent.parent
UID = 20001  # of the mail; it needs no entry in /etc/passwd
CGROUP = pathlib.Path("/sys/fs/cgroup/memory/postrider-bench")


class Separated(servers.Postrider):
    """postrider as root starts it, in a memory group of its own."""

    def __init__(self, binary, folder, **settings):
        os.chmod(folder, 0o711)
        super().__init__(folder, binary, uid=UID, gid=UID, FRONT_USER="nobody", **settings)
        self.settings["CONTROL_SOCKET"] = self.folder / "control"
        CGROUP.mkdir(exist_ok=True)

    def command(self):
        return ["/bin/sh", "-c", f"echo $$ > {CGROUP}/cgroup.procs; exec \"$0\" \"$@\"", *super().command()]

    @staticmethod
    def role(pid):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1]

    def pss_of_roles(self):
        """{role: KiB}"""
        sums = {}
        for pid in self.processes():
            sums[self.role(pid)] = sums.get(self.role(pid), 0) + processes.pss_kib(pid)
        return sums

    @staticmethod
    def kernel_kib():
        return int((CGROUP / "memory.kmem.usage_in_bytes").read_text()) / 1024

    def stop(self):
        super().stop()
        with contextlib.suppress(OSError):
            CGROUP.rmdir()


def idle(arguments, folder):
    server = Separated(arguments.postrider, folder).start()
    make_folder.make_folder(server.maildir, 100)
    server.own()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(arguments.sessions, (hard - 100) // 2 if arguments.tls else hard - 100)
    sessions = []

    def one():
        connection = server.connect(arguments.tls)
        client.log_in(connection)
        connection.sendall(b"b SELECT INBOX\r\n")
        client.read_until(connection, b"b OK")
        connection.sendall(b"c IDLE\r\n")
        client.read_until(connection, b"idle mode\r\n")
        sessions.append(connection)

    one()
    time.sleep(1)
    before, kernel = server.pss_of_roles(), server.kernel_kib()
    for _ in range(count):
        one()
    time.sleep(1)
    grown = {role: (kib - before.get(role, 0)) / count for role, kib in server.pss_of_roles().items()}
    kind = "TLS through the relay" if arguments.tls else "plain"
    print(f"{kind}, {count} idle sessions, KiB a session: PSS {sum(grown.values()):.1f} (" +
          ", ".join(f"{role} {kib:.1f}" for role, kib in sorted(grown.items())) +
          f"), kernel {(server.kernel_kib() - kernel) / count:.1f}")
    return server


def login(arguments, folder):
    for kind, settings in (("warm worker", {}), ("cold worker", {"WORKERS": "session"})):
        server = Separated(arguments.postrider, tempfile.mkdtemp(dir=folder), **settings).start()
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
    client.log_in(connection)
    connection.sendall(b"b LOGOUT\r\n")
    client.read_until(connection, b"b OK")
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
    client.log_in(connection)
    connection.sendall(b"b SELECT INBOX\r\n")
    client.read_until(connection, b"b OK")
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
    both = {"postrider": Separated(arguments.postrider, tempfile.mkdtemp(dir=folder)).start()}
    if arguments.dovecot:
        other = pathlib.Path(tempfile.mkdtemp(dir=folder))
        other.chmod(0o711)
        both["dovecot"] = peers.Dovecot(other, arguments.dovecot, uid=UID, gid=UID).start()
    try:
        for server in both.values():
            (server.maildir / "cur" / f"1700000000.M1P1.bench,S={len(text)},W={size}:2,S").write_text(text)
            server.own()
        figures = {name: [] for name in both}
        for _ in range(arguments.rounds + 1):
            for name, server in both.items():
                figures[name].append(fetched(server, size))
        for name, rounds in figures.items():
            seconds = statistics.median(one[0] for one in rounds[1:])  # the first fills caches
            cpu = statistics.median(one[1] for one in rounds[1:])
            print(f"{name}: {size / 1e6 / seconds:.0f} MB/s over TLS, {cpu / size * 1e9:.2f} ns CPU a byte "
                  f"(median of {arguments.rounds}, {size / 1e6:.0f} MB)")
    finally:
        for server in both.values():
            server.stop()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["idle", "login", "relay"])
    parser.add_argument("--postrider", default=str(ROOT / "build/release/src/postrider"), type=os.path.abspath)
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
