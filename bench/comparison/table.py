"""Lets the servers do each row, taking turns; what they leave behind is a dictionary that json can hold."""
import contextlib
import math
import time

from . import figures, load, packages

NOT_THERE, TIME_OVER = "not served", "left out: no time was left"


def start_all(kinds, make_server, stack, say):
    """(servers that run, {name: why it does not}). The stack will end them."""
    started, absent = [], {}
    for kind in kinds:
        try:
            server = make_server(kind)
        except packages.Unavailable as reason:
            absent[kind.name] = str(reason)
            say(f"{kind.name} is left out: {reason}")
            continue
        stack.callback(server.close)
        started.append(server)
    return started, absent


def run(rows, servers, bench, rounds, say, keep=lambda found: None, until=math.inf):
    """[{"name", "title", ..., "figures": {server: medians}, "notes": {server: why there are none}}]
    keep: is given the rows that are done, after each.  until: monotonic time from which on no row is begun."""
    found = []
    for row in rows:
        over = time.monotonic() > until
        notes = {server.name: TIME_OVER for server in servers} if over else {}
        samples = {server.name: [] for server in servers}
        for turn in range(rounds):
            for server in servers[turn % len(servers):] + servers[:turn % len(servers)]:
                if server.name not in notes:
                    _one(row, server, servers, bench, samples[server.name], notes)
        medians = {name: figures.median(some) for name, some in samples.items() if some and name not in notes}
        for name, one in medians.items():
            one["spread"] = figures.spread(samples[name], row.metric)
        found.append({"name": row.name, "title": row.title, "unit": row.unit, "goal": row.goal,
                      "goal_ratio": row.goal_ratio, "metric": row.metric, "changes": row.changes, "figures": medians,
                      "notes": notes})
        say(line(found[-1]))
        keep(found)
    return found


def _one(row, server, servers, bench, samples, notes):
    """One sample, or a note."""
    if row.name.startswith("pop3") and not server.has_pop3():
        notes[server.name] = NOT_THERE
        return
    try:
        wanted = row.settings_of(server)
        if server.changes != wanted:
            server.restart(**wanted)
        for other in servers:
            with contextlib.suppress(SystemExit):  # it is not this one that is measured
                other.meter.settle(patience=30)
        samples.append(row.work(bench, server))
    except load.Unsupported as reason:
        notes[server.name] = f"unsupported: {reason}"
    except load.Failed as reason:
        notes[server.name] = f"failed: {reason}"


def line(row):
    """A row in a line of progress."""
    def text(value):
        show = figures.kibibytes if row["metric"] == "memory" else figures.seconds
        return show(value)
    parts = [f"{name} {text(one.get(row['metric']))}" for name, one in row["figures"].items()]
    return f"{row['name']}: " + ", ".join(parts + [f"{name}: {why}" for name, why in row["notes"].items()])
