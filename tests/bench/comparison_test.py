"""The arithmetic, the corpus and the report of bench/compare, without any server."""
import hashlib
import email
import email.policy
import pathlib
import sys
import tempfile
import time
import unittest
import unittest.mock
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from comparison import (auth, auth_page, chart, cli, corpus, curves, figures, load, mail_text, packages, passwords,
                        report, rows, settings, table)


def row(name="fetch", ours=2e-6, theirs=6e-6, **more):
    """A finished row, as the results hold it."""
    found = {"name": name, "title": f"title of {name}", "unit": "message", "goal": None, "goal_ratio": None,
             "metric": "cpu", "changes": "", "figures": {}, "notes": {}}
    for server, value in (("postrider", ours), ("dovecot", theirs)):
        if value is not None:
            found["figures"][server] = {"cpu": value, "wall": value * 2, "p99": None, "spread": 0.1}
    return {**found, **more}


def results(*rows_of_it):
    return {"circumstances": {"date": "2026-01-02", "kernel": "6.1", "cores": 4, "processor": "Some CPU",
                              "memory_gib": 8, "file_system": "ext4", "commit": "abc", "command": "bench/compare",
                              "quick": False},
            "servers": ["postrider", "dovecot"], "versions": {"postrider": "postrider 1", "dovecot": "Dovecot 2"},
            "absent": {"cyrus": "no network"}, "messages": 1000, "bytes": 14e6, "rounds": 3, "pinning": "Pinned.",
            "source": "/proc",
            "programs": {"dovecot": {"imap": {"rest": 3000, "session": 500.0}}}, "rows": list(rows_of_it)}


class Figures(unittest.TestCase):
    def test_median_is_of_each_figure_and_leaves_out_what_is_missing(self):
        samples = [{"cpu": 3, "wall": 1, "p99": None}, {"cpu": 1, "wall": 9, "p99": None},
                   {"cpu": 2, "wall": 5, "p99": 7}]
        self.assertEqual(figures.median(samples), {"cpu": 2, "wall": 5, "p99": 7})
        self.assertEqual(figures.median([{"cpu": None}]), {"cpu": None})

    def test_spread(self):
        self.assertEqual(figures.spread([{"cpu": 9}, {"cpu": 10}, {"cpu": 14}], "cpu"), 0.5)
        self.assertIsNone(figures.spread([{"cpu": 9}], "cpu"))
        self.assertIsNone(figures.spread([{"cpu": 0}, {"cpu": 0}], "cpu"))

    def test_ratio_is_the_better_peers_through_ours(self):
        found = {"postrider": {"cpu": 2}, "dovecot": {"cpu": 6}, "courier": {"cpu": 5}, "cyrus": {"cpu": None}}
        self.assertEqual(figures.better_peer(found, "cpu"), ("courier", 5))
        self.assertEqual(figures.ratio(found, "cpu"), 2.5)
        self.assertIsNone(figures.ratio({"postrider": {"cpu": 2}}, "cpu"))
        self.assertIsNone(figures.ratio({"dovecot": {"cpu": 2}}, "cpu"))

    def test_numbers_as_text(self):
        for value, text in ((2.5e-9, "2.50 ns"), (9.99e-7, "999 ns"), (1e-6, "1.00 us"), (0.0123, "12.3 ms"),
                            (2.0, "2.00 s"), (None, "")):
            self.assertEqual(figures.seconds(value), text)
        self.assertEqual(figures.kibibytes(9.7), "9.70 KiB")
        self.assertEqual(figures.kibibytes(20480), "20.0 MiB")
        self.assertEqual([figures.short_count(10.0 ** power) for power in (2, 3, 6)], ["100", "1k", "1M"])
        self.assertEqual([figures.tick(10.0 ** power) for power in (-6, -3, 0)], ["1 us", "1 ms", "1 s"])


