"""Writes store.md and its charts from the results of bench/store.py."""
import json

import chart
import idle_latency

ORDER = ("postrider", "Dovecot", "Courier")
COMMAND = "bench/store.py all --courier /usr/bin/imapd"


def seconds(value):
    """Three figures and a unit."""
    for limit, factor, unit in ((1e-3, 1e6, "us"), (1, 1e3, "ms"), (float("inf"), 1, "s")):
        if value < limit:
            number = value * factor
            return f"{number:.{max(0, 2 - (len(str(int(number))) - (number < 1)))}f} {unit}"
    return ""


def tick(value):
    """seconds() of a power of ten."""
    return next(f"{value * factor:g} {unit}" for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us"), (1e9, "ns"))
                if value * factor > 0.99)


def count(value):
    """1,000,000 as 1M."""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def mebibytes(kib):
    return f"{kib / 1024:.0f} MiB" if kib >= 10240 else f"{kib / 1024:.1f} MiB"


def table(head, lines):
    return "\n".join(["| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines]]) + "\n"


def names_in(found):
    return [name for name in ORDER if name in found]


def ratio(figures, kind):
    """Of the better peer to us."""
    peers = [figures[name][kind] for name in figures if name != "postrider"]
    return f"{min(peers) / figures['postrider'][kind]:.1f}x" if peers else ""


def rows(found):
    names = names_in(found["rows"][0]["figures"])
    lines = []
    for row in found["rows"]:
        figures = row["figures"]
        reached = figures["postrider"]["cpu"]
        goal = ""
        if row["goal"] is not None:
            goal = seconds(row["goal"]) + (", met" if reached <= row["goal"] else ", **missed**")
        lines.append([row["name"], *(seconds(figures[name]["cpu"]) for name in names), ratio(figures, "cpu"), goal,
                      *(seconds(figures[name]["wall"]) for name in names), ratio(figures, "wall")])
    head = ["", *(f"{name}, CPU" for name in names), "peer : ours", "goal",
            *(f"{name}, wall" for name in names), "peer : ours"]
    return f"""## Operations

{found["messages"]:,} messages, {found["bytes"] / 1e6:.0f} MB; median of {found["rounds"]}, the servers taking turns.
FETCH, SEARCH, STORE and COPY are given per message, the others per command. *Peer : ours* is the better peer's
figure through postrider's.

{table(head, lines)}
* *First*: nothing but the mail is there; files of messages are in the page cache. What a server writes of it to its own
  files after the answer is in its CPU figure.
* *Again*: a new session, after another one did the same.
* APPEND and COPY: postrider and Dovecot (`mail_fsync=optimized`) have the message on disk before OK; Courier never
  syncs, so compare its figures with the rows without syncs (`MAILDIR_FSYNC=0`, `mail_fsync=never`).
* Courier answers in pieces and without TCP_NODELAY, so the last one may wait 40 ms for the client's acknowledgement:
  this is in its wall time only.
"""


def curves(found, out):
    servers = found["servers"]
    names = names_in(servers)
    steps = list(servers[names[0]][next(iter(servers[names[0]]))]["steps"])
    panels = [chart.panel(step, {name: [(int(size), one["steps"][step][0]) for size, one in servers[name].items()]
                                 for name in names}, count, tick) for step in steps]
    panels.append(chart.panel("memory (PSS), folder open", {
        name: [(int(size), one["memory"] / 1024) for size, one in servers[name].items()] for name in names},
        count, lambda value: f"{value:g} MiB"))
    (out / "store-curves.svg").write_text(chart.picture(panels, 3, names))
    sizes = list(servers[names[0]])
    lines = [[step, name, *(seconds(servers[name][size]["steps"][step][0]) for size in sizes),
              *(seconds(servers[name][size]["steps"][step][1]) for size in sizes)] for step in steps for name in names]
    lines += [["memory (PSS)", name, *(mebibytes(servers[name][size]["memory"]) for size in sizes), *[""] * len(sizes)]
              for name in names]
    head = ["", "", *(f"{int(size):,} CPU" for size in sizes), *(f"{int(size):,} wall" for size in sizes)]
    return f"""## Growth

One folder of small messages (600 bytes) at each size, used by one server after another. CPU of the server:

![CPU against the number of messages](store-curves.svg)

{table(head, lines)}
"""


def idle(found, out):
    servers = found["servers"]
    names = names_in(servers)
    lines = [[name, *(seconds(servers[name]["single"][what]) for what in ("median", "p99", "worst", "cpu")),
              str(servers[name]["single"]["missing"])] for name in names]
    curve = {name: [(max(1e-5, moment), part / 2) for part, moment in enumerate(servers[name]["single"]["curve"])]
             for name in names}
    (out / "store-idle.svg").write_text(chart.picture(
        [chart.panel("told of a delivery, % of clients", curve, tick, lambda part: f"{part:.0f}", False)], 1, names))
    storms = {name: servers[name]["storm"] for name in names}
    heavy = [[name, f"{one['rate']:.0f}/s", f"{one['right']} of {found['clients']}",
              f"over {idle_latency.PATIENCE} s" if one["late"] is None else seconds(one["late"]),
              f"{one['notices']:.0f}", seconds(one["cpu"])] for name, one in storms.items()]
    head = ["", "rate reached", "clients right at the end", "last delivery to last client", "EXISTS a client",
            "CPU a delivery"]
    return f"""## IDLE

{found["clients"]} clients idle on one folder. From the rename into `new/` until a client has read its EXISTS;
{found["deliveries"]} deliveries, four a second at random moments; the client's own work (one thread for all) is in it.

{table(["", "median", "99 %", "worst", "CPU a delivery", "never told"], lines)}
![Share of clients told against time](store-idle.svg)

Under load: {storms[names[0]]["deliveries"]:,} deliveries, as near to 1,000 a second as the machine gives.

{table(head, heavy)}
Courier runs with `IMAP_ENHANCEDIDLE=1`, without which Debian's build looks every 60 seconds; the CPU of its file
alteration monitor, a process of its own, is not counted.
"""


def sessions(found):
    servers = found["servers"]
    names = names_in(servers)

    def calls(one):
        if one["calls"] is None:
            return "not traced"
        return ", ".join(f"{times} {call}" for call, times in sorted(one["calls"].items())) or "none"
    lines = [[name, mebibytes(one["none"]), mebibytes(one["one"]), f"{one['sessions']}: {mebibytes(one['all'])}",
              f"{one['each']:.1f} KiB", calls(one)] for name, one in ((name, servers[name]) for name in names)]
    return f"""## Sessions on one folder

{found["messages"]:,} messages; memory of all the server's processes (PSS). The last column has the system calls on
anything of the Maildir that a second SELECT makes while the first session is there.

{table(["", "no session", "one", "many", "each further one", "second SELECT"], lines)}
"""


def circumstances(found):
    it = found["circumstances"]
    built = f" ({it['commit']})" if it["commit"] else ""
    versions = ", ".join(version + (built if name == "postrider" else "") for name, version in it["versions"].items())
    command = COMMAND + (" --quick" if it["quick"] else "")
    return f"""# What the mail store costs

{it["date"]}: {versions}. Linux {it["kernel"]}, {it["cores"]} cores ({it["processor"]}), {it["memory"]} GiB,
{it["file system"]}. Everything again: `{command}`

CPU is user and system time of all processes of the server, by their clocks; wall is the client's. All are talked to
over loopback: postrider as one process (`postrider serve` of an ordinary user), Dovecot below its master, Courier
below `couriertcpd`.
"""


def write(out):
    """out: the folder with the results; what was not measured is left out."""
    found = {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}
    parts = {"rows": rows, "curves": lambda one: curves(one, out), "idle": lambda one: idle(one, out),
             "sessions": sessions}
    pages = [parts[name](found[name]) for name in parts if name in found]
    if pages:
        (out / "store.md").write_text("\n".join([circumstances(next(iter(found.values()))), *pages]))
