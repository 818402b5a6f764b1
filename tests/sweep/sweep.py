#!/usr/bin/env python3
"""Faults at every step: kills, errors, losses of power, full disks. The program is the one that POSTRIDER names.

    sweep.py --all                    everything, with Courier's opinion where Courier is to be had
    sweep.py --part ordinary          what the ordinary tests run, one sweep each (CMakeLists.txt)
    sweep.py kill errors --all        these sweeps
    sweep.py --point kill/append/17   one point, as a violation is reported

Exit code 77: what the sweep needs cannot be had here.
"""
import argparse
import contextlib
import os
import platform
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import small_disk

SKIP = 77
SWEEPS = ("kill", "errors", "power_loss", "disk_full")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help=", ".join(SWEEPS))
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="whole")
    which.add_argument("--part", choices=["ordinary"], help="of errors and power_loss only some points")
    which.add_argument("--point", help="SWEEP/SCENE/STEP[/FAULT]")
    parser.add_argument("--scene", help="this one only")
    parser.add_argument("--jobs", type=int, default=2, help="how many points at a time")
    chosen = parser.parse_args()
    if chosen.point:
        chosen.sweeps, chosen.scene, chosen.jobs = [chosen.point.split("/")[0]], chosen.point.split("/")[1], 1
    chosen.sweeps = chosen.sweeps or list(SWEEPS)
    if unknown := set(chosen.sweeps) - set(SWEEPS):
        parser.error("no such sweep: " + ", ".join(unknown))
    return chosen


@contextlib.contextmanager
def in_child(count):
    """Gives this many folders to mount small disks on, in a child: its mounts go with it. The parent then removes the
    folders and ends as the child did."""
    folders = [tempfile.mkdtemp(prefix="postrider-disk-") for _ in range(count)]
    child = os.fork()
    if child == 0:
        yield folders
        return
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for folder in folders:
        os.rmdir(folder)
    sys.exit(code if code >= 0 else 1)


def are_mounted(folders):
    try:
        small_disk.mount(folders)
    except OSError as error:
        print("no small disk can be mounted here: %s" % error, file=sys.stderr)
        return False
    return True


def main():
    """Gives the exit code."""
    chosen = arguments()
    if platform.machine() != "x86_64":
        print("the numbers of the system calls are those of x86_64", file=sys.stderr)
        return SKIP
    with in_child(chosen.jobs if "disk_full" in chosen.sweeps else 0) as disks:
        # Root mounts before `support`, which the next imports need, gives root up.
        disks = disks if are_mounted(disks) else []
        if chosen.all:
            import courier_peer  # before `support`: it says whom root becomes
        import crew
        return crew.run(chosen, disks, courier_peer.find() if chosen.all else None)


if __name__ == "__main__":
    sys.exit(main())
