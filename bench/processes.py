"""What a server costs: CPU time and memory of a process and of all below it, from /proc and the processes' clocks."""
import contextlib
import dataclasses
import pathlib
import statistics
import time


@dataclasses.dataclass
class Cost:
    """Seconds. cpu: user and system time of all processes of the server.  wall: until the client had its answer."""
    cpu: float = 0.0
    wall: float = 0.0

    def __add__(self, other):
        return Cost(self.cpu + other.cpu, self.wall + other.wall)

    def __truediv__(self, count):
        return Cost(self.cpu / count, self.wall / count)


def median(costs):
    """CPU and wall each for itself."""
    return Cost(statistics.median(one.cpu for one in costs), statistics.median(one.wall for one in costs))


def tree(pid):
    """The process and all that descend from it, as far as they are alive."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for children in pathlib.Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                waiting += map(int, children.read_text().split())
    return found


def cpu_seconds(pids):
    """Their CPU time so far, ended threads included, to the nanosecond."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended
            total += time.clock_gettime((~pid << 3) | 2)  # the clock of a process, as clock_getcpuclockid(3) makes it
    return total


def pss_kib(pid):
    """Memory of one process; what it shares with others counts in parts. 0: it has ended."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def settle(pid, quiet, patience=600.0):
    """Waits until the processes use next to nothing for `quiet` seconds. Gives their CPU seconds then."""
    last = time.monotonic() + patience
    used, since = cpu_seconds(tree(pid)), time.monotonic()
    while time.monotonic() - since < quiet:
        time.sleep(min(quiet / 4, 0.05))
        now = cpu_seconds(tree(pid))
        if now - used > 0.0005:
            since = time.monotonic()
            used = now
        if time.monotonic() > last:
            raise SystemExit("the server does not come to rest")
    return cpu_seconds(tree(pid))
