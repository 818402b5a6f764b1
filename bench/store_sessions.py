"""Many sessions selected on one large folder: memory, and which files a second SELECT touches."""
import contextlib
import pathlib
import re
import subprocess
import tempfile
import time

import make_folder

#: How many sessions; the peers need a process for each.
SESSIONS = {"postrider": 500, "Dovecot": 50, "Courier": 10}
CALL = re.compile(r"\b(\w+)\(")


def is_traced(pids):
    """Whether every thread is."""
    states = (path.read_text() for pid in pids for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"))
    return all("TracerPid:\t0\n" not in state for state in states)


def touched(server, work):
    """{system call: times} of work() on anything of the Maildir, by strace. None: it cannot watch the server."""
    pids, calls = server.processes(), {}
    with tempfile.NamedTemporaryFile("r") as told:
        attach = [word for pid in pids for word in ("-p", str(pid))]
        tracer = subprocess.Popen(["strace", "-f", "-y", "-s", "512", "-o", told.name, *attach],
                                  stderr=subprocess.DEVNULL)
        while not is_traced(pids):
            if tracer.poll() is not None:
                return None
            time.sleep(0.01)
        work()
        tracer.terminate()
        tracer.wait()
        for line in told:
            if str(server.maildir) in line and (name := CALL.search(line)):
                calls[name.group(1)] = calls.get(name.group(1), 0) + 1
    return calls


def measured(server, count):
    with server.session() as session:
        session.ask("SELECT INBOX")
        server.settle(server.puts_off)
    server.restart()  # what it writes at the first time is there now
    idle = server.pss_kib()
    with contextlib.ExitStack() as open_sessions:
        def one():
            session = open_sessions.enter_context(server.session())
            return session, lambda: session.ask("SELECT INBOX")
        one()[1]()
        server.settle(server.puts_off)
        first = server.pss_kib()
        calls = touched(server, one()[1])
        second = server.pss_kib()
        for _ in range(count - 2):
            one()[1]()
        server.settle()
        whole = server.pss_kib()
    return {"sessions": count, "none": idle, "one": first, "all": whole, "each": (whole - second) / (count - 2),
            "calls": calls}


def run(bench):
    messages = 10000 if bench.quick else 100000
    maildir = bench.folder / "many"
    make_folder.make_folder(maildir, messages, small=True)
    found = {}
    for kind in bench.kinds():
        server = bench.server(kind, maildir).start()
        try:
            found[kind.name] = measured(server, max(5, SESSIONS[kind.name] // (5 if bench.quick else 1)))
        finally:
            server.stop()
        bench.say("sessions,", kind.name, found[kind.name])
    return {"messages": messages, "servers": found}
