"""The rows of the comparison, one for each kind of work. A row prepares, lets the generator measure, and leaves the
folders as they were, but for a few messages more. Its figures are of one unit: cpu and wall in seconds, memory in KiB.

Accounts: bench has the big folder, small a hundred messages, news gets the deliveries, large has one large message, and
user0, user1, ... are the people of the mixed profile.
"""
import dataclasses
import typing

from . import load, memory, storm

ENVELOPE = "(ENVELOPE)"
METADATA = "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
FIELDS = "(BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID REFERENCES LIST-ID)])"
MESSAGE_SIZE = 4000  # of new messages
NOTICE_PATIENCE = 10  # seconds; a client that has not heard of a change by then counts as not told


@dataclasses.dataclass
class Bench:
    """What the rows need. amounts: see Amounts."""
    generator: typing.Any
    amounts: "Amounts"


@dataclasses.dataclass
class Amounts:
    """How much is done for one figure."""
    logins: int = 200
    idle: int = 200
    selects: int = 10
    statuses: int = 100
    appends: int = 30
    deliveries: int = 30
    idlers: int = 20
    storm_seconds: int = 3
    mixed_seconds: int = 20
    mixed_users: int = 50


QUICK = Amounts(logins=50, idle=50, selects=5, statuses=50, appends=15, deliveries=8, idlers=10, mixed_seconds=5,
                mixed_users=20)


@dataclasses.dataclass
class Row:
    """work: (bench, server) -> figures.  goal: the project's, of `metric`; goal_ratio: how many times more the better
    peer shall need; None: there is none.  changes: name of the server's own settings for this row.  quick: whether it
    is part of the quick comparison."""
    name: str
    title: str
    unit: str
    work: typing.Callable
    goal: float | None = None
    metric: str = "cpu"
    goal_ratio: float | None = None
    changes: str = ""
    quick: bool = True

    def settings_of(self, server):
        """Values of the server's templates in this row. Raises load.Unsupported."""
        return getattr(server, self.changes) if self.changes else {}


def per_unit(figures):
    """The figures of one run of the generator, of one operation."""
    count, cpu, latency = figures["operations"], figures["server_cpu_seconds"], figures["latency_us"]
    whole = latency["count"] == count  # else an answer is for many messages
    return {"cpu": None if cpu is None else cpu / count,
            "wall": latency["p50"] / 1e6 if whole else figures["seconds"] / count,
            "p99": latency["p99"] / 1e6 if whole else None, "max": latency["max"] / 1e6 if whole else None,
            "rate": count / figures["seconds"] if figures["seconds"] else None}


def plain(scenario, *options, **more):
    """Nothing but one run of the generator."""
    return lambda bench, server: per_unit(bench.generator.run(server, scenario, *options, **more))


def cold(scenario, *options):
    """The first time, without any file of the server's own; what it writes of it afterwards is counted too."""
    def work(bench, server):
        server.forget()
        bench.generator.run(server, "select", "--count", 1, settle=server.puts_off)
        return per_unit(bench.generator.run(server, scenario, "--count", 1, *options, settle=server.puts_off))
    return work


def warm(scenario, *options):
    """In a new session, after another one that asked the same."""
    def work(bench, server):
        if server.has_cache:
            bench.generator.run(server, scenario, "--count", 1, *options, settle=server.puts_off)
        return per_unit(bench.generator.run(server, scenario, "--count", 1, *options))
    return work


def login(tls="none", resume=False):
    options = ("--resume",) if resume else ()
    return lambda bench, server: per_unit(bench.generator.run(
        server, "login", "--count", bench.amounts.logins, "--warm-up", 3, *options, tls=tls))


def idle(user, tls="none", protocol="imap"):
    """Memory of each further session, of which `user` has his INBOX selected and is in IDLE; with POP3, is logged in. A
    restart ends processes that were kept for others."""
    def work(bench, server):
        server.restart(**server.changes)
        extra = bench.generator.run(server, "idle", "--connections", bench.amounts.idle, users=[user],
                                    tls=tls, protocol=protocol)["extra"]
        return {"memory": extra["pss_kib_per_session"], "kernel": extra["kernel_kib_per_session"]}
    return work


def hibernated(_, server):
    """The same when the server has rested for longer than it waits until it hibernates."""
    server.restart(**server.changes)
    programs = memory.by_program(server, rest=4)
    return {"memory": sum(one["session"] for one in programs.values()), "kernel": None}


