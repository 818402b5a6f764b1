"""The rows of the table: every operation of store_rows on a folder of realistic messages, servers taking turns."""
import contextlib
import dataclasses
import os

import make_folder
import processes
import store_rows


def run(bench):
    count, rounds = (1000, 1) if bench.quick else (10000, 5)
    rows = []
    with contextlib.ExitStack() as stack:
        size, started = _start_all(bench, count, stack)
        for row in store_rows.ROWS:
            for server in started:
                if server.syncs != row.syncs:
                    server.syncs = row.syncs
                    server.restart()
            costs = {server.name: [] for server in started}
            for _ in range(rounds):
                for server in started:
                    costs[server.name].append(row.measure(server))
            figures = {name: dataclasses.asdict(processes.median(some)) for name, some in costs.items()}
            bench.say(row.name, "".join(f"; {name} {cost['cpu'] * 1e6:.1f} us CPU, {cost['wall'] * 1e6:.1f} us wall"
                                        for name, cost in figures.items()))
            rows.append({"name": row.name, "unit": row.unit, "goal": row.goal, "figures": figures})
    return {"messages": count, "bytes": size, "rounds": rounds, "rows": rows}


def _start_all(bench, count, stack):
    """(bytes, servers with a Maildir of the same messages, which the stack will stop)"""
    original = bench.folder / "original"
    size = make_folder.make_folder(original, count)
    bench.say(f"{count} messages, {size / 1e6:.0f} MB")
    started = []
    for kind in bench.kinds():
        server = bench.server(kind)
        for entry in os.scandir(original / "cur"):
            os.link(entry.path, server.maildir / "cur" / entry.name)
        stack.callback(server.stop)
        started.append(server.start())
    return size, started
