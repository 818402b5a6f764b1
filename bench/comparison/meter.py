"""What a server costs: CPU time and memory of all its processes. From a control group of its own where the kernel lets
us make one (version 2 or 1), else from /proc: then processes that have ended count by what their parents waited for.
"""
import contextlib
import os
import pathlib
import time

_ROOT = pathlib.Path("/sys/fs/cgroup")
_TICK = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all that descend from it, as far as they are alive."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for children in pathlib.Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                waiting += map(int, children.read_text().split())
    return found


def pss_kib(pid):
    """Memory of one process; what it shares with others counts in parts. 0: it has ended."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def name_of(pid):
    """Program and first argument: what tells a server's roles apart."""
    with contextlib.suppress(OSError):
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        argument = "" if words[1].startswith(("-", "/")) or len(words) < 3 else words[1]
        return f"{os.path.basename(words[0])} {argument}".strip()
    return "ended"


def machine_kernel_kib():
    """Kernel memory of the whole machine: slab, stacks, page tables."""
    wanted = ("Slab:", "KernelStack:", "PageTables:")
    return sum(int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
               if line.startswith(wanted))


class Meter:
    """Of one server; made before it starts. shell: what its first shell has to run to be counted."""

    def __init__(self, name):
        self.groups, self.pid = {}, None
        for kind, parent in self._parents().items():
            group = parent / f"{name}-{os.getpid()}"
            with contextlib.suppress(OSError):
                group.mkdir(exist_ok=True)
                self.groups[kind] = group

    @staticmethod
    def _parents():
        """{what a group there counts: where it can be made}; empty for an ordinary user."""
        if os.geteuid() != 0:
            return {}
        if (_ROOT / "cgroup.controllers").exists():
            with contextlib.suppress(OSError):
                (_ROOT / "cgroup.subtree_control").write_text("+memory")
            return {"unified": _ROOT}
        return {kind: _ROOT / kind for kind in ("cpuacct", "memory") if (_ROOT / kind / "cgroup.procs").exists()}

    @property
    def source(self):
        """Where the figures come from, for the report."""
        if "unified" in self.groups:
            return "control groups (version 2)"
        return "control groups (version 1)" if len(self.groups) == 2 else "/proc"

    @property
    def shell(self):
        return "".join(f"echo $$ > {group}/cgroup.procs; " for group in self.groups.values())

    def processes(self):
        for group in self.groups.values():
            with contextlib.suppress(OSError):
                return list(map(int, (group / "cgroup.procs").read_text().split()))
        return tree(self.pid)

    def wait_until_empty(self):
        """After its first process has ended: the kernel is still ending the others."""
        while self.groups and self.processes():
            time.sleep(0.005)

    def cpu_seconds(self):
        """Of all its processes since the begin, with those that have ended."""
        if "unified" in self.groups:
            fields = dict(line.split() for line in (self.groups["unified"] / "cpu.stat").read_text().splitlines())
            return int(fields["usage_usec"]) / 1e6
        if "cpuacct" in self.groups:
            return int((self.groups["cpuacct"] / "cpuacct.usage").read_text()) / 1e9
        total = 0.0
        for pid in tree(self.pid):
            with contextlib.suppress(OSError):  # it has ended
                total += time.clock_gettime((~pid << 3) | 2)  # the clock that clock_getcpuclockid(3) makes of a pid
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += (int(fields[13]) + int(fields[14])) / _TICK  # its children that ended
        return total

    def pss_kib(self):
        return sum(map(pss_kib, self.processes()))

    def pss_of_programs(self):
        """{program and role: KiB}"""
        sums = {}
        for pid in self.processes():
            name = name_of(pid)
            sums[name] = sums.get(name, 0) + pss_kib(pid)
        return sums

    def kernel_kib(self):
        """Kernel memory of its processes, or of the whole machine where there is no group: use differences."""
        if "unified" in self.groups:
            fields = dict(line.split() for line in (self.groups["unified"] / "memory.stat").read_text().splitlines())
            if "kernel" in fields:
                return int(fields["kernel"]) / 1024
        if "memory" in self.groups:
            with contextlib.suppress(OSError):
                return int((self.groups["memory"] / "memory.kmem.usage_in_bytes").read_text()) / 1024
        return machine_kernel_kib()

    def settle(self, quiet=0.03, patience=600.0):
        """Waits until the server uses next to nothing for `quiet` seconds. Gives its CPU seconds then."""
        last = time.monotonic() + patience
        used, since = self.cpu_seconds(), time.monotonic()
        while time.monotonic() - since < quiet:
            time.sleep(min(quiet / 4, 0.05))
            now = self.cpu_seconds()
            if now - used > 0.0005:
                used, since = now, time.monotonic()
            if time.monotonic() > last:
                raise SystemExit("the server does not come to rest")
        return self.cpu_seconds()

    def close(self):
        """After the server has ended."""
        for group in self.groups.values():
            with contextlib.suppress(OSError):
                group.rmdir()