def first_select(keep_uid_list=False):
    def work(bench, server):
        server.forget(keep_uid_list)
        return per_unit(bench.generator.run(server, "select", "--count", 1))
    return work


def select_after_restart(bench, server):
    server.restart(**server.changes)
    return per_unit(bench.generator.run(server, "select", "--count", 1))


def select_again(bench, server):
    """Each in a session of its own; the one before has ended."""
    bench.generator.run(server, "select", "--count", 1)
    return per_unit(bench.generator.run(server, "select", "--count", 1, "--repeat", bench.amounts.selects))


def select_shared(bench, server):
    with server.session() as holder:
        holder.ask("SELECT INBOX")
        return select_again(bench, server)


def pop3_first(bench, server):
    server.forget()
    return per_unit(bench.generator.run(server, "pop3-list", "--count", 1, protocol="pop3", settle=server.puts_off))


def status(bench, server):
    return per_unit(bench.generator.run(server, "status", "--count", bench.amounts.statuses, "--warm-up", 2))


def append(folder):
    def work(bench, server):
        with server.session() as session:
            if folder != "INBOX":
                session.ask(f"CREATE {folder}")
            found = bench.generator.run(server, "append", "--folder", folder, "--count", bench.amounts.appends,
                                        "--warm-up", 1, "--size", MESSAGE_SIZE, settle=server.puts_off)
            if folder != "INBOX":
                session.ask(f"DELETE {folder}")
        return per_unit(found)
    return work


