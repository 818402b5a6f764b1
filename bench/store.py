#!/usr/bin/python3
"""What the mail store costs: postrider beside Dovecot and Courier, on folders of their own, in one run. Root becomes an
ordinary user first, whom Dovecot and Courier must find in /etc/passwd (nobody), so postrider is one process.

  bench/store.py rows      each operation on a folder of 10,000 realistic messages: CPU of the server, and wall time
  bench/store.py curves    how costs grow from 1,000 to 1,000,000 messages
  bench/store.py idle      from the delivery of a message to the notice that 100 idle clients get
  bench/store.py sessions  memory of 500 sessions on one folder of 100,000 messages
  bench/store.py report    the page and its charts again, from the results that are there
  bench/store.py all       everything, and the page

--postrider, --dovecot, --courier   programs; an empty name leaves the peer out
--quick                  all of it in five minutes: smaller, fewer rounds
--folder PATH            where Maildirs are made (the file system matters); default: the system's temporary folder
--out PATH               results (*.json), page and charts; default build/benchmarks
"""
import argparse
import importlib
import json
import os
import pathlib
import platform
import resource
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))
import ordinary_user

import peers
import servers

#: What can be measured; each module has run(bench), which gives what json can hold.
PARTS = {"rows": "store_table", "curves": "store_curves", "idle": "idle_latency", "sessions": "store_sessions"}


class Bench:
    """What all parts need: programs, a folder, progress."""

    def __init__(self, arguments, folder):
        self.arguments, self.quick, self.folder = arguments, arguments.quick, folder
        self.programs = {servers.Postrider: arguments.postrider, peers.Dovecot: arguments.dovecot,
                         peers.Courier: arguments.courier}
        self.start = time.monotonic()

    def kinds(self):
        return [kind for kind, program in self.programs.items() if program]

    def server(self, kind, maildir=None):
        """A server that is not yet started, with a folder of its own; maildir: as of servers.Server."""
        return kind(tempfile.mkdtemp(prefix=kind.name[0].lower(), dir=self.folder), self.programs[kind], maildir)

    def say(self, *words):
        print(f"{time.monotonic() - self.start:6.0f} s ", *words, flush=True)


def circumstances(bench):
    processor = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    return {"date": time.strftime("%Y-%m-%d"), "kernel": platform.release(), "cores": os.cpu_count(),
            "processor": processor, "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30,
            "file system": file_system(bench.folder), "quick": bench.quick, "commit": bench.arguments.commit,
            "versions": {kind.name: kind.version(bench.programs[kind]) for kind in bench.kinds()}}


def file_system(path):
    mounts = [line.split()[1:3] for line in open("/proc/mounts")]
    return max((mount for mount in mounts if str(path).startswith(mount[0])), key=lambda mount: len(mount[0]))[1]


def arguments_of_call():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*PARTS, "report", "all"])
    parser.add_argument("--postrider", default=str(ROOT / "build/release/src/postrider"))
    parser.add_argument("--dovecot", default=shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin") or "")
    parser.add_argument("--courier", default="", help="Courier's imapd")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=os.path.abspath)
    parser.add_argument("--out", type=os.path.abspath, default=str(ROOT / "build/benchmarks"))
    parser.add_argument("--commit", default="", help="what the page says postrider was built from")
    return parser.parse_args()


def main():
    arguments = arguments_of_call()
    os.makedirs(arguments.out, exist_ok=True)
    if os.geteuid() == 0:
        ordinary_user.use("nobody")
        os.chown(arguments.out, ordinary_user.UID, ordinary_user.GID)
    arguments.postrider = ordinary_user.become(arguments.postrider)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-bench-", dir=arguments.folder))
    bench, out = Bench(arguments, folder), pathlib.Path(arguments.out)
    try:
        for part in PARTS:
            if arguments.what in (part, "all"):
                found = {"circumstances": circumstances(bench), **importlib.import_module(PARTS[part]).run(bench)}
                (out / f"{part}.json").write_text(json.dumps(found, indent=1))
        if arguments.what in ("report", "all"):
            importlib.import_module("store_report").write(out)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
