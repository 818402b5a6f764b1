"""IDLE: how long after a delivery (the rename into new/) each of many idle clients has read its EXISTS, one delivery at
a time; and what a storm of deliveries costs. The client's own work, a few microseconds a session, is in the figures.
"""
import os
import random
import re
import select
import time

import delivery
import mail_text
import make_folder
import processes

EXISTS = re.compile(rb"\* (\d+) EXISTS\r\n")
MESSAGES = 100  # there from the begin
GAP = 0.25  # seconds between deliveries, on average
STORM_RATE = 1000  # deliveries a second
PATIENCE = 90  # seconds, until the last client knows of the last delivery


class Idlers:
    """Sessions in IDLE, and what they were told."""

    def __init__(self, server, count):
        self.server, self.sessions, self.waiting = server, {}, select.epoll()
        for _ in range(count):
            session = server.session()
            session.ask("SELECT INBOX")
            session.idle()
            session.known, session.rest, session.notices = MESSAGES, b"", 0
            session.connection.setblocking(False)
            self.sessions[session.connection.fileno()] = session
            self.waiting.register(session.connection, select.EPOLLIN)

    def listen(self, seconds, seen):
        """Reads for so long at most, once. seen(session, count, moment): a client was told of `count` messages."""
        ready = self.waiting.poll(max(0, seconds))
        moment = time.monotonic()
        for number, _ in ready:
            session = self.sessions[number]
            piece = session.connection.recv(1 << 16)
            if not piece:
                raise SystemExit(f"{self.server.name} ended an idle session: {session.rest!r}")
            session.rest += piece
            end = session.rest.rfind(b"\n") + 1
            for found in EXISTS.finditer(session.rest, 0, end):
                session.notices += 1
                seen(session, int(found.group(1)), moment)
                session.known = int(found.group(1))
            session.rest = session.rest[end:]

    def all_know(self, count):
        return all(session.known == count for session in self.sessions.values())

    def wait_for(self, count, seen=lambda *_: None):
        """Until all were told of `count` messages, or patience ends."""
        last = time.monotonic() + PATIENCE
        while not self.all_know(count) and time.monotonic() < last:
            self.listen(0.5, seen)

    def close(self):
        for session in self.sessions.values():
            session.connection.close()
        self.waiting.close()


def quantile(ordered, part):
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def one_by_one(server, idlers, deliveries):
    """Deliveries at random moments."""
    chance, content = random.Random(deliveries), mail_text.MailText().small(1)
    agent, moments, latencies = delivery.Agent(server.maildir), [], []

    def seen(session, count, moment):
        latencies.extend(moment - moments[at - MESSAGES] for at in range(session.known, count))

    before = server.settle()
    for _ in range(deliveries):
        moments.append(agent.deliver(content))
        following = moments[-1] + chance.uniform(0.2, 1.8) * GAP
        while (left := following - time.monotonic()) > 0:
            idlers.listen(left, seen)
    idlers.wait_for(MESSAGES + deliveries, seen)
    agent.close()
    latencies.sort()
    return {"median": quantile(latencies, 0.5), "p99": quantile(latencies, 0.99), "worst": latencies[-1],
            "missing": deliveries * len(idlers.sessions) - len(latencies),
            "cpu": (server.settle() - before) / deliveries,
            "curve": [quantile(latencies, part / 200) for part in range(201)]}


def storm(server, idlers, seconds, there):
    """Deliveries as fast as STORM_RATE, by another process. there: messages before it."""
    count, content = seconds * STORM_RATE, mail_text.MailText().small(1)
    before, start = server.settle(), time.monotonic()
    for session in idlers.sessions.values():
        session.notices = 0
    child = os.fork()
    if child == 0:
        agent = delivery.Agent(server.maildir)
        for number in range(count):
            time.sleep(max(0, start + number / STORM_RATE - time.monotonic()))
            agent.deliver(content)
        os._exit(0)
    ended = None
    last = start + seconds + PATIENCE
    while not (ended and idlers.all_know(there + count)) and time.monotonic() < last:
        idlers.listen(0.05, lambda *_: None)
        if not ended and os.waitpid(child, os.WNOHANG)[0]:
            ended = time.monotonic()
    done = time.monotonic()
    sessions = idlers.sessions.values()
    return {"deliveries": count, "rate": count / ((ended or done) - start),
            "late": done - ended if ended and idlers.all_know(there + count) else None,
            "right": sum(session.known == there + count for session in sessions),
            "notices": sum(session.notices for session in sessions) / len(sessions),
            "cpu": (processes.cpu_seconds(server.processes()) - before) / count}


def run(bench):
    clients, deliveries, seconds = (20, 40, 1) if bench.quick else (100, 200, 3)
    found = {}
    for kind in bench.kinds():
        server = bench.server(kind)
        make_folder.make_folder(server.maildir, MESSAGES, small=True)
        server.start()
        try:
            idlers = Idlers(server, clients)
            single = one_by_one(server, idlers, deliveries)
            bench.say(f"IDLE, {kind.name}:", ", ".join(f"{name} {single[name] * 1e3:.2f} ms" for name in
                                                       ("median", "p99", "worst", "cpu")), single["missing"], "missing")
            under_load = storm(server, idlers, seconds, MESSAGES + deliveries)
            bench.say(f"IDLE under load, {kind.name}:", under_load)
            idlers.close()
        finally:
            server.stop()
        found[kind.name] = {"single": single, "storm": under_load}
    return {"clients": clients, "deliveries": deliveries, "servers": found}
