"""The processes that play the points of the chosen sweeps side by side, and what they found."""
import contextlib
import multiprocessing
import sys
import time
import traceback

import support
from scenes import SCENES
from stage import Stage
from tasks import SWEEPS


class Worker:
    """A process that takes the scenes of the sweeps in turn with others."""

    def __init__(self, chosen, jobs, turn, disk, peer):
        self.chosen, self.jobs, self.turn, self.disk, self.peer = chosen, jobs, turn, disk, peer

    def run(self, results):
        """Puts a (number of points, violations as text) for each job into the queue."""
        with contextlib.ExitStack() as stack:
            stages = {}
            while (job := self._next()) is not None:
                sweep, scene = job
                place = self.disk if sweep == "disk_full" else None
                if place not in stages:
                    stages[place] = stack.enter_context(contextlib.closing(Stage(place, self.peer)))
                results.put((sweep, *self._scene(stages[place], sweep, scene)))

    def _next(self):
        with self.turn.get_lock():
            self.turn.value += 1
            return self.jobs[self.turn.value - 1] if self.turn.value <= len(self.jobs) else None

    def _scene(self, on, sweep, scene):
        count, said = 0, []
        if scene.needs and scene.needs not in on.capabilities:
            return count, said
        for task in SWEEPS[sweep](on, scene, self.chosen.part == "ordinary"):
            if self.chosen.point in (None, task.name):
                count += 1
                try:
                    violations = task.run()
                except Exception:
                    violations = ["the sweep itself: " + traceback.format_exc(limit=-3)[-2000:]]
                said += ["%s (%s)\n    %s" % (task.name, task.what, "\n    ".join(violations))] if violations else []
        return count, said


def run(chosen, disks, peer):
    """chosen: the command line.  disks: folders of small disks, one for each worker; none: no disk_full.
    peer: Courier, as Stage takes it.  Gives the exit code."""
    sweeps = [sweep for sweep in chosen.sweeps if sweep != "disk_full" or disks]
    jobs = [(sweep, scene) for sweep in sweeps for scene in SCENES if chosen.scene in (None, scene.name)]
    fork = multiprocessing.get_context("fork")
    turn, results, began = fork.Value("i", 0), fork.SimpleQueue(), time.monotonic()
    workers = [fork.Process(target=Worker(chosen, jobs, turn, disk, peer).run, args=(results,))
               for disk in disks or [None] * chosen.jobs]
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
    return 0 if sweeps == chosen.sweeps else support.SKIP
