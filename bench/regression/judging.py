"""From figures to verdicts. Pure."""
import math
import statistics

#: How likely the sign test may take chance for a difference.
DOUBT = 0.01


def widened(limit, spread):
    """The limit for what differs by chance `spread` times as much as the threshold was made for."""
    return 1 + (limit - 1) * spread


def verdict(ratio, limit):
    """limit: the largest ratio that is not slower."""
    return "slower" if ratio > limit else "faster" if ratio < 1 / limit else "same"


def counted(name, base, change, limit):
    """A row of two counts."""
    ratio = change / base if base else 1.0 if not change else math.inf
    return {"name": name, "base": base, "change": change, "ratio": ratio, "verdict": verdict(ratio, limit)}


def chance(pairs):
    """How likely so uneven a split of faster and slower is where both are the same: the two-sided sign test."""
    uneven = [base - change for base, change in pairs if base != change]
    fewer = min(sum(difference > 0 for difference in uneven), sum(difference < 0 for difference in uneven))
    tail = sum(math.comb(len(uneven), k) for k in range(fewer + 1)) / 2 ** len(uneven)
    return min(1.0, 2 * tail)


def timed(name, pairs, limit):
    """A row of runs that took turns. pairs: (base, change)."""
    ratio = statistics.median(change / base for base, change in pairs)
    believed = chance(pairs) < DOUBT
    return {"name": name, "base": statistics.median(base for base, _ in pairs),
            "change": statistics.median(change for _, change in pairs), "ratio": ratio,
            "verdict": verdict(ratio, limit) if believed else "same"}


def shown(figure, by):
    return f"{figure * 1e6:,.2f} us" if by == "time" else f"{figure:,.0f}"


def table(result):
    """result: as cli.compared gives it. What got slower stands first."""
    order = {"slower": 0, "faster": 1, "same": 2}
    lines = [f"{'':48} {result['base'][:18]:>18} {result['change'][:18]:>18} {'':>9}"]
    for row in sorted(result["rows"], key=lambda row: (order[row["verdict"]], -row["ratio"])):
        change = f"{(row['ratio'] - 1) * 100:+.1f} %"
        mark = "" if row["verdict"] == "same" else row["verdict"]
        lines.append(f"{row['name'][:48]:48} {shown(row['base'], result['by']):>18} "
                     f"{shown(row['change'], result['by']):>18} {change:>9}  {mark}".rstrip())
    counts = {word: sum(row["verdict"] == word for row in result["rows"]) for word in order}
    lines.append(", ".join(f"{word}: {count}" for word, count in counts.items()))
    return "\n".join(lines)
