#!/usr/bin/python3
"""Measurements of a release build, on loopback, in a folder of their own. Figures go to standard output.
Root becomes an ordinary user first, so it is always the same server that is measured: all in one process.

  bench/measure.py idle  [--sessions 2000] [--tls]   memory of idle sessions (PSS), mailbox selected, IDLE
  bench/measure.py login [--count 2000]          server CPU of connect + LOGIN + LOGOUT, with a cheap password hash
  bench/measure.py fetch [--messages 10000] [--dovecot IMAP]
        FETCH 1:* (ENVELOPE BODYSTRUCTURE): server CPU and wall time. IMAP: Dovecot's `imap` program, run on the same
        Maildir in the same run, for the ratio. Rounds alternate; medians are printed.

--postrider PATH names the binary (default build/release/src/postrider).
"""
import argparse
import base64
import hashlib
import os
import pathlib
import random
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))
import ordinary_user

PASSWORD = "bench"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """postrider with one account on loopback."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.port, self.tls_port = free_port(), free_port()
        etc = self.folder / "etc"
        etc.mkdir()
        for part in ("cur", "new", "tmp"):
            (self.folder / "Maildir" / part).mkdir(parents=True)
        (etc / "imapd").write_text(f"ADDRESS=127.0.0.1\nPORT={self.port}\nMAXPERIP=100000\nMAXDAEMONS=100000\n")
        (etc / "imapd-ssl").write_text(f"SSLADDRESS=127.0.0.1\nSSLPORT={self.tls_port}\n")
        (etc / "authdaemonrc").write_text('authmodulelist="authuserdb"\n')
        (etc / "postrider").write_text(f"LOG={self.folder}/log\nMAXPERACCOUNT=100000\nCONTROL_SOCKET=\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj",
                        "/CN=localhost", "-keyout", self.folder / "key", "-out", self.folder / "cert"],
                       check=True, capture_output=True)
        (etc / "imapd.pem").write_text((self.folder / "cert").read_text() + (self.folder / "key").read_text())
        # {SHA}: the figure is to be the server's work, not the hash's.
        stored = "{SHA}" + base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
        self.tool("userdb", "bench", "set", f"uid={os.geteuid()}", f"gid={os.getegid()}", f"home={self.folder}",
                  f"mail={self.folder}/Maildir", f"imappw={stored}")
        self.tool("makeuserdb")
        self.process = subprocess.Popen([binary, "serve", "--config-dir", etc], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "ready" in line:
                return
        raise SystemExit("the server did not start")

    def tool(self, name, *arguments):
        subprocess.run([self.binary, name, "--config-dir", self.folder / "etc", *arguments], check=True)

    def pss_kib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self, tls=False):
        connection = socket.create_connection(("127.0.0.1", self.tls_port if tls else self.port))
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = context.wrap_socket(connection)
        return connection

    def stop(self):
        self.process.terminate()
        self.process.wait()


def read_until(connection, mark):
    data = b""
    while mark not in data:
        piece = connection.recv(65536)
        if not piece:
            raise SystemExit(f"connection lost after {data[-200:]!r}")
        data += piece
    return data


def log_in(connection):
    read_until(connection, b"\r\n")
    connection.sendall(f"a LOGIN bench {PASSWORD}\r\n".encode())
    read_until(connection, b"a OK")


def make_messages(folder, count):
    """Multipart messages of realistic sizes (median some 6 KB, a few large), the same in each run."""
    chance = random.Random(4711)
    words = "mail server folder message please find attached report meeting tomorrow regards thanks order".split()
    for number in range(count):
        size = min(200_000, int(chance.lognormvariate(8.7, 1.2)))
        lines = []
        while sum(map(len, lines)) < size:
            lines.append(" ".join(chance.choices(words, k=11)) + "\n")
        text = (f"Return-Path: <s{number}@example.org>\nReceived: from a.example.org by b.example.com; "
                f"Mon, 9 Nov 2026 08:{number % 60:02}:03 +0100\nDate: Mon, 9 Nov 2026 08:{number % 60:02}:00 +0100\n"
                f"From: Sender {number % 97} <s{number % 97}@example.org>\nTo: demo@example.com, other@example.com\n"
                f"Subject: Message {number} about {chance.choice(words)}\nMessage-ID: <{number}@example.org>\n"
                "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b0\n\n--b0\n"
                "Content-Type: text/plain; charset=utf-8\n\n" + "".join(lines) +
                "--b0\nContent-Type: text/html; charset=utf-8\n\n<p>" + "".join(lines[:20]) + "</p>\n--b0--\n")
        (folder / f"{1700000000 + number}.M{number}P1.bench,S={len(text)}:2,S").write_text(text)


def idle(arguments, server):
    """One kind of connection a run: memory freed by others would be taken again."""
    make_messages(server.folder / "Maildir" / "cur", 100)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    warm = server.connect(arguments.tls)
    log_in(warm)
    warm.sendall(b"b SELECT INBOX\r\n")
    read_until(warm, b"b OK")
    before = server.pss_kib()
    sessions = []
    for _ in range(arguments.sessions):
        connection = server.connect(arguments.tls)
        log_in(connection)
        connection.sendall(b"b SELECT INBOX\r\n")
        read_until(connection, b"b OK")
        connection.sendall(b"c IDLE\r\n")
        read_until(connection, b"idle mode\r\n")
        sessions.append(connection)
    time.sleep(1)
    grown = server.pss_kib() - before
    kind = "TLS" if arguments.tls else "plain"
    print(f"{kind}: {grown / arguments.sessions:.1f} KiB PSS a session, {arguments.sessions} idle sessions")


def login(arguments, server):
    before, start = server.cpu_seconds(), time.monotonic()
    for _ in range(arguments.count):
        connection = server.connect()
        log_in(connection)
        connection.sendall(b"b LOGOUT\r\n")
        read_until(connection, b"b OK")
        connection.close()
    wall = time.monotonic() - start
    cpu = server.cpu_seconds() - before
    print(f"connect+LOGIN+LOGOUT: {cpu / arguments.count * 1e6:.0f} us server CPU, {wall / arguments.count * 1e6:.0f} us wall")


def timed_session(command, environment):
    """One PREAUTH session on pipes: (child CPU, wall) of the FETCH, the SELECT before it not counted for wall."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               env=environment)
    def until(mark):
        tail = b""
        while mark not in tail:
            piece = os.read(process.stdout.fileno(), 1 << 20)
            if not piece:
                raise SystemExit(f"{command[0]} ended early: {tail!r}")
            tail = tail[-64:] + piece
    process.stdin.write(b"a SELECT INBOX\r\n")
    process.stdin.flush()
    until(b"a OK")
    start = time.monotonic()
    before = child_cpu(process.pid)
    process.stdin.write(b"b FETCH 1:* (ENVELOPE BODYSTRUCTURE)\r\n")
    process.stdin.flush()
    until(b"b OK")
    wall, cpu = time.monotonic() - start, child_cpu(process.pid) - before
    process.stdin.write(b"c LOGOUT\r\n")
    process.stdin.flush()
    process.communicate()
    return cpu, wall


