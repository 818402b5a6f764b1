"""`postrider-bench stress` against the server: sessions that do random legal things while mail is delivered, each
response checked against a model. What the checker finds is shown by tests/bench/stress. STRESS_SECONDS: how long a run
lasts.
"""
import atexit
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import ordinary_user

BENCH = os.environ.get("POSTRIDER_BENCH", "")
if os.geteuid() == 0 and BENCH and not ordinary_user.reaches(BENCH, os.R_OK | os.X_OK):
    _home = tempfile.mkdtemp(prefix="postrider-bench-")
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    os.chmod(_home, 0o755)
    BENCH = shutil.copy(BENCH, _home)

import support  # noqa: E402 (root is given up by its import)

SECONDS = os.environ.get("STRESS_SECONDS", "10")


class Stress(support.Test):
    settings = {"MAXPERIP": 1000}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()

    def stress(self, *options, port=None):
        """Gives the exit code, the figures and what was said."""
        figures = os.path.join(self.new_folder(), "figures.json")
        done = subprocess.run([BENCH, "stress", "--port", str(port or self.site.port), "--account",
                               "%s:%s" % (self.user, support.PASSWORD), "--json", figures, "--quiet",
                               "--transcripts", os.path.join(self.new_folder(), "transcripts"), *options],
                              capture_output=True, text=True, timeout=support.PATIENCE + float(SECONDS))
        written = json.loads(pathlib.Path(figures).read_text()) if os.path.exists(figures) else None
        return done.returncode, written, done.stdout + done.stderr

    def test_agrees_with_deliveries(self):
        code, figures, said = self.stress("--duration", SECONDS, "--deliver", self.maildir, "--seed", "1")
        self.assertEqual(0, code, said)
        self.assertIsNone(figures["contradiction"])
        self.assertGreater(figures["operations"], 100)
        self.assertGreater(figures["deliveries"], 10)
        self.assertEqual([], [name for name in os.listdir(self.maildir) if "stress" in name])

    def test_one_session_repeats_itself(self):
        runs = [self.stress("--operations", "150", "--sessions", "1", "--seed", "5") for _ in range(2)]
        for code, _, said in runs:
            self.assertEqual(0, code, said)
        self.assertEqual(runs[0][1]["choices"], runs[1][1]["choices"])

    def test_wrong_options(self):
        for options in (["--folders", "0"], ["--no-such-option"], ["--duration", "1", "--operations", "1"]):
            code, _, said = self.stress(*options)
            self.assertEqual(2, code, said)
            self.assertEqual(1, said.count("\n"), said)

    def test_tells_what_is_wrong(self):
        """A server that goes away is reported, with transcripts and the command line."""
        code, _, said = self.stress("--duration", "1", port=support.free_port())
        self.assertEqual(1, code)
        self.assertIn("again: postrider-bench stress", said)


if __name__ == "__main__":
    support.main()