class Corpus(unittest.TestCase):
    @staticmethod
    def digest(count, **kind):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            corpus.make(path, count, **kind)
            whole = hashlib.sha256()
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    whole.update(file.name.encode() + file.read_bytes() + str(int(file.stat().st_mtime)).encode()
                                 if file.parent != path else file.read_bytes())
            return whole.hexdigest()

    def test_same_numbers_same_folder(self):
        self.assertEqual(self.digest(40), self.digest(40))
        self.assertEqual(self.digest(40, small=True, uid_list=True), self.digest(40, small=True, uid_list=True))
        self.assertNotEqual(self.digest(40), self.digest(41))

    def test_messages_are_whole_and_of_many_kinds(self):
        text, types, charsets, sizes, replies = mail_text.MailText(), set(), set(), [], 0
        for number in range(400):
            content = text.realistic(number)
            message = email.message_from_bytes(content, policy=email.policy.default)
            sizes.append(len(content))
            replies += "References" in message
            for part in message.walk():
                self.assertEqual(part.defects, [], f"message {number}")
                types.add(part.get_content_type())
                if part.get_content_charset():
                    charsets.add(part.get_content_charset())
                    part.get_content()  # fails for bytes that the charset lacks
        self.assertLessEqual({"text/plain", "text/html", "multipart/alternative", "multipart/mixed", "application/pdf",
                              "message/rfc822"}, types)
        self.assertEqual(charsets, {"utf-8", "iso-8859-1", "iso-2022-jp"})
        self.assertTrue(9_000 < sum(sizes) / len(sizes) < 19_000)
        self.assertGreater(replies, 100)

    def test_large_folders_are_links(self):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.multiple(corpus, LARGE=20, LINKED=5):
            corpus.make(pathlib.Path(folder), 20, small=True)
            files = list((pathlib.Path(folder) / "cur").iterdir())
            self.assertEqual(len(files), 20)
            self.assertEqual(len({file.stat().st_ino for file in files}), 5)
            for file in files:
                size = int(file.name.partition(",S=")[2].partition(":")[0])
                self.assertEqual(size, file.stat().st_size)


class Generator(unittest.TestCase):
    good = '{"unit": "message", "median": {"operations": 5, "errors": 0}, "error_texts": {}}'

    def test_figures(self):
        self.assertEqual(load.read(0, self.good, ""), {"operations": 5, "errors": 0, "unit": "message"})

    def test_unsupported(self):
        with self.assertRaisesRegex(load.Unsupported, "no SORT"):
            load.read(3, '{"unsupported": "no SORT"}', "")

    def test_errors_are_never_figures(self):
        for code, output, said in ((0, self.good.replace('"errors": 0', '"errors": 1'), ""),
                                   (0, self.good.replace('_texts": {}', '_texts": {"BAD": 2}'), "BAD"),
                                   (0, self.good.replace('"operations": 5', '"operations": 0'), "nothing was done"),
                                   (1, self.good, "exit 1"), (2, "", "exit 2")):
            with self.assertRaisesRegex(load.Failed, said):
                load.read(code, output, "")

    def test_errors_are_figures_where_some_may_fail(self):
        some = self.good.replace('"errors": 0', '"errors": 1').replace('_texts": {}', '_texts": {"NO": 1}')
        found = load.read(1, some, "", must_succeed=False)
        self.assertEqual((found["operations"], found["errors"], found["error_texts"]), (5, 1, {"NO": 1}))
        with self.assertRaisesRegex(load.Failed, "wrong option"):
            load.read(2, "", "wrong option", must_succeed=False)

    def test_figures_of_one_operation(self):
        latency = {"count": 4, "p50": 2000, "p99": 9000, "max": 9900}
        run = {"operations": 4, "seconds": 2.0, "server_cpu_seconds": 0.4, "latency_us": latency}
        self.assertEqual(rows.per_unit(run), {"cpu": 0.1, "wall": 0.002, "p99": 0.009, "max": 0.0099, "rate": 2.0})
        run["latency_us"] = {"count": 1, "p50": 2e6, "p99": 2e6, "max": 2e6}
        self.assertEqual(rows.per_unit(run), {"cpu": 0.1, "wall": 0.5, "p99": None, "max": None, "rate": 2.0})


class Peer:
    """A server that notes when it was used."""

    def __init__(self, name, log, pop3=True):
        self.name, self.log, self.changes, self.pop3 = name, log, {}, pop3
        self.meter, self.without_syncs = unittest.mock.Mock(), {"fsync": 0}

    def has_pop3(self):
        return self.pop3

    def restart(self, **changes):
        self.changes = changes
        self.log.append((self.name, "restart", changes))