def child_cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return max(total, int(fields[0])) / 1e9


def fetch(arguments, server):
    maildir = server.folder / "Maildir"
    make_messages(maildir / "cur", arguments.messages)
    size = sum(entry.stat().st_size for entry in (maildir / "cur").iterdir())
    print(f"{arguments.messages} messages, {size / 1e6:.0f} MB")
    etc = server.folder / "etc"
    with (etc / "imapd").open("a") as settings:
        settings.write("IMAP_MAILBOX_SANITY_CHECK=0\n")
    peers = {"postrider": ([arguments.postrider, "imapd", str(maildir)], dict(os.environ, POSTRIDER_CONFIG_DIR=str(etc)))}
    if arguments.dovecot:
        config = server.folder / "dovecot.conf"
        config.write_text(f"log_path = {server.folder}/dovecot.log\nssl = no\nfirst_valid_uid = 0\n"
                          f"first_valid_gid = 0\nmail_uid = {os.geteuid()}\nmail_gid = {os.getegid()}\n")
        peers["dovecot, no cache"] = (dovecot(arguments, config, maildir, ":INDEX=MEMORY"), dovecot_environment(arguments))
        peers["dovecot, cached"] = (dovecot(arguments, config, maildir, ""), dovecot_environment(arguments))
    figures = {name: [] for name in peers}
    for _ in range(arguments.rounds + 1):
        for name, (command, environment) in peers.items():
            figures[name].append(timed_session(command, environment))
    for name, rounds in figures.items():
        rounds = rounds[1:]  # the first fills caches
        cpu = statistics.median(one[0] for one in rounds) / arguments.messages * 1e6
        wall = statistics.median(one[1] for one in rounds) / arguments.messages * 1e6
        print(f"{name}: {cpu:.1f} us CPU, {wall:.1f} us wall a message (median of {arguments.rounds})")


def dovecot(arguments, config, maildir, extra):
    return [arguments.dovecot, "-c", str(config), "-o", f"mail_location=maildir:{maildir}{extra}"]


def dovecot_environment(arguments):
    environment = dict(os.environ, USER="bench", HOME="/nonexistent")
    return environment


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["idle", "login", "fetch"])
    parser.add_argument("--postrider", default=str(ROOT / "build/release/src/postrider"))
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dovecot", type=os.path.abspath)
    arguments = parser.parse_args()
    arguments.postrider = ordinary_user.become(arguments.postrider)
    folder = tempfile.mkdtemp(prefix="postrider-bench-")
    server = Server(arguments.postrider, folder)
    try:
        {"idle": idle, "login": login, "fetch": fetch}[arguments.what](arguments, server)
    finally:
        server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
