"""Compares two builds of postrider and says what got slower.

The base is a commit, built in a worktree below build/quick/; the change is this tree as it stands, built there too.
Both run the micro-benchmarks (with this tree's cases) and a few commands of a session on a small Maildir.

  --by instructions   counts them: by perf where that is permitted, else by valgrind. The machine may be busy. Slower is
                      what needs more than the threshold more.
  --by time           CPU time of runs that take turns, for what instructions do not tell (the kernel's work, memory).
                      Slower is a median ratio beyond the threshold that a sign test believes as well. Wants a quiet
                      machine.

Exit code: 0 nothing got slower, 1 something did, 2 it could not be compared.
"""
import argparse
import json
import pathlib
import sys
import tempfile

from . import builds, counting, judging, progress, timing, work

#: Largest ratio that is not slower: counts hardly differ from run to run, times do.
THRESHOLDS = {"instructions": 1.01, "time": 1.03}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench/quick", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", metavar="REV", help="the commit to compare with (default: HEAD where files were "
                                                      "changed, else HEAD~)")
    parser.add_argument("--base-build", type=pathlib.Path, metavar="DIR", help="a build folder instead of a commit")
    parser.add_argument("--change-build", type=pathlib.Path, metavar="DIR", help="likewise, instead of this tree")
    parser.add_argument("--by", choices=THRESHOLDS, default="instructions")
    parser.add_argument("--threshold", type=float, metavar="PERCENT", help="default: 1 for instructions, 3 for time")
    parser.add_argument("--only", default="", metavar="TEXT", help="only what has the text in its name")
    parser.add_argument("--jobs", type=int, default=2, help="compilers at once (default 2)")
    parser.add_argument("--json", metavar="FILE", help='"-": standard output, instead of the table')
    return parser.parse_args(arguments)


def compared(arguments, folder):
    """What was measured, as judging.judge gives it."""
    base, change = builds.both(arguments, pathlib.Path(folder))
    items = [item for item in work.all_items(base, change, pathlib.Path(folder)) if arguments.only in item.name]
    if not items:
        raise builds.Problem(f"nothing that both have has {arguments.only!r} in its name")
    limit = THRESHOLDS[arguments.by] if arguments.threshold is None else 1 + arguments.threshold / 100
    line = progress.Line(len(items))
    rows = (timing if arguments.by == "time" else counting).rows(items, limit, line)
    line.end()
    return {"version": 1, "by": arguments.by, "limit": limit, "base": base.name, "change": change.name, "rows": rows}


def main(argv):
    arguments = parse(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="postrider-quick-") as folder:
            result = compared(arguments, folder)
    except (builds.Problem, work.Failed) as problem:
        print(f"bench/quick: {problem}", file=sys.stderr)
        return 2
    if arguments.json:
        with sys.stdout if arguments.json == "-" else open(arguments.json, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=1)
            out.write("\n")
    if arguments.json != "-":
        print(judging.table(result))
    return 1 if any(row["verdict"] == "slower" for row in result["rows"]) else 0
