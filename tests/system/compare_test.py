"""bench/compare from the mail it makes to the page it writes, with our server alone, on very little mail."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 240
ROWS = ["login", "idle", "select-first", "fetch-flags", "append-unsynced", "delivery", "pop3-list"]


def compare(*words):
    return subprocess.run([sys.executable, ROOT / "bench" / "compare", *words], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="postrider-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.out = pathlib.Path(folder.name)
        cls.programs = ["--postrider", os.environ["POSTRIDER"], "--generator", os.environ["POSTRIDER_BENCH"]]

    def test_table_and_page(self):
        done = compare("--quick", "--only", ",".join(ROWS), "--servers", "postrider", "--sizes", "30", "--rounds", "2",
                       "--out", self.out, *self.programs)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads((self.out / "operations.json").read_text())
        self.assertEqual([row["name"] for row in found["rows"]], ROWS)
        self.assertEqual((found["messages"], found["rounds"], found["servers"]), (30, 2, ["postrider"]))
        for row in found["rows"]:
            figure = row["figures"]["postrider"]
            self.assertGreater(figure[row["metric"]], 0, row)
            self.assertLess(figure[row["metric"]], 60 if row["metric"] != "memory" else 10_000, row)
        page = (self.out / "operations.md").read_text()
        for text in ("| first SELECT, nothing but the mail is there | command |", "30 messages", "*Durable*",
                     f"{os.cpu_count()} cores"):
            self.assertIn(text, page)

    def test_log_ins(self):
        done = compare("auth", "--quick", "--servers", "postrider,cyrus", "--out", self.out, *self.programs)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads((self.out / "auth.json").read_text())
        self.assertEqual((found["servers"], found["absent"]), (["postrider"], {}))  # a Cyrus of ours stores no hashes
        figures = {row["name"]: row["figures"]["postrider"] for row in found["rows"]}
        self.assertEqual(set(figures), {"alone", "storm", *(
            f"{stored}-{accounts}{cached}" for stored in ("sha256", "yescrypt") for accounts in ("many", "one")
            for cached in ("", "-cached"))})
        for name, one in figures.items():
            self.assertGreater(one["wall"], 0, name)
        self.assertGreater(figures["yescrypt-one"]["cpu"], 2 * figures["sha256-one"]["cpu"])
        for name in ("alone", "storm"):
            self.assertEqual((figures[name]["done"], figures[name]["failed"]), (80, 0), name)
        self.assertGreater(figures["storm"]["refused"], 0.9)
        page = (self.out / "auth.md").read_text()
        for text in ("| yescrypt, many accounts, cache on |",
                     "| honest clients while others guess | postrider | 80 | 0 |"):
            self.assertIn(text, page)

    def test_curves(self):
        done = compare("curves", "--servers", "postrider", "--sizes", "20", "--out", self.out, *self.programs)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads((self.out / "growth.json").read_text())
        self.assertEqual(list(found["sizes"]), ["20"])
        for one in found["sizes"].values():
            for step in one["postrider"]["steps"].values():
                self.assertGreater(step["wall"], 0)
        self.assertIn("| APPEND | postrider |", (self.out / "growth.md").read_text())

    def test_wrong_words_are_told(self):
        for words, said in ((["--servers", "nobody"], "there is no nobody"),
                            (["--only", "nothing"], "there is no nothing"),
                            (["--sizes", "many"], "numbers of messages"),
                            (["--generator", "/nowhere"], "build it")):
            done = compare("--servers", "postrider", "--out", self.out, *self.programs, *words)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
