"""What is compared: cases of the micro-benchmarks, and commands of a session on standard input."""
import dataclasses
import os
import pathlib
import re
import resource
import subprocess
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "system"))
import ordinary_user

from comparison import corpus

MESSAGES = 200
#: A session's threads do not take turns in the same way each time.
SESSION_SPREAD = 3.0

#: Sent in a session that selected the folder: once to warm up, then `times` times. (times, commands); times: so often
#: that what differs from start to start (0.2 million instructions) is little beside it.
COMMANDS = {
    "STATUS of the selected folder": (400, ("STATUS INBOX (MESSAGES UNSEEN)",)),
    "FETCH flags": (80, ("FETCH 1:* (UID FLAGS)",)),
    "FETCH envelopes, known": (40, ("FETCH 1:* ENVELOPE",)),
    "FETCH structures, known": (40, ("FETCH 1:* BODYSTRUCTURE",)),
    "FETCH header fields": (10, ("FETCH 1:* BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)]",)),
    "FETCH whole messages": (5, ("FETCH 1:* BODY.PEEK[]",)),
    "SEARCH FROM, known": (40, ('SEARCH FROM "zzqqx"',)),
    "SEARCH BODY": (5, ('SEARCH BODY "zzqqx"',)),
    "STORE flags": (10, ("STORE 1:* +FLAGS.SILENT (\\Flagged)", "STORE 1:* -FLAGS.SILENT (\\Flagged)")),
}
#: Of the micro-benchmarks, whose counts hardly differ.
MICRO_TIMES = 5


class Failed(Exception):
    """A program that is measured did not do what it was asked."""


def cpu_of_children():
    """Seconds, of those that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclasses.dataclass
class Run:
    """A process: what it does `times` times is measured, what it does 0 times is subtracted."""
    arguments: list
    stdin: bytes = b""
    ordinary: bool = False  # root becomes an ordinary user for it
    environment: typing.Optional[dict] = None

    def start(self, in_front=()):
        """Runs it behind the words `in_front`; waits. Gives the CPU seconds that it took."""
        child = subprocess.Popen([*in_front, *self.arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=self.environment, cwd="/",
                                 preexec_fn=ordinary_user.drop if self.ordinary and os.geteuid() == 0 else None)
        before = cpu_of_children()
        out, errors = child.communicate(self.stdin)
        spent = cpu_of_children() - before
        refused = re.search(rb"^t (?:NO|BAD) .*$", out, re.M)
        if child.returncode != 0 or refused or (self.stdin and b"\nt OK " not in out):
            said = (refused.group() if refused else errors or out)[-300:].decode(errors="replace").strip()
            raise Failed(f"{self.arguments[0]}: exit {child.returncode}, {said}")
        return spent


@dataclasses.dataclass
class Item:
    """base, change: from `times` to a Run.  times: enough for a count.  spread: how much more than the threshold it
    may differ by chance."""
    name: str
    base: typing.Callable
    change: typing.Callable
    times: int = MICRO_TIMES
    spread: float = 1.0


def micro_run(build, name):
    return lambda times: Run([build.micro, "--run", name, str(times)])


def cases_of(build):
    if not build.micro:
        return []
    return subprocess.run([build.micro, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()


def session_run(build, maildir, settings, commands):
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC", "POSTRIDER_CONFIG_DIR": str(settings)}

    def run(times):
        lines = ["SELECT INBOX", *(times + 1) * tuple(commands), "LOGOUT"]
        return Run([build.postrider, "imapd", str(maildir)], "".join(f"t {line}\r\n" for line in lines).encode(),
                   ordinary=True, environment=environment)
    return run


def prepared_maildir(build, folder, settings):
    """A Maildir for the build alone, its index filled; the same messages for each."""
    maildir = folder / f"Maildir-{build.role}"
    corpus.make(maildir, MESSAGES, uid_list=True)
    if os.geteuid() == 0:
        for path in [maildir, *maildir.rglob("*")]:
            os.chown(path, ordinary_user.UID, ordinary_user.GID)
    commands = [command for _, some in COMMANDS.values() for command in some]
    for _ in range(2):  # what the first session could not keep in time the second keeps
        session_run(build, maildir, settings, commands)(0).start()
    return maildir


def all_items(base, change, folder):
    """folder: for what they need; the ordinary user can enter it afterwards."""
    folder.chmod(0o755)
    settings = folder / "settings"
    settings.mkdir()
    both = [name for name in cases_of(change) if name in set(cases_of(base))]
    items = [Item(name, micro_run(base, name), micro_run(change, name)) for name in both]
    where = {build.role: prepared_maildir(build, folder, settings) for build in (base, change)}
    for name, (times, commands) in COMMANDS.items():
        runs = (session_run(build, where[build.role], settings, commands) for build in (base, change))
        items.append(Item(name, *runs, times=times, spread=SESSION_SPREAD))
    return items
