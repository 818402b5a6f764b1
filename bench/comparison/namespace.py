"""A view of the system in which unpacked packages and settings stand where their programs look for them.

The system's /usr and /etc are seen through overlays, /run is empty and for this server alone, and so is the list of
processes: when the first process ends, the kernel ends all others. Nothing of the real system changes. Needs root.
"""
import functools
import os
import pathlib
import shutil
import subprocess

#: $1: folder with settings (etc).  $2: unpacked packages.  The rest is run there as process 1.
_SCRIPT = """set -e
mount -t overlay -o "ro,lowerdir=$1/etc:$2/etc:/etc" overlay /etc
mount -t overlay -o "ro,lowerdir=$2/usr:/usr" overlay /usr
mount -t tmpfs -o mode=755 tmpfs /run
shift 2
exec "$@"
"""


@functools.lru_cache
def is_possible():
    """Whether we are root and may make namespaces, which root in a container may not always."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False,
                          timeout=60).returncode == 0


def command(layer, tree, words):
    """What to run so that `words` run in the view. layer/etc, tree/etc and tree/usr must be there."""
    return ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", _SCRIPT, "sh",
            str(layer), str(tree), *map(str, words)]


def add_users(layer, users):
    """Users, each with a group of its name, that the system's lists lack.  users: {name: number}."""
    for file, line in (("passwd", "{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"),
                       ("group", "{name}:x:{number}:\n")):
        text = pathlib.Path("/etc", file).read_text()
        there = {row.split(":")[0] for row in text.splitlines()}
        text += "".join(line.format(name=name, number=number) for name, number in users.items() if name not in there)
        (layer / "etc" / file).write_text(text)
