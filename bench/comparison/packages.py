"""Debian's packages of a peer, fetched and unpacked into a cache folder; nothing is installed."""
import pathlib
import re
import shutil
import subprocess
import tempfile

PATIENCE = 600  # seconds, for the archive
#: What packages of mail servers depend on, but a server under test does not use.
NOT_NEEDED = re.compile(r"exim4-.*|.*-dev")


class Unavailable(Exception):
    """A peer cannot be had here; says why in one line."""


def missing(wanted):
    """The packages that apt would install for the wanted ones, as far as this system lacks them."""
    told = subprocess.run(["apt-get", "-s", "-o", "Debug::NoLocking=1", "--no-install-recommends", "install", *wanted],
                          capture_output=True, text=True, timeout=PATIENCE)
    if told.returncode:
        raise Unavailable("apt-get: " + (told.stderr.strip().splitlines() or ["no answer"])[0])
    names = re.findall(r"^Inst (\S+)", told.stdout, re.M)
    return [name for name in names if not NOT_NEEDED.fullmatch(name)]


def merge_usr(tree):
    """Debian's system has /lib and the like as links into /usr; a package may still name them so."""
    for name in ("lib", "lib64", "bin", "sbin"):
        if (tree / name).is_dir():
            shutil.copytree(tree / name, tree / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(tree / name)


def unpacked(cache, name, wanted):
    """The folder cache/name with the peer's packages and what they need; fetched where it is not there yet."""
    target = pathlib.Path(cache) / name
    if target.is_dir():
        return target
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable("its packages are fetched by apt-get and dpkg, which this system has not")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        tree = pathlib.Path(folder) / "tree"
        (tree / "usr").mkdir(parents=True)
        (tree / "etc").mkdir()
        names = missing(wanted)
        if names:
            done = subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names], cwd=folder,
                                  capture_output=True, text=True, timeout=PATIENCE)
            if done.returncode:
                raise Unavailable("apt-get download: " + done.stderr.strip().splitlines()[-1])
        for package in sorted(pathlib.Path(folder).glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, tree], check=True, timeout=PATIENCE)
        merge_usr(tree)
        tree.chmod(0o755)
        tree.rename(target)
    return target
