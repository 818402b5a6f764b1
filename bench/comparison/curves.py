"""How costs grow with a folder: the same steps at each size, on one Maildir that the servers use one after another.
Single commands, of which the server's CPU time is told: a small client asks them, since only the server is measured.
"""
import os
import shutil

from . import corpus, delivery, figures, mail_text, trace

LARGE = 100_000  # from here on fewer rounds


def new_message():
    """About 4 KB, with CRLF."""
    text = mail_text.MailText().small(1).decode() + "A line of the new message, as lines mostly are.\n" * 70
    return text.replace("\n", "\r\n").encode()


def deliver_and_notice(server, session, _):
    agent, content = delivery.Agent(server.maildir), mail_text.MailText().small(7)

    def work():
        agent.deliver(content)
        session.ask("NOOP")
    cost = server.cost(work)
    agent.close()
    return cost


def store(server, session, messages):
    cost = server.cost(lambda: session.ask(f"STORE {messages // 2} +FLAGS (\\Flagged)"), put_off=True)
    session.ask(f"STORE {messages // 2} -FLAGS (\\Flagged)")
    return cost


def append(server, session, _):
    message = new_message()
    return server.cost(lambda: session.append("INBOX", message), put_off=True)


def fetch(server, session, messages):
    return server.cost(lambda: session.ask(f"FETCH {max(1, messages - 99)}:{messages} (ENVELOPE)"))


def expunge(server, session, messages):
    session.ask(f"STORE {messages // 3 + 1} +FLAGS.SILENT (\\Deleted)")
    return server.cost(lambda: session.ask("EXPUNGE"), put_off=True)


def search(key):
    return lambda server, session, _: server.cost(lambda: session.ask(f"SEARCH {key}"))


#: Done in one session, in this order: (name, function, how often, at sizes below LARGE and from it on).
STEPS = [
    ("one delivery, NOOP", deliver_and_notice, 5, 3),
    ("STORE of one", store, 5, 3),
    ("APPEND", append, 5, 3),
    ("FETCH of the last 100 envelopes", fetch, 5, 3),
    ("EXPUNGE of one", expunge, 5, 3),
    ("SEARCH FLAGGED", search("FLAGGED"), 5, 3),
    ("SEARCH SUBJECT, first", search("SUBJECT zebra"), 1, 1),
    ("SEARCH SUBJECT, again", search("SUBJECT zebra"), 3, 1),
]


def select(server):
    with server.session() as session:
        cost = server.cost(lambda: session.ask("SELECT INBOX"))
        session.log_out()
    return cost


def first_select(server):
    server.forget()
    return select(server)


def select_after_restart(server):
    server.restart(**server.changes)
    return select(server)


#: Each in sessions of its own: (name, function of the server).
SELECTS = [("first SELECT", first_select), ("SELECT after a restart", select_after_restart), ("SELECT again", select)]


def _selects(server, often, keep):
    """The SELECTs, and what the folder costs while it is open. Gives (PSS in KiB, system calls of a SELECT)."""
    for name, function in SELECTS:
        keep(name, [function(server) for _ in range(often)])
    with server.session() as holder:
        holder.ask("SELECT INBOX")
        server.meter.settle(server.puts_off)
        memory = server.meter.pss_kib()
        keep("SELECT, open in another session", [select(server) for _ in range(3)])
        with server.session() as second:
            calls = trace.calls(server, lambda: second.ask("SELECT INBOX"))
    return memory, calls


def measured(server, size, say):
    """{"steps": {name: {"cpu", "wall"}}, "memory": KiB, "calls": {system call: times} or None}"""
    found, large = {}, size >= LARGE

    def keep(name, costs):
        found[name] = figures.median([{"cpu": one.cpu, "wall": one.wall} for one in costs])
        say(f"{size} {server.name} {name}: {figures.seconds(found[name]['cpu'])} CPU")

    memory, calls = _selects(server, 1 if large else 3, keep)
    with server.session() as session:
        messages = session.ask("SELECT INBOX").exists
        for name, function, often, seldom in STEPS:
            if name.startswith("SEARCH SUBJECT"):
                server.meter.settle(server.puts_off)
            if name.endswith(", again") and not server.has_cache:
                found[name] = found[name.replace("again", "first")]
                continue
            keep(name, [function(server, session, messages) for _ in range(seldom if large else often)])
    return {"steps": found, "memory": memory, "calls": calls}


def run(sizes, servers, folder, say, keep):
    """servers: not running, with Maildirs.  folder: where Maildirs are made.  keep: takes what there is so far, often:
    ({size: {server: measured()}}, [why one is missing])."""
    found, failed = {}, []
    for size in sizes:
        mail = folder / f"curve{size}"
        corpus.make(mail, size, small=True, progress=lambda there: say(f"{there} messages"))
        for server in servers:
            _lend(mail, server)
            try:
                server.start()
                found.setdefault(str(size), {})[server.name] = measured(server, size, say)
            except (SystemExit, OSError) as reason:  # the client's, and no answer in time
                failed.append(f"{server.name}, {size:,} messages: {str(reason)[:200]}")
                say(failed[-1])
            finally:
                server.stop()
                server.remove_own_files()
                _take_back(mail, server)
            keep(found, failed)
        shutil.rmtree(mail)


def _lend(mail, server):
    """The Maildir becomes the server's INBOX."""
    shutil.rmtree(server.maildir)
    os.rename(mail, server.maildir)
    server.own(server.maildir)


def _take_back(mail, server):
    os.rename(server.maildir, mail)
    server.maildir.mkdir()