class Table(unittest.TestCase):
    def setUp(self):
        self.log = []
        self.servers = [Peer("postrider", self.log, pop3=False), Peer("dovecot", self.log)]

    def run_rows(self, *some, rounds=1):
        return table.run([rows.Row(*one[:1], one[0], "message", *one[1:]) for one in some], self.servers, None, rounds,
                         lambda text: None)

    def work(self, bench, server):
        self.log.append(server.name)
        return {"cpu": float(len(self.log)), "wall": None, "p99": None, "rate": None}

    def test_servers_take_turns(self):
        found = self.run_rows(("fetch", self.work), rounds=3)
        self.assertEqual(self.log, ["postrider", "dovecot", "dovecot", "postrider", "postrider", "dovecot"])
        self.assertEqual(found[0]["figures"]["dovecot"]["cpu"], 3.0)
        self.assertEqual(found[0]["figures"]["dovecot"]["spread"], 4 / 3)

    def test_what_a_server_cannot_do_is_said_once(self):
        def work(bench, server):
            self.log.append(server.name)
            raise (load.Unsupported("no SORT") if server.name == "dovecot" else load.Failed("BAD"))
        found = self.run_rows(("sort", work), rounds=3)
        self.assertEqual(sorted(self.log), ["dovecot", "postrider"])
        self.assertEqual(found[0]["notes"], {"postrider": "failed: BAD", "dovecot": "unsupported: no SORT"})
        self.assertEqual(found[0]["figures"], {})

    def test_pop3_of_a_server_without(self):
        found = self.run_rows(("pop3-list", self.work))
        self.assertEqual(found[0]["notes"], {"postrider": table.NOT_THERE})
        self.assertIn("dovecot", found[0]["figures"])

    def test_settings_of_a_row_are_for_that_row(self):
        self.run_rows(("append", self.work, None, "cpu", None, "without_syncs"), ("copy", self.work), rounds=2)
        self.assertEqual(self.log.count(("postrider", "restart", {"fsync": 0})), 1)
        self.assertEqual(self.log.count(("postrider", "restart", {})), 1)

    def test_no_row_is_begun_when_time_is_over(self):
        row_of_it = rows.Row("fetch", "fetch", "message", self.work)
        found = table.run([row_of_it], self.servers, None, 1, lambda text: None, until=time.monotonic() - 1)
        self.assertEqual((self.log, found[0]["figures"]), ([], {}))
        self.assertEqual(set(found[0]["notes"].values()), {table.TIME_OVER})

    def test_rows_are_chosen_by_name(self):
        self.assertEqual([one.name for one in rows.chosen(["select", "login"], True)], ["login", "select"])
        self.assertLess(len(rows.chosen([], True)), len(rows.chosen([], False)))
        with self.assertRaisesRegex(SystemExit, "there is no nonsense"):
            rows.chosen(["nonsense"], False)
        self.assertEqual(len({one.name for one in rows.ROWS}), len(rows.ROWS))


class Guessed:
    """A generator whose runs are all this one."""
    def __init__(self, **more):
        self.run = unittest.mock.Mock(return_value={
            "operations": 8, "errors": 1, "seconds": 2.0, "server_cpu_seconds": 0.4, "error_texts": {},
            "latency_us": {"count": 8, "p50": 2000, "p95": 5000, "p99": 6000, "max": 7000},
            "extra": {"guesses begun": 600, "guesses refused": 300, "guesses without an answer": 100,
                      "guesses turned away": 0, "seconds of guessing": 3.0}, **more})


