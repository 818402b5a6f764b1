"""CPU time of two builds that take turns."""
from . import judging

ROUNDS = 15
#: Of one run; shorter ones measure the start of a process.
SECONDS = 0.1
MOST_TIMES = 1 << 20


def times_for(make):
    """How often the work is to be done to take SECONDS."""
    empty, times = make(0).start(), 1
    while times < MOST_TIMES and make(times).start() - empty < SECONDS:
        times *= 2
    return times


def row(item, limit):
    times = times_for(item.base)
    empty = {make: min(make(0).start() for _ in range(3)) for make in (item.base, item.change)}

    def once(make):
        return max(1e-9, make(times).start() - empty[make]) / times

    pairs = []
    for number in range(ROUNDS):
        first, second = (item.base, item.change) if number % 2 == 0 else (item.change, item.base)
        figures = {first: once(first), second: once(second)}
        pairs.append((figures[item.base], figures[item.change]))
    return judging.timed(item.name, pairs, judging.widened(limit, item.spread))


def rows(items, limit, line):
    done = []
    for item in items:
        done.append(row(item, limit))
        line.step(item.name)
    return done
