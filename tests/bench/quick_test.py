"""bench/quick calls a slower build slower and an equal one equal. The builds are shell scripts and tiny programs."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from regression import builds, counting, judging, work

#: As postrider-micro: one case, LOOPS turns of a loop each time.
MICRO = """#!/bin/sh
[ "$1" = --list ] && { echo "a loop"; exit 0; }
turns=$(( $3 * LOOPS ))
while [ $turns -gt 0 ]; do turns=$((turns - 1)); done
"""
#: As `postrider imapd`, but that it does nothing.
SESSION = """#!/bin/sh
while read -r tag command; do echo "$tag OK done"; done
"""


def counts_here():
    try:
        counting.counter()
    except work.Failed:
        return False
    return True


class Judging(unittest.TestCase):
    def test_a_count_is_judged_by_the_threshold(self):
        for change, verdict in ((1000, "same"), (1010, "same"), (1011, "slower"), (991, "same"), (990, "faster")):
            self.assertEqual(judging.counted("x", 1000, change, 1.01)["verdict"], verdict, change)

    def test_what_began_to_cost_something_is_slower(self):
        self.assertEqual(judging.counted("x", 0, 5, 1.01)["verdict"], "slower")
        self.assertEqual(judging.counted("x", 0, 0, 1.01)["verdict"], "same")

    def test_the_sign_test(self):
        self.assertAlmostEqual(judging.chance([(1, 2)] * 10), 2 / 1024)
        self.assertAlmostEqual(judging.chance([(1, 2)] * 9 + [(2, 1)]), 22 / 1024)
        self.assertEqual(judging.chance([(1, 2), (2, 1)]), 1.0)
        self.assertEqual(judging.chance([(1, 1)] * 5), 1.0)

    def test_a_time_is_slower_only_where_nearly_all_pairs_say_so(self):
        self.assertEqual(judging.timed("x", [(1.0, 1.1)] * 15, 1.03)["verdict"], "slower")
        self.assertEqual(judging.timed("x", [(1.1, 1.0)] * 15, 1.03)["verdict"], "faster")
        self.assertEqual(judging.timed("x", [(1.0, 1.02)] * 15, 1.03)["verdict"], "same")
        self.assertEqual(judging.timed("x", [(1.0, 1.1)] * 9 + [(1.0, 0.9)] * 6, 1.03)["verdict"], "same")

    def test_the_table_begins_with_what_got_slower(self):
        rows = [judging.counted("equal", 10, 10, 1.01), judging.counted("worse", 10, 20, 1.01)]
        text = judging.table({"by": "instructions", "base": "a", "change": "b", "rows": rows})
        self.assertLess(text.index("worse"), text.index("equal"))
        self.assertTrue(text.endswith("slower: 1, faster: 0, same: 1"), text)


class Builds(unittest.TestCase):
    """The program as a whole, on builds made of scripts."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-quick-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)

    def build(self, name, loops, session=SESSION):
        folder = self.folder / name
        for path, text in (("src/postrider", session), ("bench/micro/postrider-micro", MICRO)):
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_text(text.replace("LOOPS", str(loops)))
            (folder / path).chmod(0o755)
        return folder

    def quick(self, base, change, *more):
        """Exit code, and the rows by name."""
        out = self.folder / "out.json"
        done = subprocess.run([sys.executable, str(ROOT / "bench" / "quick"), "--base-build", str(base),
                               "--change-build", str(change), "--json", str(out), *more],
                              capture_output=True, text=True)
        rows = {row["name"]: row for row in json.loads(out.read_text())["rows"]} if out.exists() else {}
        return done.returncode, rows, done.stderr

    @unittest.skipUnless(counts_here(), "neither perf nor valgrind counts instructions here")
    def test_more_instructions_are_slower(self):
        code, rows, errors = self.quick(self.build("a", 1000), self.build("b", 1100), "--only", "a loop")
        self.assertEqual((code, rows["a loop"]["verdict"]), (1, "slower"), errors)
        self.assertAlmostEqual(rows["a loop"]["ratio"], 1.1, places=2)

    @unittest.skipUnless(counts_here(), "neither perf nor valgrind counts instructions here")
    def test_the_same_instructions_are_equal(self):
        code, rows, errors = self.quick(self.build("a", 1000), self.build("b", 1000), "--only", "a loop")
        self.assertEqual((code, rows["a loop"]["verdict"]), (0, "same"), errors)

    def test_more_time_is_slower(self):
        code, rows, errors = self.quick(self.build("a", 1000), self.build("b", 3000),
                                        "--by", "time", "--only", "a loop")
        self.assertEqual((code, rows["a loop"]["verdict"]), (1, "slower"), errors)

    def test_what_fails_is_no_figure(self):
        refusing = SESSION.replace("OK", "NO")
        code, rows, errors = self.quick(self.build("a", 10), self.build("b", 10, refusing))
        self.assertEqual((code, rows), (2, {}))
        self.assertIn("t NO", errors)

    def test_no_build_is_a_problem(self):
        code, _, errors = self.quick(self.folder / "none", self.build("b", 10))
        self.assertEqual(code, 2)
        self.assertIn("no src/postrider", errors)
        with self.assertRaises(builds.Problem):
            builds.base_commit("no-such-revision")


