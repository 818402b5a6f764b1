"""The two builds: a commit's, in a worktree, and that of this tree."""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICK = ROOT / "build" / "quick"
TREE = QUICK / "tree"


class Problem(Exception):
    """The comparison cannot be made."""


@dataclasses.dataclass
class Build:
    """role: base or change.  micro: "" where the commit's code does not go with this tree's cases."""
    role: str
    name: str
    postrider: str
    micro: str


def told(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def base_commit(wanted):
    """The commit's full name."""
    if not wanted:
        wanted = "HEAD" if told("git", "status", "--porcelain", "--", "src", "include", "cmake") else "HEAD~"
    return told("git", "rev-parse", "--verify", f"{wanted}^{{commit}}")


def check_out(commit):
    """The worktree at that commit, with the micro-benchmarks of this tree: both run the same cases."""
    if not (TREE / ".git").exists():
        told("git", "worktree", "prune")
        told("git", "worktree", "add", "--force", "--detach", str(TREE), commit)
    told("git", "-C", str(TREE), "checkout", "--force", "--detach", commit)
    told("git", "-C", str(TREE), "clean", "-fdq", "--exclude=/build", "--", "bench")
    shutil.rmtree(TREE / "bench" / "micro", ignore_errors=True)
    shutil.copytree(ROOT / "bench" / "micro", TREE / "bench" / "micro")
    shutil.copy(ROOT / "bench" / "CMakeLists.txt", TREE / "bench" / "CMakeLists.txt")


def build(source, folder, jobs, target):
    """Both trees lie at the same depth above their build folders, so that ccache takes one's objects for the other."""
    environment = dict(os.environ, CCACHE_BASEDIR=str(source), CCACHE_NOHASHDIR="1")
    for command in (["cmake", "-S", source, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                     "-DPOSTRIDER_TESTS=OFF"],
                    ["nice", "ninja", "-C", folder, f"-j{jobs}", target]):
        print(f"bench/quick: {' '.join(str(word) for word in command[:6])}", file=sys.stderr)
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Problem(f"{source} cannot be built:\n{done.stdout[-2000:]}")


def built(role, name, source, jobs):
    folder = source / "build" / "quick" / role
    build(source, folder, jobs, "postrider")
    try:
        build(source, folder, jobs, "postrider-micro")
    except Problem as problem:
        if role == "change":
            raise
        print(f"bench/quick: no micro-benchmarks: {problem}", file=sys.stderr)
        (folder / "bench" / "micro" / "postrider-micro").unlink(missing_ok=True)
    return found(role, name, folder)


def found(role, name, folder):
    postrider, micro = folder / "src" / "postrider", folder / "bench" / "micro" / "postrider-micro"
    if not postrider.exists():
        raise Problem(f"{folder}: no src/postrider in it")
    return Build(role, name, str(postrider), str(micro) if micro.exists() else "")


def copied(one, folder):
    """Where the ordinary user can reach it, and no compiler changes it meanwhile."""
    into = folder / f"build-{one.role}"
    into.mkdir(mode=0o755)
    copies = [shutil.copy(path, into) if path else "" for path in (one.postrider, one.micro)]
    return dataclasses.replace(one, postrider=copies[0], micro=copies[1])


def both(arguments, folder):
    """Base and change. folder: gets copies of the programs."""
    if arguments.base_build:
        base = found("base", str(arguments.base_build), arguments.base_build.resolve())
    else:
        commit = base_commit(arguments.base)
        check_out(commit)
        base = built("base", commit[:10], TREE, arguments.jobs)
    if arguments.change_build:
        change = found("change", str(arguments.change_build), arguments.change_build.resolve())
    else:
        change = built("change", "this tree", ROOT, arguments.jobs)
    return copied(base, folder), copied(change, folder)
