"""The points of each sweep, scene by scene."""
import contextlib

import disk_full
import power_loss
from points import ERROR_KINDS, KILL_KINDS, Point, Rehearsal, errors_of
from system_calls import Kind

#: The ordinary part takes each so many of the losses of power, and of the calls that only look.
SOME = 6


class Task:
    """name: SWEEP/SCENE/STEP[/FAULT]; what: the place in words; run(): gives violations as lines."""

    def __init__(self, name, what, run):
        self.name, self.what, self.run = name, what, run


def kill(stage, scene, _is_ordinary):
    rehearsal = Rehearsal(stage, scene, KILL_KINDS)
    for step, text in enumerate([*rehearsal.texts, "nothing more"]):
        yield Task("kill/%s/%d" % (scene.name, step), "before " + text,
                   Point(stage, rehearsal, scene, step, "KILL").run)


def errors(stage, scene, is_ordinary):
    """The ordinary part: at each call that changes something one of its errors in turn, and at some of the others."""
    rehearsal = Rehearsal(stage, scene, ERROR_KINDS)
    for step, (call, text) in enumerate(zip(rehearsal.calls, rehearsal.texts)):
        names = errors_of(call)
        if is_ordinary:
            names = [] if call.kind is Kind.look and step % SOME else [names[step % len(names)]]
        for error in names:
            yield Task("errors/%s/%d/%s" % (scene.name, step, error), text,
                       Point(stage, rehearsal, scene, step, error).run)


def losses(stage, scene, is_ordinary):
    """The ordinary part: all when the scene is over, and some before."""
    rehearsal = Rehearsal(stage, scene, KILL_KINDS)
    with contextlib.closing(power_loss.PowerLoss(stage, scene, rehearsal.after)) as sweep:
        for count, (number, step, loss, tree) in enumerate(sweep.points()):
            if is_ordinary and count % SOME and step is not sweep.recording.steps[-1]:
                continue
            yield Task("power_loss/%s/%d/%s" % (scene.name, number, loss.name), "before " + step.text,
                       lambda step=step, tree=tree: sweep.run(step, tree))


def full(stage, scene, _is_ordinary):
    rehearsal = Rehearsal(stage, scene, KILL_KINDS)
    for what in ("blocks", "files"):
        fitted = 0
        for free in range(disk_full.MOST):
            point = disk_full.DiskFull(stage, scene, rehearsal.after, what, free)
            yield Task("disk_full/%s/%d/%s" % (scene.name, free, what), "room for %d %s" % (free, what), point.run)
            fitted += point.fitted
            if fitted == 2:
                break


SWEEPS = {"kill": kill, "errors": errors, "power_loss": losses, "disk_full": full}
