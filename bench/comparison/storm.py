"""A storm of deliveries into new/ while many sessions are in IDLE: what it costs, and when the last one knows all."""
import os
import re
import select
import time

from . import delivery, load, mail_text

EXISTS = re.compile(rb"\* (\d+) EXISTS\r\n")
RATE = 1000  # deliveries a second
PATIENCE = 90  # seconds, from the last delivery on


class Idlers:
    """Sessions of `news` in IDLE, and what each was told."""

    def __init__(self, server, count):
        self.sessions, self.waiting = {}, select.epoll()
        for _ in range(count):
            session = server.session("news")
            session.known, session.rest, session.notices = session.ask("SELECT INBOX").exists, b"", 0
            session.idle()
            session.connection.setblocking(False)
            self.sessions[session.connection.fileno()] = session
            self.waiting.register(session.connection, select.EPOLLIN)

    def listen(self, seconds):
        """Reads what comes within so long, once."""
        for number, _ in self.waiting.poll(seconds):
            session = self.sessions[number]
            piece = session.connection.recv(1 << 16)
            if not piece:
                raise load.Failed(f"an idle session ended: {session.rest[-200:]!r}")
            session.rest += piece
            end = session.rest.rfind(b"\n") + 1
            for found in EXISTS.finditer(session.rest, 0, end):
                session.notices += 1
                session.known = int(found.group(1))
            session.rest = session.rest[end:]

    def all_know(self, count):
        return all(session.known == count for session in self.sessions.values())

    def close(self):
        for session in self.sessions.values():
            session.connection.close()
        self.waiting.close()


def _deliver(maildir, count):
    """In a process of its own, as fast as RATE. Gives its number."""
    start, content = time.monotonic(), mail_text.MailText().small(1)
    child = os.fork()
    if child == 0:
        agent = delivery.Agent(maildir)
        for number in range(count):
            time.sleep(max(0, start + number / RATE - time.monotonic()))
            agent.deliver(content)
        os._exit(0)
    return child


def measured(server, idlers, seconds):
    """{"cpu": of a delivery, "wall": from the last delivery until the last client knows all, "rate", "notices"}"""
    watchers, count = Idlers(server, idlers), seconds * RATE
    there = next(iter(watchers.sessions.values())).known
    before, start = server.meter.settle(), time.monotonic()
    child, ended = _deliver(server.maildir_of("news"), count), None
    while not (ended and watchers.all_know(there + count)):
        watchers.listen(0.05)
        if not ended and os.waitpid(child, os.WNOHANG)[0]:
            ended = time.monotonic()
        if ended and time.monotonic() > ended + PATIENCE:
            raise load.Failed(f"not all clients knew of all messages within {PATIENCE} s")
    wall = time.monotonic() - ended
    notices = sum(session.notices for session in watchers.sessions.values()) / idlers
    watchers.close()
    return {"cpu": (server.meter.settle() - before) / count, "wall": wall, "rate": count / (ended - start),
            "notices": notices}
