"""The servers that can be judged. Their settings are the templates in bench/peers/."""
import os
import pathlib
import re
import shutil
import subprocess

from . import load, namespace, packages, server


class Postrider(server.Server):
    name, uid_list, own_files = "postrider", "courierimapuiddb", ("courierimap*", "courierpop3d*", "postrider-*")
    puts_off = 2.0
    without_syncs, isolated = {"fsync": 0}, {"workers": "session"}
    caching = {"password_cache": "AUTH_CACHE_SIZE=10000\nAUTH_CACHE_TTL=300"}
    uncaching = {"password_cache": "AUTH_CACHE_SIZE=0"}
    #: The program that is measured; set by the command line.
    program = ""

    def values(self):
        return {**super().values(), "program": self.program, "fsync": 1, "workers": "uid",
                "control": self.folder / "control", "password_cache": ""}

    def version(self):
        return told([self.program, "--version"])


class Dovecot(server.Server):
    name, uid_list, own_files = "dovecot", "dovecot-uidlist", ("dovecot*",)
    packages = ("dovecot-imapd", "dovecot-pop3d")
    stop_patience = 2  # its login processes take five seconds to see that they are alone
    without_syncs, isolated = {"fsync": "never"}, {"sessions": 1}
    hibernating = {"hibernate": "2s", "sessions": 1}  # a process that is kept would go on being there
    caching, uncaching = {"auth_cache": "10M"}, {"auth_cache": 0}

    def values(self):
        return {**super().values(), "fsync": "optimized", "hibernate": 0, "sessions": 100, "auth_cache": "10M"}

    def stored_password(self):
        stored = super().stored_password()
        return "{CRYPT}" + stored if stored.startswith("$") else stored

    def write_accounts(self):
        (self.folder / "users").write_text("".join(
            f"{user}:{self.stored_password()}:{self.uid}:{self.gid}::{self.maildir_of(user).parent}::\n"
            for user in self.users))

    def version(self):
        return "Dovecot " + told(self.seen(["dovecot", "--version"])).split()[0]


class Courier(server.Server):
    name, uid_list, own_files = "courier", "courierimapuiddb", ("courierimap*", "courierpop3d*")
    packages = ("courier-imap", "courier-pop", "courier-authlib-userdb")
    has_cache = False

    def version(self):
        return re.search(r"Courier-IMAP [\d.]+", told(self.seen(["/usr/bin/imapd", "--version"]))).group()


class Cyrus(server.Server):
    name = "cyrus"
    packages = ("cyrus-imapd", "cyrus-pop3d", "sasl2-bin")
    has_maildir, has_hashes = False, False
    stop_patience = 5
    without_syncs, isolated = {"unsafe": 1}, {"uses": 1}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.waiting = []  # (user, Maildir) that are not yet brought in

    def values(self):
        return {**super().values(), "unsafe": 0, "uses": 250, "users": " ".join(self.users)}

    def write_accounts(self):
        """The start script does it."""

    def fill(self, user, maildir):
        self.waiting.append((user, maildir))

    def start(self):
        super().start()
        while self.waiting:
            self._bring_in(*self.waiting.pop())
        return self

    def _bring_in(self, user, maildir):
        """In the order of delivery, many messages a command."""
        letters = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged"}
        paths = sorted((maildir / "cur").iterdir(), key=lambda path: path.name)
        with self.session(user) as session:
            for first in range(0, len(paths), 200):
                session.append_all("INBOX", [
                    (" ".join(letters[one] for one in path.name.rpartition(",")[2]),
                     path.read_bytes().replace(b"\n", b"\r\n")) for path in paths[first:first + 200]])

    def forget(self, keep_uid_list=False):
        raise load.Unsupported("its index is part of the mail")

    def version(self):
        return "Cyrus " + re.search(r"[\d.]+", told(self.seen(["/usr/lib/cyrus/bin/cyr_info", "version"]))).group()


ALL = {kind.name: kind for kind in (Postrider, Dovecot, Courier, Cyrus)}


def told(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.strip() or done.stderr.strip()


def provided(kind, cache):
    """The peer's unpacked packages; None: it needs none. Raises packages.Unavailable."""
    if not kind.packages:
        return None
    if not namespace.is_possible():
        raise packages.Unavailable("it is started by root only, in a mount namespace")
    return packages.unpacked(cache, kind.name, kind.packages)


def copied_program(program, folder):
    """A copy of our program that the mail's owner can run, wherever the build is; it stays when the build changes."""
    source = pathlib.Path(program)
    if not source.is_file():
        raise SystemExit(f"{program}: no such program; build it, or name another one with --postrider")
    target = pathlib.Path(folder) / "bin" / "postrider"
    target.parent.mkdir(mode=0o755)
    shutil.copyfile(source, target)
    os.chmod(target, 0o755)
    return target
