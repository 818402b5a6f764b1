"""Judges postrider beside Courier, Dovecot and Cyrus: the same work for each, taking turns, and a report.

  bench/compare                the table of operations on a folder of 10,000 realistic messages
  bench/compare --quick        fewer operations on a smaller folder, in less than five minutes
  bench/compare curves         how costs grow with a folder, from 1,000 to 1,000,000 messages
  bench/compare auth           log-ins: cheap and dear hashes, caches, and honest clients while others guess passwords
  bench/compare report         the pages again, from the results in --out
  bench/compare list           the rows that --only takes
  bench/compare corpus PATH N  makes a Maildir of N messages, as the comparison uses it

Peers are Debian's packages, unpacked into --cache; nothing is installed. They are started by root only, in mount
namespaces; an ordinary user measures postrider alone. Build the release preset first.
"""
import argparse
import contextlib
import json
import math
import os
import pathlib
import resource
import shlex
import shutil
import signal
import sys
import tempfile
import time

from . import auth, auth_page, corpus, curves, load, machine, memory, peers, report, rows, table

BUILD = machine.ROOT / "build" / "release"
SIZES = (1000, 10_000, 100_000, 1_000_000)
QUICK_SECONDS = 270  # from then on no row is begun, so that all ends within five minutes
SMALL_FOLDER, USERS = 100, 20  # messages of the account `small` and of the mixed users; how many of these


def arguments_of(words):
    parser = argparse.ArgumentParser(prog="bench/compare", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="table",
                        choices=["table", "curves", "auth", "report", "list", "corpus"])
    parser.add_argument("more", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", metavar="ROW,...", help="these rows of the table, or of auth")
    parser.add_argument("--servers", default=",".join(peers.ALL), metavar="NAME,...", help="default: %(default)s")
    parser.add_argument("--sizes", default="", metavar="N,...",
                        help="messages: of the table's big folder (one), of the curves (several)")
    parser.add_argument("--rounds", type=int, default=0, help="default: 5, of auth 3, quick 1")
    parser.add_argument("--out", type=pathlib.Path, default=machine.ROOT / "build" / "benchmarks",
                        help="results and pages; default: build/benchmarks")
    parser.add_argument("--update-docs", action="store_true", help="writes the pages to docs/benchmarks")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache" / "postrider-bench",
                        help="unpacked packages; default: %(default)s")
    parser.add_argument("--folder", type=pathlib.Path, help="where the mail is put; default: the temporary folder")
    parser.add_argument("--postrider", type=pathlib.Path, default=BUILD / "src" / "postrider")
    parser.add_argument("--generator", type=pathlib.Path, default=BUILD / "bench" / "load" / "postrider-bench")
    parser.add_argument("--no-pin", action="store_true", help="servers and generator may use all cores")
    mail = parser.add_argument_group("of corpus")
    mail.add_argument("--small", action="store_true", help="messages of some 600 bytes")
    mail.add_argument("--new", action="store_true", help="in new/, delivered but not yet looked at")
    mail.add_argument("--uid-list", action="store_true", help="with the UID list that Courier would have written")
    arguments = parser.parse_args(words)
    unknown = set(arguments.servers.split(",")) - set(peers.ALL)
    if unknown:
        parser.error(f"--servers: there is no {', '.join(sorted(unknown))}; known: {', '.join(peers.ALL)}")
    return arguments


def without_paths(words):
    """The command line without what differs from machine to machine."""
    places = ("--out", "--cache", "--folder", "--postrider", "--generator")
    return [word for at, word in enumerate(words)
            if word.partition("=")[0] not in places and (at == 0 or words[at - 1] not in places)]


