"""How costs grow with a folder: the same steps at each size, on one Maildir that the servers use one after another."""
import shutil

import delivery
import mail_text
import make_folder
import processes
import store_rows

SIZES, QUICK_SIZES = (1000, 10000, 100000, 1000000), (1000, 10000)
LARGE = 100000  # from here on fewer rounds


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
    message = store_rows.new_message(1)
    return server.cost(lambda: session.append("INBOX", message), put_off=True)


def fetch(server, session, messages):
    return server.cost(lambda: session.ask(f"FETCH {messages - 99}:{messages} (ENVELOPE)"))


def expunge(server, session, messages):
    session.ask(f"STORE {messages // 3} +FLAGS.SILENT (\\Deleted)")
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
#: Each in sessions of its own: (name, function of the server).
SELECTS = [
    ("first SELECT", store_rows.first_select),
    ("SELECT after a restart", store_rows.select_after_restart),
    ("SELECT again", lambda server: store_rows.select(server, 1)),
]


def measured(bench, server, messages):
    """{name: [CPU seconds, wall seconds]}, and memory in KiB."""
    large, found = messages >= LARGE, {}

    def keep(name, costs):
        cost = processes.median(costs)
        found[name] = [cost.cpu, cost.wall]
        bench.say(f"{messages} {server.name} {name}: {cost.cpu * 1e3:.3f} ms CPU, {cost.wall * 1e3:.3f} ms wall")

    for name, function in SELECTS:
        keep(name, [function(server) for _ in range(1 if large else 3)])
    holder, _ = store_rows.selected(server)
    with holder:
        server.settle(server.puts_off)
        memory = server.pss_kib()
        keep("SELECT, open in another session", [store_rows.select(server, 1) for _ in range(3)])
    session, messages = store_rows.selected(server)
    with session:
        for name, function, often, seldom in STEPS:
            if name.endswith(", first"):
                server.settle(server.puts_off)
            if name.endswith(", again"):
                server.settle(server.puts_off)
                if not server.has_cache:
                    found[name] = found[name.replace("again", "first")]
                    continue
            keep(name, [function(server, session, messages) for _ in range(seldom if large else often)])
    return {"steps": found, "memory": memory}


def run(bench):
    found = {}
    for messages in QUICK_SIZES if bench.quick else SIZES:
        maildir = bench.folder / f"curve{messages}"
        make_folder.make_folder(maildir, messages, small=True, progress=lambda there: bench.say(there, "messages"))
        for kind in bench.kinds():
            server = bench.server(kind, maildir)
            server.forget()
            try:
                found.setdefault(kind.name, {})[messages] = measured(bench, server, messages)
            finally:
                server.stop()
        shutil.rmtree(maildir)
    return {"servers": found}
