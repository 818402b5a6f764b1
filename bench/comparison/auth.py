"""Log-ins: what they cost with a cheap and a dear hash of the password, with and without a cache of passwords, and how
honest ones fare while others guess. All accounts have the same password and the same stored hash at all servers.
"""
import dataclasses

from . import load, rows

CONNECTIONS = 8  # clients at once
LIMIT = 8  # seconds: no honest log-in is begun later in a storm
ENDS = ("refused", "without an answer", "turned away")  # of guesses
LET_IN = "a guessed password was let in"
PATIENCE = 6  # seconds that an honest client waits for one answer
ADDRESSES, GUESS_PATIENCE = 20_000, 3  # that the guesses come from, and seconds that each of them waits


@dataclasses.dataclass
class Amounts:
    """Log-ins for one figure: with the cheap hash, with the dear one, of the honest ones in a storm (accounts too).
    guesses: a second."""
    cheap: int = 400
    dear: int = 24
    honest: int = 1000
    guesses: int = 1000


QUICK = Amounts(cheap=80, dear=16, honest=80, guesses=100)


def conditions(amounts):
    """For the page."""
    return {**dataclasses.asdict(amounts), "connections": CONNECTIONS, "limit": LIMIT, "patience": PATIENCE,
            "addresses": ADDRESSES, "guess_patience": GUESS_PATIENCE}


@dataclasses.dataclass
class Row(rows.Row):
    """stored: how the password is.  cached: whether servers keep what they have checked; those that cannot are left
    out then."""
    stored: str = "sha256"
    cached: bool = False

    def settings_of(self, server):
        if self.cached and server.caching is None:
            raise load.Unsupported("it has no cache of passwords")
        return {"stored": self.stored, **((server.caching if self.cached else server.uncaching) or {})}


def warm_up(bench, server):
    """What a server makes at its first log-ins is there afterwards."""
    bench.generator.run(server, "login", "--connections", CONNECTIONS, "--count", 1, users=server.users)


def log_ins(stored, accounts, cached):
    """The row of this hash, "many" accounts or "one"."""
    def work(bench, server):
        count = bench.amounts.dear if stored == "yescrypt" else bench.amounts.cheap
        users = server.users[:count if accounts == "many" else 1]
        each = ("--connections", CONNECTIONS, "--count", count // CONNECTIONS)
        if cached:
            bench.generator.run(server, "login", *each, users=users)
        else:
            warm_up(bench, server)
        return rows.per_unit(bench.generator.run(server, "login", *each, users=users))
    name = f"{stored}-{accounts}" + ("-cached" if cached else "")
    title = f"{stored}, {accounts} account{'s' if accounts == 'many' else ''}, cache {'on' if cached else 'off'}"
    return Row(name, title, "log-in", work, stored=stored, cached=cached)


def honest(found):
    """The figures of the honest log-ins of a run."""
    latency, done = found["latency_us"], found["operations"]
    times = {name: latency[name] / 1e6 if done else None for name in ("p50", "p95", "max")}
    return {"wall": found["seconds"], "done": done, "failed": found["errors"], **times}


def _honest_words(bench):
    return "--connections", CONNECTIONS, "--count", bench.amounts.honest // CONNECTIONS


def alone(bench, server):
    warm_up(bench, server)
    return honest(bench.generator.run(server, "login", *_honest_words(bench), users=server.users))


def storm(bench, server):
    """What the guesses leave behind, processes that sleep and addresses that are known, ends with the server."""
    warm_up(bench, server)
    found = bench.generator.run(server, "login-storm", *_honest_words(bench), "--duration", LIMIT, "--guesses",
                                bench.amounts.guesses, "--addresses", ADDRESSES, "--guess-patience", GUESS_PATIENCE,
                                users=server.users, patience=PATIENCE, must_succeed=False)
    server.restart(**server.changes)
    if LET_IN in found["error_texts"]:
        raise load.Failed(LET_IN)
    told = found["extra"]
    ends = {name: told["guesses " + name] for name in ENDS}
    ended = sum(ends.values())
    return {**honest(found), "guesses": told["guesses begun"] / told["seconds of guessing"],
            **{name: times / ended if ended else None for name, times in ends.items()}}


#: Rows of the same settings follow each other, since a change of settings is a restart.
ROWS = [
    log_ins("sha256", "many", False),
    log_ins("sha256", "one", False),
    Row("alone", "honest clients alone", "log-in", alone, metric="wall"),
    Row("storm", "honest clients while others guess", "log-in", storm, metric="wall"),
    log_ins("sha256", "many", True),
    log_ins("sha256", "one", True),
    log_ins("yescrypt", "many", False),
    log_ins("yescrypt", "one", False),
    log_ins("yescrypt", "many", True),
    log_ins("yescrypt", "one", True),
]
