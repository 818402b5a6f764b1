"""Writes the pages and charts of docs/benchmarks from the results, which are dictionaries as json holds them."""
from . import chart, figures, settings

METRICS = {"cpu": "Server CPU", "wall": "Time until the client knows", "memory": "Memory"}
#: What is shown beside the main figure of a row: {metric: {figure: title}}.
BESIDE = {"cpu": {"wall": "wall"}, "wall": {"p99": "99 %", "max": "worst", "cpu": "CPU"},
          "memory": {"kernel": "kernel"}}


def table(head, lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines]) + "\n"


def shown(row, value, metric=None):
    metric = metric or row["metric"]
    return figures.kibibytes(value) if metric in ("memory", "kernel") else figures.seconds(value)


def cell(row, name, key):
    """A server's figure, or why there is none."""
    if name in row["figures"]:
        return shown(row, row["figures"][name].get(key), key)
    return row["notes"].get(name, "").partition(":")[0]


def goal_of(row):
    """The goal in words, and whether it is met; "" where there is none, "-" where we have no figure."""
    ours = row["figures"].get(figures.OURS, {}).get(row["metric"])
    if row.get("goal_ratio") is not None:
        text, reached = f"{row['goal_ratio']:g}x", figures.ratio(row["figures"], row["metric"])
        met = reached is not None and reached >= row["goal_ratio"]
    elif row["goal"] is not None:
        text, reached = shown(row, row["goal"]), ours
        met = reached is not None and reached <= row["goal"]
    else:
        return ""
    return text + ("" if reached is None else ", met" if met else ", **missed**")


def spread_of(row):
    parts = [one["spread"] for one in row["figures"].values() if one.get("spread") is not None]
    return f"{max(parts) * 100:.0f} %" if parts else ""


def rows_of(rows, names, metric):
    """The table of the rows whose main figure is this one."""
    chosen = [row for row in rows if row["metric"] == metric]
    if not chosen:
        return ""
    beside = [(name, key, title) for key, title in BESIDE[metric].items() for name in names]
    head = ["", "of one", *names, "better peer : ours", "goal", *(f"{name}, {title}" for name, _, title in beside),
            "spread"]
    lines = [[row["title"], row["unit"], *(cell(row, name, metric) for name in names), ratio_of(row, metric),
              goal_of(row), *(cell(row, name, key) if name in row["figures"] else "" for name, key, _ in beside),
              spread_of(row)]
             for row in chosen]
    return f"### {METRICS[metric]}\n\n" + table(head, lines)


def ratio_of(row, metric):
    value = figures.ratio(row["figures"], metric)
    text = figures.times(value)
    return f"**{text}**" if value is not None and value < 1 else text


def lost(rows):
    """Where a peer is better, and goals that are missed: in words."""
    behind = [(row, figures.ratio(row["figures"], row["metric"])) for row in rows]
    behind = [f"* {row['title']}: {figures.better_peer(row['figures'], row['metric'])[0]} needs "
              f"{figures.times(value)} of what postrider needs" for row, value in behind if value and value < 1]
    missed = [f"* {row['title']}: {shown(row, row['figures'][figures.OURS][row['metric']])}, goal {_plain_goal(row)}"
              for row in rows if "missed" in goal_of(row)]
    absent = [f"* {row['title']}: {row['notes'][figures.OURS]}" for row in rows if figures.OURS in row["notes"]]
    return "".join(f"{title}\n\n" + ("\n".join(lines) or "* nothing") + "\n\n" for title, lines in
                   (("A peer is better:", behind), ("Goals missed:", missed), ("Not measured:", absent)))


def _plain_goal(row):
    return goal_of(row).partition(",")[0]


def programs(found):
    """Which programs the memory is in."""
    lines = [[server, program, figures.kibibytes(one["rest"]), figures.kibibytes(one["session"])]
             for server, its in found["programs"].items() for program, one in its.items()]
    return f"""### Memory by program

At rest, and what each idle session with the small folder selected adds, in PSS:

{table(["", "program", "at rest", "a session"], lines)}"""


def ratios_chart(rows):
    pairs = [(row["title"], figures.ratio(row["figures"], row["metric"])) for row in rows]
    pairs = [(title, value) for title, value in pairs if value]
    return chart.bars("How much more the better peer needs", pairs, "the same") if pairs else None