class LogIns(unittest.TestCase):
    def setUp(self):
        self.server = Peer("postrider", [])
        self.server.users, self.server.caching, self.server.uncaching = ["a", "b", "c"], {"cache": 9}, {"cache": 0}

    def done(self, name, generator, **amounts):
        one = next(row for row in auth.ROWS if row.name == name)
        return one.work(rows.Bench(generator, auth.Amounts(**amounts)), self.server)

    def test_stored_passwords(self):
        self.assertEqual(passwords.stored("sha"), "{SHA}5cicUp3MubQnFvTZEY1hB5yIPZ4=")
        self.assertTrue(passwords.stored("sha256").startswith("{SHA256}"))
        self.assertTrue(passwords.stored("yescrypt").startswith("$y$j9T$"))

    def test_settings(self):
        by_name = {row.name: row for row in auth.ROWS}
        self.assertEqual(by_name["storm"].settings_of(self.server), {"stored": "sha256", "cache": 0})
        self.assertEqual(by_name["yescrypt-one-cached"].settings_of(self.server), {"stored": "yescrypt", "cache": 9})
        self.server.caching = self.server.uncaching = None
        self.assertEqual(by_name["yescrypt-one"].settings_of(self.server), {"stored": "yescrypt"})
        with self.assertRaisesRegex(load.Unsupported, "no cache"):
            by_name["yescrypt-one-cached"].settings_of(self.server)

    def test_settings_change_as_seldom_as_can_be(self):
        kinds = [(row.stored, row.cached) for row in auth.ROWS]
        self.assertEqual(sum(one != other for one, other in zip(kinds, kinds[1:])) + 1, len(set(kinds)))

    def test_a_cache_is_filled_before(self):
        for name, same in (("sha256-many-cached", True), ("sha256-many", False)):
            generator = Guessed()
            self.done(name, generator, cheap=16)
            first, second = generator.run.call_args_list
            self.assertEqual(first == second, same)

    def test_one_account_or_many(self):
        for name, users in (("sha256-many", ["a", "b"]), ("sha256-one", ["a"])):
            generator = Guessed()
            self.done(name, generator, cheap=2)
            self.assertEqual(generator.run.call_args.kwargs["users"], users)

    def test_storm(self):
        found = self.done("storm", Guessed())
        self.assertEqual(found, {"wall": 2.0, "done": 8, "failed": 1, "p50": 0.002, "p95": 0.005, "max": 0.007,
                                 "guesses": 200.0, "refused": 0.75, "without an answer": 0.25, "turned away": 0.0})
        self.assertEqual(self.server.log, [("postrider", "restart", {})])
        with self.assertRaisesRegex(load.Failed, "let in"):
            self.done("storm", Guessed(error_texts={"a guessed password was let in": 1}))

    def test_a_storm_in_which_nothing_was_done(self):
        found = self.done("storm", Guessed(operations=0))
        self.assertEqual((found["done"], found["p50"], found["max"]), (0, None, None))

    def page(self, *some):
        with tempfile.TemporaryDirectory() as folder:
            auth_page.page({**results(*some), **auth.conditions(auth.Amounts())}, pathlib.Path(folder))
            return (pathlib.Path(folder) / "auth.md").read_text()

    def test_page(self):
        clients = {"wall": 2.0, "done": 100, "failed": 0, "p50": 0.002, "p95": 0.005, "max": 0.007, "spread": 0.5}
        storm = {**clients, "wall": 3.0, "done": 50, "failed": 2, "guesses": 999.0, "refused": 0.75,
                 "without an answer": 0.25, "turned away": None}
        cost = row("sha256-many")
        for name, rate in (("postrider", 3000.0), ("dovecot", 1000.0)):
            cost["figures"][name]["rate"] = rate
        page = self.page(cost, row("alone", metric="wall", figures={"postrider": clients}),
                         row("storm", metric="wall", figures={"postrider": storm}, notes={"dovecot": "failed: x"}))
        for line in ("| title of sha256-many | 3,000 | 1,000 | 3.00x | 2.00 us | 6.00 us | 3.00x | 10 % |",
                     "| title of alone | postrider | 100 | 0 | 2.00 s |  | 2.00 ms | 5.00 ms | 7.00 ms | 50 % |",
                     "| title of storm | postrider | 50 | 2 | 3.00 s | 3.00x | 2.00 ms |",
                     "| title of storm | dovecot | failed |", "| postrider | 999 | 75 % | 25 % |  |"):
            self.assertIn(line, page)
        self.assertNotIn("None", page)

    def test_page_of_some_rows(self):
        self.assertNotIn("##", self.page().partition("## How it was measured")[0])
        cost = row("sha256-many", theirs=None, notes={"dovecot": "unsupported: x"})
        cost["figures"]["postrider"]["rate"] = 30.0
        self.assertIn("| 30 | unsupported |  | 2.00 us | unsupported |  |", self.page(cost))


class Lent:
    """A server that is lent a Maildir, and does nothing."""
    def __init__(self, name, maildir):
        self.name, self.maildir = name, maildir
        maildir.mkdir()

    def own(self, maildir):
        pass
    start = stop = remove_own_files = lambda self: None


