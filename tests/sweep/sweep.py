#!/usr/bin/env python3
"""Faults at every step: kills, errors, losses of power, full disks. The program is the one that POSTRIDER names.

    sweep.py --all                    everything, with Courier's opinion where Courier is to be had
    sweep.py --part ordinary          what the ordinary tests run
    sweep.py kill errors --all        these sweeps
    sweep.py --point kill/append/17   one point, as a violation is reported

Exit code 77: what the sweep needs cannot be had here.
"""
import argparse
import contextlib
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import small_disk

SKIP = 77
SWEEPS = ("kill", "errors", "power_loss", "disk_full")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help=", ".join(SWEEPS))
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="whole")
    which.add_argument("--part", choices=["ordinary"], help="some of the points of errors and power_loss")
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


def small_disks(count):
    """Their folders. None where they cannot be mounted."""
    folders = [tempfile.mkdtemp(prefix="postrider-disk-") for _ in range(count)]
    try:
        small_disk.mount(folders)
    except OSError as error:
        print("no small disk can be mounted here: %s" % error, file=sys.stderr)
        folders = None
    return folders


class Worker:
    """A process that takes the scenes of the sweeps in turn with others."""

    def __init__(self, chosen, jobs, turn, disk):
        self.chosen, self.jobs, self.turn, self.disk = chosen, jobs, turn, disk

    def run(self, results):
        """Puts a (number of points, violations as text) for each job into the queue."""
        with contextlib.ExitStack() as stack:
            stages = {}
            while (job := self._next()) is not None:
                sweep, scene = job
                place = self.disk if sweep == "disk_full" else None
                if place not in stages:
                    stages[place] = stack.enter_context(contextlib.closing(stage.Stage(place, PEER)))
                results.put((sweep, *self._scene(stages[place], sweep, scene)))

    def _next(self):
        with self.turn.get_lock():
            self.turn.value += 1
            return self.jobs[self.turn.value - 1] if self.turn.value <= len(self.jobs) else None

    def _scene(self, on, sweep, scene):
        count, said = 0, []
        if scene.needs and scene.needs not in on.capabilities:
            return count, said
        for task in tasks.SWEEPS[sweep](on, scene, self.chosen.part == "ordinary"):
            if self.chosen.point in (None, task.name):
                count += 1
                try:
                    violations = task.run()
                except Exception as error:
                    violations = ["the sweep itself: %.500r" % error]
                said += ["%s (%s)\n    %s" % (task.name, task.what, "\n    ".join(violations))] if violations else []
        return count, said


def run(chosen):
    """Gives the exit code."""
    disks = DISKS or [None] * chosen.jobs
    sweeps = [sweep for sweep in chosen.sweeps if sweep != "disk_full" or DISKS]
    jobs = [(sweep, scene) for sweep in sweeps for scene in scenes.SCENES if chosen.scene in (None, scene.name)]
    turn, results, began = multiprocessing.Value("i", 0), multiprocessing.SimpleQueue(), time.monotonic()
    workers = [multiprocessing.Process(target=Worker(chosen, jobs, turn, disk).run, args=(results,)) for disk in disks]
    for worker in workers:
        worker.start()
    counts, wrong = dict.fromkeys(sweeps, 0), 0
    for _ in jobs:
        while results.empty() and any(worker.is_alive() for worker in workers):
            time.sleep(0.05)
        if results.empty():
            break  # a worker died: its exit code says so
        sweep, count, said = results.get()
        counts[sweep] += count
        wrong += len(said)
        print("\n".join(said), end="\n" if said else "", flush=True)
    for worker in workers:
        worker.join()
    print("%s in %.0f s; %d with violations. Again: %s --point NAME" %
          (", ".join("%s: %d points" % pair for pair in counts.items()), time.monotonic() - began, wrong, sys.argv[0]))
    if wrong or any(worker.exitcode for worker in workers) or not all(counts.values()):
        return 1
    return 0 if sweeps == chosen.sweeps else SKIP


if __name__ == "__main__":
    CHOSEN = arguments()
    if platform.machine() != "x86_64":
        print("the numbers of the system calls are those of x86_64", file=sys.stderr)
        sys.exit(SKIP)
    multiprocessing.set_start_method("fork")
    # As root, that is before `support` gives root up; what ordinary users may mount is theirs alone.
    DISKS = small_disks(CHOSEN.jobs) if "disk_full" in CHOSEN.sweeps else []
    if CHOSEN.all:
        import courier_peer  # before `support`, which gives up root for what this says
    import scenes
    import stage
    import tasks
    PEER = courier_peer.find() if CHOSEN.all else None
    try:
        sys.exit(run(CHOSEN))
    finally:
        for DISK in DISKS or []:
            shutil.rmtree(DISK, ignore_errors=True)