def operations(found, out):
    """The page of the rows."""
    rows, names = found["rows"], found["servers"]
    parts = [head_of("Operations, side by side", found["circumstances"], found["versions"]),
             f"""The big folder has {found["messages"]:,} messages, {found["bytes"] / 1e6:.0f} MB. Each figure is the
median of {found["rounds"]} rounds in which the servers took turns; *spread* is the widest (greatest - least) / median
of a row.
*Better peer : ours* above 1 says how many times more the better peer needs.
"""]
    picture = ratios_chart(rows)
    if picture:
        (out / "operations.svg").write_text(picture)
        parts.append("![Ratio of the better peer to postrider](operations.svg)\n")
    parts += [part for part in (rows_of(rows, names, metric) for metric in METRICS) if part]
    parts.append(programs(found))
    parts.append("## Where we lose\n\n" + lost(rows))
    parts.append(conditions(found))
    (out / "operations.md").write_text("\n".join(parts).rstrip() + "\n")


def growth(found, out):
    """The page of the curves."""
    sizes = list(found["sizes"])
    names = [name for name in found["servers"] if any(name in found["sizes"][size] for size in sizes)]
    first = found["sizes"][sizes[0]][names[0]]

    def series(pick):
        lines = {name: [(int(size), pick(found["sizes"][size][name])) for size in sizes if name in found["sizes"][size]]
                 for name in names}
        return {name: [(x, max(y, 1e-6)) for x, y in line] for name, line in lines.items() if line}
    panels = [chart.panel(step, series(lambda one, step=step: one["steps"][step]["cpu"]), figures.short_count,
                          figures.tick) for step in first["steps"]]
    panels.append(chart.panel("memory (PSS), folder open", series(lambda one: one["memory"] / 1024),
                              figures.short_count, lambda value: f"{value:g} MiB"))
    (out / "growth.svg").write_text(chart.panels(panels, 3, names))
    parts = [head_of("How costs grow with a folder", found["circumstances"], found["versions"]),
             """One folder of small messages (600 bytes) at each size, which the servers use one after another; from
200,000 messages on most files are hard links. Server CPU of one command, work put off until after the answer included:

![CPU against the number of messages](growth.svg)
""", "### Server CPU\n\n" + _steps(found, sizes, names, "cpu"),
             "### Time until the client has its answer\n\n" + _steps(found, sizes, names, "wall"),
             _calls(found, sizes, names)]
    if found["failed"]:
        parts.append("### Not to the end\n\n" + "\n".join(f"* {reason}" for reason in found["failed"]) + "\n")
    (out / "growth.md").write_text("\n".join(parts).rstrip() + "\n")


def _steps(found, sizes, names, key):
    lines = [[step, name, *(figures.seconds(found["sizes"][size][name]["steps"][step][key])
                            if name in found["sizes"][size] else "" for size in sizes)]
             for step in found["sizes"][sizes[0]][names[0]]["steps"] for name in names]
    if key == "cpu":
        lines += [["memory (PSS)", name, *(figures.kibibytes(found["sizes"][size][name]["memory"])
                                           if name in found["sizes"][size] else "" for size in sizes)]
                  for name in names]
    return table(["", "", *(f"{int(size):,}" for size in sizes)], lines)


def _calls(found, sizes, names):
    """System calls on the Maildir that a SELECT makes while another session has the folder open."""
    def text(one):
        if one["calls"] is None:
            return "not traced"
        return ", ".join(f"{times} {call}" for call, times in sorted(one["calls"].items())) or "none"
    lines = [[name, text(found["sizes"][sizes[-1]][name])] for name in names if name in found["sizes"][sizes[-1]]]
    return (f"### System calls on the Maildir, {int(sizes[-1]):,} messages\n\nOf a SELECT while another session has "
            "the folder open:\n\n" + table(["", "calls"], lines))


def head_of(title, it, versions):
    built = f" (commit {it['commit']})" if it["commit"] else ""
    told = ", ".join(version + (built if name == figures.OURS else "") for name, version in versions.items())
    quick = " This is the quick comparison: few rounds, small folders.\n" if it["quick"] else ""
    return f"""# {title}

{it["date"]}: {told}. Linux {it["kernel"]}, {it["cores"]} cores ({it["processor"]}), {it["memory_gib"]} GiB,
{it["file_system"]}. Made by `{it["command"]}`.{quick}
"""


def conditions(found):
    """How it was measured, what is durable, what cannot be compared."""
    absent = "".join(f"* {name} is not there: {why}\n" for name, why in found["absent"].items())
    return f"""## How it was measured

* All servers are daemons on loopback with the settings of `bench/peers/`. CPU is user and system time of all their
  processes, memory the proportional set size (PSS) of all, both with what ended meanwhile; from {found["source"]}.
  Kernel memory is the growth of the server's control group, where it has one.
* The load is `postrider-bench`'s. {found["pinning"]}
* *First*: nothing but the mail is there; its files are in the page cache. What a server puts off until after the answer
  is in its CPU.
* *Again*: a new session, after another one did the same.
* *No syncs*: servers that can be told not to make things durable before they answer are told so.
{absent}
""" + "\n".join(f"### {name}\n\n{settings.statement(name)}\n" for name in found["servers"])
