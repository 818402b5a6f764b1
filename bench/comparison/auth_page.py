"""Writes docs/benchmarks/auth.md from the results of bench/compare auth."""
from . import auth, figures, report


def page(found, out):
    """found: as auth.json holds it."""
    parts = [report.head_of("Log-ins, side by side", found["circumstances"], found["versions"]),
             f"""Each figure is the median of {found["rounds"]} rounds in which the servers took turns; *spread* is the
widest (greatest - least) / median of a row.
"""]
    costs = [row for row in found["rows"] if row["metric"] == "cpu"]
    clients = {row["name"]: row for row in found["rows"] if row["metric"] == "wall"}
    parts += [part for part in (_costs(costs, found), _clients(clients, found)) if part]
    parts.append(_conditions(found))
    (out / "auth.md").write_text("\n".join(parts).rstrip() + "\n")


def _costs(rows, found):
    """Rate and CPU of a log-in by hash, accounts and cache."""
    if not rows:
        return ""
    names = found["servers"]
    head = ["", *(f"{name}, a second" for name in names), "ours : better peer", *(f"{name}, CPU" for name in names),
            "better peer : ours", "spread"]
    lines = [[row["title"], *(_rate(row, name) for name in names), _rate_ratio(row),
              *(report.cell(row, name, "cpu") for name in names), report.ratio_of(row, "cpu"), report.spread_of(row)]
             for row in rows]
    return f"""## What a log-in costs

Connect, LOGIN, LOGOUT by {found["connections"]} clients at once: log-ins a second, and server CPU of one. A round has
{found["cheap"]:,} with the cheap hash and {found["dear"]:,} with the dear one. *Many*: as many accounts as log-ins;
*one*: the same account each time. With the cache on, each account has logged in before. Ratios above 1: we win.

{report.table(head, lines)}"""


def _rate(row, name):
    one = row["figures"].get(name)
    return f"{one['rate']:,.0f}" if one else report.cell(row, name, "cpu")


def _rate_ratio(row):
    rates = {name: one["rate"] for name, one in row["figures"].items()}
    ours = rates.pop(figures.OURS, None)
    return figures.times(ours / max(rates.values())) if ours and rates else ""


def _clients(rows, found):
    """How honest clients fare, alone and in the storm."""
    if not rows:
        return ""
    head = ["", "", "done", "failed", "seconds in all", "through alone", "50 %", "95 %", "longest", "spread"]
    lines = [_client_line(row, name, rows.get("alone")) for row in rows.values() for name in found["servers"]]
    return f"""## Honest clients while others guess passwords

{found["honest"]:,} log-ins, each of an account of its own, by {found["connections"]} clients at once from 127.0.0.1;
times from connect() to the answer of LOGIN. The guesses: {found["guesses"]:,} a second are begun whatever becomes of
those before, half with names of these accounts and half with unknown ones, from {found["addresses"]:,} other addresses;
each client goes when it has waited for {found["guess_patience"]} s. No honest log-in is begun after {found["limit"]} s,
and one that has waited {found["patience"]} s for one answer has failed. The hash is the cheap one and caches are off.
*Through alone*: how many times as long one log-in of the whole took as it does without the guesses.

{report.table(head, lines)}
{_guesses(rows.get("storm"), found["servers"])}"""


def _client_line(row, name, alone):
    one = row["figures"].get(name)
    if not one:
        return [row["title"], name, report.cell(row, name, "wall"), *[""] * 7]
    without = alone["figures"].get(name) if alone and row is not alone else None
    through = _of_one(one) / _of_one(without) if without and one["done"] and without["done"] else None
    spread = "" if one.get("spread") is None else f"{one['spread'] * 100:.0f} %"
    return [row["title"], name, f"{one['done']:,.0f}", f"{one['failed']:,.0f}", figures.seconds(one["wall"]),
            figures.times(through), *(figures.seconds(one[key]) for key in ("p50", "p95", "max")), spread]


def _of_one(one):
    return one["wall"] / one["done"]


def _guesses(row, names):
    """What became of the guesses."""
    if not row:
        return ""

    def percent(one, key):
        return "" if one[key] is None else f"{one[key] * 100:.0f} %"
    lines = [[name, f"{one['guesses']:,.0f}", *(percent(one, end) for end in auth.ENDS)]
             for name in names if (one := row["figures"].get(name))]
    return ("What became of the guesses, of those that ended; *turned away*: no connection, or it was closed.\n\n" +
            report.table(["", "begun a second", *auth.ENDS], lines))


def _conditions(found):
    absent = "".join(f"* {name} is not there: {why}\n" for name, why in found["absent"].items())
    return f"""## How it was measured

* All servers are daemons on loopback with the settings of `bench/peers/`, without limits that the load meets, and with
  the delays after a failed log-in that they have by default. CPU is user and system time of all their processes, those
  that ended included; from {found["source"]}.
* All accounts have the same stored hash, the same text at every server: `{{SHA256}}` or yescrypt (`$y$j9T$`), from the
  userdb or, at Dovecot, a passwd-file.
* *Cache*: of passwords that were found right; `AUTH_CACHE_SIZE` and `AUTH_CACHE_TTL` at postrider, `auth_cache_size`
  (0 or 10M) at Dovecot, whose `auth_cache_verify_password_with_worker` is off, the default. Dovecot's spares the
  look-up, and the hash is computed again. Courier has none.
* The load is `postrider-bench`'s. {found["pinning"]}
{absent}"""