class Commits(unittest.TestCase):
    """Base and change are built from a repository: a small one, whose programs print a word."""

    FILES = {
        "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\nproject(tiny C)\nadd_subdirectory(src)\n"
                          "add_subdirectory(bench)\n",
        "src/CMakeLists.txt": "add_executable(postrider main.c)\n",
        "src/main.c": '#include <stdio.h>\nint main(void) { return puts("WORD") < 0; }\n',
        "bench/CMakeLists.txt": "add_subdirectory(micro)\n",
        "bench/micro/CMakeLists.txt": "add_executable(postrider-micro main.c)\n",
        "bench/micro/main.c": '#include <stdio.h>\nint main(void) { return puts("WORD") < 0; }\n',
        ".gitignore": "build/\n",
    }

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-quick-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root, self.copies = self.folder / "repository", self.folder / "copies"
        self.copies.mkdir()
        for path, text in self.FILES.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            self.write(path, text.replace("WORD", "first"))
        self.git("init", "-q")
        self.commit()
        patches = (("ROOT", self.root), ("TREE", self.root / "build" / "quick" / "tree"))
        for name, value in patches:
            patch = unittest.mock.patch.object(builds, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def write(self, path, text):
        (self.root / path).write_text(text)

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd=self.root,
                       check=True, capture_output=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "more")

    def change(self, word):
        for path in ("src/main.c", "bench/micro/main.c"):
            self.write(path, self.FILES[path].replace("WORD", word))

    def words(self):
        """What the four programs say: base, change, and their micro-benchmarks (None: there is none)."""
        wanted = argparse.Namespace(base=None, base_build=None, change_build=None, jobs=1)
        shutil.rmtree(self.copies)
        self.copies.mkdir()
        both = builds.both(wanted, self.copies)
        return [path and subprocess.run([path], capture_output=True, text=True, check=True).stdout.strip()
                for path in (both[0].postrider, both[1].postrider, both[0].micro, both[1].micro)]

    def test_the_commit_and_the_tree_with_the_tree_s_cases(self):
        self.change("second")
        self.assertEqual(self.words(), ["first", "second", "second", "second"])
        self.commit()
        self.assertEqual(self.words(), ["first", "second", "second", "second"])
        self.change("third")
        self.assertEqual(self.words(), ["second", "third", "third", "third"])

    def test_a_base_that_cannot_run_the_cases_is_compared_without(self):
        self.write("CMakeLists.txt", self.FILES["CMakeLists.txt"].replace("add_subdirectory(bench)\n", ""))
        self.commit()
        self.write("CMakeLists.txt", self.FILES["CMakeLists.txt"])
        self.change("second")
        self.assertEqual(self.words(), ["first", "second", "", "second"])

    def test_a_tree_that_cannot_be_built_is_a_problem(self):
        self.write("src/main.c", "no program")
        with self.assertRaises(builds.Problem):
            self.words()


if __name__ == "__main__":
    os.umask(0o022)
    unittest.main()
