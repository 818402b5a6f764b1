"""Where and with what something was measured."""
import os
import pathlib
import platform
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def file_system(path):
    """The type of the file system that the path is on."""
    mounts = [line.split()[1:3] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    path = os.path.realpath(path)
    around = [mount for mount in mounts if os.path.commonpath([path, mount[0]]) == mount[0]]
    return max(around, key=lambda mount: len(mount[0]))[1]


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def commit():
    """Of this checkout; "+" when its files differ from it. "" where it is none."""
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False).stdout.strip()
    name = git("rev-parse", "--short=10", "HEAD")
    return name + ("+" if name and git("status", "--porcelain", "--", "src", "include") else "")


def circumstances(folder, command, quick):
    """folder: where the mail is.  command: as it was called."""
    return {"date": time.strftime("%Y-%m-%d"), "kernel": platform.release(), "cores": os.cpu_count(),
            "processor": processor(), "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30,
            "file_system": file_system(folder), "commit": commit(), "command": command, "quick": quick}


def divided():
    """(cores of the server, cores of the generator); None for both where there is one core only."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[:-1], cores[-1:]) if len(cores) > 1 else (None, None)


def pinned(cores):
    """Words that make a command run on these cores."""
    return ["taskset", "-c", ",".join(map(str, cores))] if cores else []