def copy(count, scenario="copy"):
    """count messages a command."""
    return lambda bench, server: per_unit(bench.generator.run(
        server, scenario, "--batch", count, "--count", max(1, 20 // count), "--to", "INBOX.postrider-bench",
        settle=server.puts_off))


def delivery(bench, server):
    if not server.has_maildir:
        raise load.Unsupported("its mail is not in a Maildir")
    found = bench.generator.run(server, "delivery", "--connections", bench.amounts.idlers, "--count",
                                bench.amounts.deliveries, "--gap", 0.25, "--maildir", server.maildir_of("news"),
                                users=["news"], patience=NOTICE_PATIENCE)
    return per_unit(found)


def delivery_storm(bench, server):
    if not server.has_maildir:
        raise load.Unsupported("its mail is not in a Maildir")
    return storm.measured(server, bench.amounts.idlers, bench.amounts.storm_seconds)


def fanout(bench, server):
    return per_unit(bench.generator.run(server, "fanout", "--connections", bench.amounts.idlers, "--count",
                                        bench.amounts.deliveries, users=["small"],
                                        patience=NOTICE_PATIENCE))


def mixed(bench, server):
    people = [user for user in server.users if user.startswith("user")]
    found = bench.generator.run(server, "mixed", "--connections", bench.amounts.mixed_users, "--duration",
                                bench.amounts.mixed_seconds, "--speed", 60, users=people)
    return per_unit(found)


ROWS = [
    Row("login", "connect, LOGIN, LOGOUT", "session", login(), goal_ratio=15),
    Row("login-starttls", "the same with STARTTLS", "session", login("starttls")),
    Row("login-tls", "the same with TLS", "session", login("implicit")),
    Row("login-tls-resumed", "the same with TLS, resumed", "session", login("implicit", resume=True)),
    Row("login-isolated", "the same, a new process for each session", "session", login(), changes="isolated",
        quick=False),
    Row("idle", "idle session, folder selected, IDLE", "session", idle("small"), 16, "memory"),
    Row("idle-tls", "the same with TLS", "session", idle("small", "implicit"), 40, "memory"),
    Row("idle-big", "the same on the big folder", "session", idle("bench"), 16, "memory"),
    Row("idle-hibernated", "the same, servers that hibernate do so", "session", hibernated, 16, "memory",
        changes="hibernating", quick=False),
    Row("select-first", "first SELECT, nothing but the mail is there", "command", first_select(), 20e-3),
    Row("select-first-list", "first SELECT, the UID list is there", "command", first_select(True), 20e-3),
    Row("select-restart", "SELECT after a restart of the server", "command", select_after_restart),
    Row("select", "SELECT again", "command", select_again, 0.3e-3),
    Row("select-shared", "SELECT, another session has it open", "command", select_shared, 0.3e-3),
    Row("status", "STATUS", "command", status, 0.05e-3),
    Row("fetch-flags", "FETCH flags", "message", warm("fetch", "--items", "(FLAGS)"), 0.3e-6),
    Row("fetch-envelope-cold", "FETCH envelope, first time", "message", cold("fetch", "--items", ENVELOPE), 20e-6),
    Row("fetch-metadata-cold", "FETCH all metadata, first time", "message", cold("fetch", "--items", METADATA),
        quick=False),
    Row("fetch-metadata", "FETCH all metadata, again", "message", warm("fetch", "--items", METADATA), 2e-6),
    Row("fetch-fields-cold", "FETCH 8 header fields, first time", "message", cold("fetch", "--items", FIELDS), 12e-6,
        quick=False),
    Row("fetch-fields", "FETCH 8 header fields, again", "message", warm("fetch", "--items", FIELDS), 12e-6),
    Row("bodies", "FETCH whole messages", "message", warm("bodies"), 16e-6),
    Row("relay", "FETCH of 100 MB over TLS", "message",
        plain("bodies", users=["large"], tls="implicit"), quick=False),
    Row("search-body", "SEARCH BODY", "message", warm("search", "--criteria", 'BODY "zebra crossing"'), 25e-6),
    Row("search-from", "SEARCH FROM, again", "message", warm("search", "--criteria", "FROM zebra"), 0.5e-6),
    Row("search-subject", "SEARCH SUBJECT, again", "message", warm("search", "--criteria", "SUBJECT zebra"), 0.5e-6),
    Row("sort", "SORT by subject, again", "message", warm("sort", "--keys", "SUBJECT", "--criteria", "ALL"), 2e-6),
    Row("thread", "THREAD REFERENCES, again", "message",
        warm("thread", "--algorithm", "REFERENCES", "--criteria", "ALL"), 2e-6),
    Row("store", "STORE on all", "message", plain("store", "--count", 2, settle=2), 8e-6),
    Row("append", "APPEND, small folder", "message", append("INBOX.small"), 0.5e-3),
    Row("append-big", "APPEND, the big folder", "message", append("INBOX"), 0.7e-3),
    Row("copy-1", "COPY of 1 message", "message", copy(1), quick=False),
    Row("copy-100", "COPY of 100 messages", "message", copy(100), 30e-6),
    Row("copy-1000", "COPY of 1,000 messages", "message", copy(1000), 30e-6, quick=False),
    Row("move", "MOVE of 100 messages", "message", copy(100, "move"), quick=False),
    Row("expunge", "EXPUNGE of 100 messages", "message", copy(100, "expunge"), quick=False),
    Row("append-unsynced", "APPEND, small folder, no syncs", "message", append("INBOX.small"),
        changes="without_syncs", quick=False),
    Row("append-big-unsynced", "APPEND, the big folder, no syncs", "message", append("INBOX"),
        changes="without_syncs", quick=False),
    Row("copy-unsynced", "COPY of 100 messages, no syncs", "message", copy(100), changes="without_syncs", quick=False),
    Row("delivery", "notice of a delivery, many idle clients", "notice", delivery, 5e-3, "wall"),
    Row("delivery-storm", "1,000 deliveries a second, last to last", "delivery", delivery_storm, metric="wall",
        quick=False),
    Row("fanout", "notice of another session's change", "notice", fanout, metric="wall", quick=False),
    Row("mixed", "phones, desktop programs, webmail", "action", mixed, quick=False),
    Row("pop3-first", "POP3 login + UIDL, nothing but the mail is there", "session", pop3_first),
    Row("pop3-list", "POP3 login + UIDL, again", "session", plain("pop3-list", "--count", 5, "--warm-up", 1, protocol="pop3"),
        1e-3),
    Row("pop3-retr", "POP3 RETR", "message", plain("pop3-retr", "--count", 300, protocol="pop3"), 20e-6),
    Row("pop3-idle", "idle POP3 session", "session", idle("small", protocol="pop3"), 16, "memory"),
    Row("pop3-idle-big", "the same on the big folder", "session", idle("bench", protocol="pop3"), 16, "memory"),
]


def chosen(names, quick, among=ROWS):
    """The rows of these names, in the table's order; no names: all, or those of the quick comparison."""
    unknown = set(names) - {row.name for row in among}
    if unknown:
        raise SystemExit(f"--only: there is no {', '.join(sorted(unknown))}; bench/compare list names the rows")
    return [row for row in among if (row.name in names if names else row.quick or not quick)]
