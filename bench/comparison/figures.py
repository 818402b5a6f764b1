"""Pure arithmetic of the comparison: medians, ratios, goals, and numbers as text."""
import statistics

OURS = "postrider"


def median(samples):
    """Samples: dictionaries with the same keys; numbers or None. Each key for itself; None where no sample has one."""
    found = {}
    for key in samples[0]:
        numbers = [one[key] for one in samples if one.get(key) is not None]
        found[key] = statistics.median(numbers) if numbers else None
    return found


def spread(samples, key):
    """(greatest - least) / median of one figure over the rounds; None for fewer than two."""
    numbers = [one[key] for one in samples if one.get(key) is not None]
    middle = statistics.median(numbers) if numbers else 0
    return (max(numbers) - min(numbers)) / middle if len(numbers) > 1 and middle else None


def better_peer(by_server, key):
    """(name, figure) of the peer with the least; None where no peer has one."""
    peers = [(name, found[key]) for name, found in by_server.items()
             if name != OURS and found.get(key) is not None]
    return min(peers, key=lambda one: one[1]) if peers else None


def ratio(by_server, key):
    """The better peer's figure through ours: above 1 we win. None where one is missing."""
    peer, ours = better_peer(by_server, key), by_server.get(OURS, {}).get(key)
    return peer[1] / ours if peer and ours else None


def with_three_figures(number):
    """123, 12.3, 1.23, 0.12."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def seconds(value):
    """Three figures and a unit."""
    if value is None:
        return ""
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1, 1e3, "ms")):
        if value < limit:
            return f"{with_three_figures(value * factor)} {unit}"
    return f"{with_three_figures(value)} s"


def kibibytes(value):
    """KiB, or MiB from ten of them on."""
    if value is None:
        return ""
    return f"{with_three_figures(value / 1024)} MiB" if value >= 10240 else f"{with_three_figures(value)} KiB"


def times(value):
    return "" if value is None else f"{with_three_figures(value)}x"


def short_count(value):
    """1,000,000 as 1M."""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def tick(value):
    """A power of ten of seconds, for an axis."""
    return next(f"{value * factor:g} {unit}" for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us"), (1e9, "ns"))
                if value * factor > 0.99)