class Report(unittest.TestCase):
    def test_goals(self):
        self.assertEqual(report.goal_of(row(goal=2e-6)), "2.00 us, met")
        self.assertEqual(report.goal_of(row(goal=1.9e-6)), "1.90 us, **missed**")
        self.assertEqual(report.goal_of(row(goal_ratio=3)), "3x, met")
        self.assertEqual(report.goal_of(row(goal_ratio=4)), "4x, **missed**")
        self.assertEqual(report.goal_of(row(goal=1e-6, ours=None)), "1.00 us")
        self.assertEqual(report.goal_of(row(goal_ratio=4, theirs=None)), "4x")
        self.assertEqual(report.goal_of(row()), "")

    def page(self, *some):
        with tempfile.TemporaryDirectory() as folder:
            report.operations(results(*some), pathlib.Path(folder))
            picture = pathlib.Path(folder) / "operations.svg"
            if picture.exists():
                xml.dom.minidom.parse(str(picture))
            return (pathlib.Path(folder) / "operations.md").read_text()

    def test_page(self):
        page = self.page(row("win", goal=1e-6), row("lose", ours=8e-6), row("pop3", ours=None, notes={
            "postrider": "not served"}), row("sort", theirs=None, notes={"dovecot": "unsupported: no SORT"}))
        self.assertIn("| title of win | message | 2.00 us | 6.00 us | 3.00x | 1.00 us, **missed** | "
                      "4.00 us | 12.0 us | 10 % |", page)
        self.assertIn("| **0.75x** |", page)
        self.assertIn("* title of lose: dovecot needs 0.75x of what postrider needs", page)
        self.assertIn("* title of win: 2.00 us, goal 1.00 us", page)
        self.assertIn("* title of pop3: not served", page)
        self.assertIn("| 2.00 us | unsupported |", page)
        for part in ("2026-01-02", "Some CPU", "ext4", "commit abc", "Dovecot 2", "cyrus is not there: no network",
                     "Pinned.", "| dovecot | imap | 3,000 KiB | 500 KiB |", "*Durable*", "*Not comparable*"):
            self.assertIn(part, page)
        self.assertNotIn("None", page)

    def test_page_of_our_server_alone(self):
        page = self.page(row(theirs=None))
        self.assertIn("| title of fetch | message | 2.00 us |", page)
        self.assertNotIn("operations.svg", page)

    def test_growth(self):
        one = {"steps": {"APPEND": {"cpu": 1e-3, "wall": 2e-3}}, "memory": 2048, "calls": None}
        found = {**results(), "sizes": {"1000": {"postrider": one, "dovecot": one}, "10000": {"postrider": one}},
                 "failed": ["dovecot, 10,000 messages: no answer"]}
        with tempfile.TemporaryDirectory() as folder:
            report.growth(found, pathlib.Path(folder))
            xml.dom.minidom.parse(str(pathlib.Path(folder) / "growth.svg"))
            page = (pathlib.Path(folder) / "growth.md").read_text()
        self.assertIn("| APPEND | postrider | 1.00 ms | 1.00 ms |", page)
        self.assertIn("| APPEND | dovecot | 1.00 ms |  |", page)
        self.assertIn("| postrider | not traced |", page)
        self.assertIn("* dovecot, 10,000 messages: no answer", page)

    def test_a_server_that_fails_at_a_size_does_not_end_the_curves(self):
        def measured(server, size, _):
            if server.name == "dovecot" and size == 10:
                raise SystemExit("lost")
            return size
        kept = []
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.object(curves, "measured", measured):
            servers = [Lent(name, pathlib.Path(folder) / name) for name in ("dovecot", "postrider")]
            curves.run([10, 20], servers, pathlib.Path(folder), lambda _: None, lambda *found: kept.append(found))
        found, failed = kept[-1]
        self.assertEqual({"10": {"postrider": 10}, "20": {"dovecot": 20, "postrider": 20}}, found)
        self.assertEqual(["dovecot, 10 messages: lost"], failed)

    def test_the_command_is_told_without_paths_of_this_machine(self):
        words = ["curves", "--out", "/a", "--quick", "--cache=/b", "--sizes", "10"]
        self.assertEqual(cli.without_paths(words), ["curves", "--quick", "--sizes", "10"])

    def test_charts_escape_and_place(self):
        picture = chart.bars("a < b", [("win & all", 20.0), ("lose", 0.5)], "the same")
        xml.dom.minidom.parseString(picture)
        self.assertIn("a &lt; b", picture)


class Settings(unittest.TestCase):
    def test_every_value_must_be_known(self):
        self.assertEqual(settings.filled("port = @imap@ a@b.c @", {"imap": 7}), "port = 7 a@b.c @")
        with self.assertRaises(settings.Unknown):
            settings.filled("@nothing@", {})

    def test_every_peer_says_what_is_durable(self):
        for folder in settings.TEMPLATES.iterdir():
            self.assertIn("*Durable*", settings.statement(folder.name), folder.name)

    def test_packages_of_the_old_layout_are_merged(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            (tree / "lib" / "sub").mkdir(parents=True)
            (tree / "usr" / "lib").mkdir(parents=True)
            (tree / "lib" / "sub" / "file").write_text("x")
            packages.merge_usr(tree)
            self.assertTrue((tree / "usr" / "lib" / "sub" / "file").is_file())
            self.assertFalse((tree / "lib").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
