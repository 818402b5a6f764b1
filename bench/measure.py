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
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))
import ordinary_user

import client
import make_folder
import processes
import servers

def idle(arguments, server):
    """One kind of connection a run: memory freed by others would be taken again."""
    make_folder.make_folder(server.maildir, 100)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    warm = server.connect(arguments.tls)
    client.log_in(warm)
    warm.sendall(b"b SELECT INBOX\r\n")
    client.read_until(warm, b"b OK")
    before = server.pss_kib()
    sessions = []
    for _ in range(arguments.sessions):
        connection = server.connect(arguments.tls)
        client.log_in(connection)
        connection.sendall(b"b SELECT INBOX\r\n")
        client.read_until(connection, b"b OK")
        connection.sendall(b"c IDLE\r\n")
        client.read_until(connection, b"idle mode\r\n")
        sessions.append(connection)
    time.sleep(1)
    grown = server.pss_kib() - before
    kind = "TLS" if arguments.tls else "plain"
    print(f"{kind}: {grown / arguments.sessions:.1f} KiB PSS a session, {arguments.sessions} idle sessions")


def login(arguments, server):
    before, start = server.cpu_seconds(), time.monotonic()
    for _ in range(arguments.count):
        connection = server.connect()
        client.log_in(connection)
        connection.sendall(b"b LOGOUT\r\n")
        client.read_until(connection, b"b OK")
        connection.close()
    wall = time.monotonic() - start
    cpu = server.cpu_seconds() - before
    print(f"connect+LOGIN+LOGOUT: {cpu / arguments.count * 1e6:.0f} us server CPU, "
          f"{wall / arguments.count * 1e6:.0f} us wall")


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
    before = processes.cpu_seconds([process.pid])
    process.stdin.write(b"b FETCH 1:* (ENVELOPE BODYSTRUCTURE)\r\n")
    process.stdin.flush()
    until(b"b OK")
    wall, cpu = time.monotonic() - start, processes.cpu_seconds([process.pid]) - before
    process.stdin.write(b"c LOGOUT\r\n")
    process.stdin.flush()
    process.communicate()
    return cpu, wall


def fetch(arguments, server):
    maildir = server.maildir
    size = make_folder.make_folder(maildir, arguments.messages)
    print(f"{arguments.messages} messages, {size / 1e6:.0f} MB")
    etc = server.folder / "etc"
    with (etc / "imapd").open("a") as settings:
        settings.write("IMAP_MAILBOX_SANITY_CHECK=0\n")
    peers = {"postrider": ([arguments.postrider, "imapd", str(maildir)],
                           dict(os.environ, POSTRIDER_CONFIG_DIR=str(etc)))}
    if arguments.dovecot:
        config = server.folder / "dovecot.conf"
        config.write_text(f"log_path = {server.folder}/dovecot.log\nssl = no\nfirst_valid_uid = 0\n"
                          f"first_valid_gid = 0\nmail_uid = {os.geteuid()}\nmail_gid = {os.getegid()}\n")
        environment = dict(os.environ, USER="bench", HOME="/nonexistent")
        peers["dovecot, no cache"] = (dovecot(arguments, config, maildir, ":INDEX=MEMORY"), environment)
        peers["dovecot, cached"] = (dovecot(arguments, config, maildir, ""), environment)
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
    server = servers.Postrider(folder, arguments.postrider).start()
    try:
        {"idle": idle, "login": login, "fetch": fetch}[arguments.what](arguments, server)
    finally:
        server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