class Run:
    """One call of the command: programs, a folder for servers and mail, progress."""

    def __init__(self, arguments, folder, words):
        self.arguments, self.folder, self.start = arguments, folder, time.monotonic()
        self.kinds = [peers.ALL[name] for name in arguments.servers.split(",")]
        peers.Postrider.program = peers.copied_program(arguments.postrider, folder)
        self.server_cores, self.own_cores = (None, None) if arguments.no_pin else machine.divided()
        self.command = " ".join(["bench/compare", *map(shlex.quote, without_paths(words))])

    def say(self, text):
        print(f"{time.monotonic() - self.start:6.0f} s  {text}", file=sys.stderr, flush=True)

    def server(self, kind, users=("bench",)):
        """One that is not yet started. Raises packages.Unavailable."""
        tree = peers.provided(kind, self.arguments.cache)
        site = self.folder / kind.name
        site.mkdir(mode=0o711)
        return kind(site, tree, users, self.server_cores)

    def chosen(self, among):
        return rows.chosen([name for name in self.arguments.only.split(",") if name], self.arguments.quick, among)

    def generator(self):
        return load.Generator(self.arguments.generator, machine.pinned(self.own_cores))

    def start_all(self, servers):
        for server in servers:
            server.start()
            self.say(f"{server.name} runs")

    def measure(self, name, found, wanted, servers, bench, rounds):
        """The wanted rows; the results are `found` with them, kept by this name.  rounds: where none are told."""
        arguments = self.arguments
        found |= {"rounds": arguments.rounds or (1 if arguments.quick else rounds), "pinning": self.pinning(),
                  "source": servers[0].meter.source}

        def keep(done):
            found["rows"] = done
            self.keep(name, found)
        until = self.start + QUICK_SECONDS if arguments.quick else math.inf
        table.run(wanted, servers, bench, found["rounds"], self.say, keep, until)

    def about(self, servers):
        return {"circumstances": machine.circumstances(self.folder, self.command, self.arguments.quick),
                "servers": [server.name for server in servers],
                "versions": {server.name: server.version() for server in servers}}

    def pinning(self):
        if not self.server_cores:
            return "Servers and generator share all cores."
        return (f"The servers run on core {', '.join(map(str, self.server_cores))}, the generator on core "
                f"{', '.join(map(str, self.own_cores))}.")

    def keep(self, name, found):
        (self.arguments.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


def sizes_of(arguments, default):
    try:
        return [int(size) for size in arguments.sizes.split(",") if size] or list(default)
    except ValueError:
        raise SystemExit("--sizes: numbers of messages, with commas between them") from None


def compare(run, stack):
    """The table."""
    arguments = run.arguments
    size = sizes_of(arguments, [1000 if arguments.quick else 10_000])[0]
    wanted = run.chosen(rows.ROWS)
    bench = rows.Bench(run.generator(), rows.QUICK if arguments.quick else rows.Amounts())
    users = ["bench", "small", "news", "large", *(f"user{number}" for number in range(USERS))]
    servers, absent = table.start_all(run.kinds, lambda kind: run.server(kind, users), stack, run.say)
    total = fill(run, servers, size, {row.name for row in wanted})
    run.start_all(servers)
    found = {**run.about(servers), "absent": absent, "messages": size, "bytes": total,
             "programs": {server.name: memory.by_program(server) for server in servers}}
    run.measure("operations", found, wanted, servers, bench, 5)


def fill(run, servers, size, wanted):
    """Gives every server the same mail, as far as the wanted rows need it. Gives the bytes of the big folder."""
    total = corpus.make(run.folder / "big", size)
    corpus.make(run.folder / "small", SMALL_FOLDER)
    run.say(f"{size} messages, {total / 1e6:.0f} MB")
    if "relay" in wanted:
        corpus.make_one(run.folder / "large", 100_000_000)
    for server in servers:
        server.fill("bench", run.folder / "big")
        for user in server.users[1:]:
            if user == "large":
                if "relay" in wanted:
                    server.fill(user, run.folder / "large")
            elif user in ("small", "news") or "mixed" in wanted:
                server.fill(user, run.folder / "small")
    return total


def log_in(run, stack):
    """The rows of log-ins."""
    wanted = run.chosen(auth.ROWS)
    amounts = auth.QUICK if run.arguments.quick else auth.Amounts()
    users = [f"user{number}" for number in range(max(amounts.cheap, amounts.honest))]
    servers, absent = table.start_all([kind for kind in run.kinds if kind.has_hashes],
                                      lambda kind: run.server(kind, users), stack, run.say)
    bench = rows.Bench(run.generator(), amounts)
    run.start_all(servers)
    found = {**run.about(servers), "absent": absent, **auth.conditions(amounts)}
    run.measure("auth", found, wanted, servers, bench, 3)


def grow(run, stack):
    """The curves."""
    servers, _ = table.start_all([kind for kind in run.kinds if kind.has_maildir], run.server, stack, run.say)
    sizes = sizes_of(run.arguments, SIZES[:2] if run.arguments.quick else SIZES)
    about = run.about(servers)

    def keep(found, failed):
        run.keep("growth", {**about, "sizes": found, "failed": failed})
    curves.run(sizes, servers, run.folder, run.say, keep)


def write_report(arguments):
    """The pages of what results there are."""
    out = machine.ROOT / "docs" / "benchmarks" if arguments.update_docs else arguments.out
    out.mkdir(parents=True, exist_ok=True)
    for name, page in (("operations", report.operations), ("growth", report.growth), ("auth", auth_page.page)):
        path = arguments.out / f"{name}.json"
        if path.exists():
            page(json.loads(path.read_text()), out)
            print(out / f"{name}.md")


def make_corpus(arguments):
    if len(arguments.more) != 2 or not arguments.more[1].isdigit():
        raise SystemExit("bench/compare corpus PATH N")
    path, count = pathlib.Path(arguments.more[0]), int(arguments.more[1])
    total = corpus.make(path, count, arguments.small, arguments.new, arguments.uid_list,
                        progress=lambda there: print(there, "messages", flush=True))
    print(f"{count} messages, {total / 1e6:.0f} MB")


def main(words):
    arguments = arguments_of(words)
    if arguments.what == "list":
        print("".join(f"{row.name:24}{row.title}, of one {row.unit}\n" for row in [*rows.ROWS, *auth.ROWS]), end="")
    elif arguments.what == "corpus":
        make_corpus(arguments)
    elif arguments.what == "report":
        write_report(arguments)
    else:
        arguments.out.mkdir(parents=True, exist_ok=True)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-bench-", dir=arguments.folder))
        os.chmod(folder, 0o711)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # the servers are ended on the way out
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            run = Run(arguments, folder, words)
            {"table": compare, "curves": grow, "auth": log_in}[arguments.what](run, stack)
        write_report(arguments)
