"""The operations of a mail store, one function each: it prepares, measures, and leaves the folder as it was (but for
a few messages more). Each takes a running server, whose INBOX has many messages, and gives the Cost of one unit.
"""
import dataclasses
import typing

import mail_text
import processes

FIELDS = "(BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID REFERENCES LIST-ID)])"
METADATA = "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
SELECTS, STATUSES, APPENDS, COPIES = 10, 100, 30, 20  # how often the quick operations are done for one figure


def new_message(number):
    """About 4 KB, with CRLF."""
    text = mail_text.MailText().small(number).decode() + "A line of the new message, as lines mostly are.\n" * 70
    return text.replace("\n", "\r\n").encode()


def selected(server):
    """(session, messages)"""
    session = server.session()
    return session, session.ask("SELECT INBOX").exists


def select(server, times=SELECTS):
    """In new sessions, each of which ends before the next."""
    cost = processes.Cost()
    for _ in range(times):
        with server.session() as session:
            cost += server.cost(lambda: session.ask("SELECT INBOX"))
            session.log_out()
    return cost / times


def first_select(server):
    server.forget()
    return select(server, 1)


def first_select_with_uid_list(server):
    server.forget(keep_uid_list=True)
    return select(server, 1)


def select_after_restart(server):
    server.restart()
    return select(server, 1)


def select_again(server):
    select(server, 1)
    return select(server)


def select_shared(server):
    holder, _ = selected(server)
    with holder:
        return select(server)


def status(server):
    with server.session() as session:
        def ask():
            session.ask("STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)")
        ask()
        return server.cost(lambda: [ask() for _ in range(STATUSES)]) / STATUSES


def cold(command):
    """The first time, without any file of the server's own; what it writes of it afterwards is counted too."""
    def row(server):
        server.forget()
        session, messages = selected(server)
        with session:
            server.settle(server.puts_off)
            return server.cost(lambda: session.ask(command), put_off=True) / messages
    return row


def warm(command):
    """In a new session, after another one that asked the same."""
    def row(server):
        session, messages = selected(server)
        with session:
            session.ask(command)
            server.settle(server.puts_off)
        session, messages = selected(server)
        with session:
            return server.cost(lambda: session.ask(command)) / messages
    return row


def store_all(server):
    session, messages = selected(server)
    with session:
        def both():
            session.ask("STORE 1:* +FLAGS.SILENT (\\Flagged)")
            session.ask("STORE 1:* -FLAGS.SILENT (\\Flagged)")
        return server.cost(both, put_off=True) / (2 * messages)


def append(folder):
    def row(server):
        with server.session() as session:
            if folder != "INBOX":
                session.ask(f"CREATE {folder}")
            message = new_message(1)
            session.append(folder, message)
            cost = server.cost(lambda: [session.append(folder, message) for _ in range(APPENDS)], put_off=True)
            if folder != "INBOX":
                session.ask(f"DELETE {folder}")
            return cost / APPENDS
    return row


def copy(count):
    """count messages a command, into a new folder."""
    def row(server):
        times = max(1, COPIES // count)
        session, _ = selected(server)
        with session:
            session.ask("CREATE INBOX.copies")
            sets = [f"{1 + n * count}:{(n + 1) * count}" for n in range(times)]
            cost = server.cost(lambda: [session.ask(f"COPY {one} INBOX.copies") for one in sets], put_off=True)
            session.ask("DELETE INBOX.copies")
            return cost / (times * count)
    return row


@dataclasses.dataclass
class Row:
    """unit: what the cost is of.  goal: the project's, CPU seconds of one unit; None: there is none.
    syncs: whether servers that can be told so make things durable before they answer."""
    name: str
    unit: str
    goal: float | None
    measure: typing.Callable
    syncs: bool = True


ROWS = [
    Row("First SELECT, no files of the server's", "command", 20e-3, first_select),
    Row("First SELECT, its UID list is there, no index", "command", 20e-3, first_select_with_uid_list),
    Row("SELECT after a restart of the server", "command", None, select_after_restart),
    Row("SELECT again, new session", "command", 0.3e-3, select_again),
    Row("SELECT, another session has it open", "command", 0.3e-3, select_shared),
    Row("STATUS", "command", 0.05e-3, status),
    Row("FETCH 1:* (FLAGS)", "message", 0.3e-6, warm("FETCH 1:* (FLAGS)")),
    Row("FETCH 1:* (ENVELOPE), first time", "message", 20e-6, cold("FETCH 1:* (ENVELOPE)")),
    Row("FETCH all metadata, first time", "message", None, cold(f"FETCH 1:* {METADATA}")),
    Row("FETCH all metadata, again", "message", 2e-6, warm(f"FETCH 1:* {METADATA}")),
    Row("FETCH 8 header fields, first time", "message", 12e-6, cold(f"FETCH 1:* {FIELDS}")),
    Row("FETCH 8 header fields, again", "message", 12e-6, warm(f"FETCH 1:* {FIELDS}")),
    Row("FETCH whole messages", "message", 16e-6, warm("FETCH 1:* (BODY.PEEK[])")),
    Row("SEARCH BODY", "message", 25e-6, warm('SEARCH BODY "zebra crossing"')),
    Row("SEARCH FROM, again", "message", 0.5e-6, warm("SEARCH FROM zebra")),
    Row("SEARCH SUBJECT, again", "message", 0.5e-6, warm("SEARCH SUBJECT zebra")),
    Row("STORE 1:* FLAGS.SILENT", "message", 8e-6, store_all),
    Row("APPEND, small folder", "message", 0.5e-3, append("INBOX.small")),
    Row("APPEND, this folder", "message", 0.7e-3, append("INBOX")),
    Row("COPY of 1 message", "message", None, copy(1)),
    Row("COPY of 100 messages", "message", 30e-6, copy(100)),
    Row("COPY of 1,000 messages", "message", 30e-6, copy(1000)),
    Row("APPEND, small folder, no syncs", "message", None, append("INBOX.small"), syncs=False),
    Row("APPEND, this folder, no syncs", "message", None, append("INBOX"), syncs=False),
    Row("COPY of 100 messages, no syncs", "message", None, copy(100), syncs=False),
]
