"""postrider-bench: every scenario, shortly, against our server; what it counts, and its exit codes."""
import atexit
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import ordinary_user

BENCH = os.environ.get("POSTRIDER_BENCH", "")
if os.geteuid() == 0 and BENCH and not ordinary_user.reaches(BENCH, os.R_OK | os.X_OK):
    _home = tempfile.mkdtemp(prefix="postrider-bench-")
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    os.chmod(_home, 0o755)
    BENCH = shutil.copy(BENCH, _home)

import support  # noqa: E402 (root is given up by its import)

MESSAGES = 20
UNUSABLE, UNSUPPORTED = 2, 3


class Bench(support.Test):
    settings = {"MAXPERIP": 1000, "MAXPERACCOUNT": 1000}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()
        for number in range(MESSAGES):
            support.deliver(self.maildir, support.message("number %d" % number))

    def bench(self, scenario, *words, tls=False, expected=0, accounts=None):
        """Gives the JSON; None where there is none."""
        file = os.path.join(self.new_folder(), "figures.json")
        done = subprocess.run([BENCH, scenario, "--port", str(self.site.tls_port if tls else self.site.port),
                               *(accounts or ("--account", self.user + ":" + support.PASSWORD)),
                               "--json", file, "--quiet",
                               "--server-pid", str(self.server.process.pid), *map(str, words)],
                              capture_output=True, text=True, timeout=support.PATIENCE * 2)
        self.assertEqual(done.returncode, expected, done.stderr)
        self.assertEqual(done.stdout, "")
        if not os.path.exists(file):
            return None
        with open(file) as text:
            return json.load(text)

    def measured(self, scenario, operations, *words, commands=None, **how):
        """One run without errors; gives its figures. operations: None for any number; commands: latencies counted."""
        found = self.bench(scenario, *words, **how)
        self.assertEqual((found["version"], found["scenario"]), (1, scenario))
        self.assertTrue(found["server"]["greeting"].startswith("* OK"), found["server"])
        self.assertEqual(found["error_texts"], {})
        run = found["runs"][-1]
        self.assertEqual(run["errors"], 0)
        if operations is None:
            self.assertGreater(run["operations"], 0)
        else:
            self.assertEqual(run["operations"], operations)
        latency = run["latency_us"]
        if commands is not None:
            self.assertEqual(latency["count"], commands)
        self.assertLessEqual(latency["p50"], latency["p99"])
        self.assertLessEqual(latency["p99"], latency["max"])
        for name in ("seconds", "client_cpu_seconds", "bytes_received"):
            self.assertGreater(run[name], 0, name)
        self.assertGreater(run["server_cpu_seconds"], 0)
        self.assertGreater(run["memory"]["pss_kib"], 0)
        return run

    def in_inbox(self):
        """Messages, and how many of them are flagged."""
        client = self.connect(self.user)
        answer = client.ok("STATUS INBOX (MESSAGES)")
        return answer.number(r"MESSAGES (\d+)")

    def test_login(self):
        self.measured("login", 6, "--count", 3, "--connections", 2, commands=6)
        self.measured("login", 3, "--count", 3, "--tls", "starttls", commands=3)
        full = self.measured("login", 3, "--count", 3, "--tls", "implicit", tls=True)
        self.assertEqual(full["extra"]["resumed"], 0)
        resumed = self.measured("login", 3, "--count", 3, "--tls", "implicit", "--resume", tls=True)
        self.assertEqual(resumed["extra"]["resumed"], 3)

    def test_logins_go_round_in_the_accounts(self):
        wrong = self.bench("login", "--count", 3, "--account", "nobody:nothing", "--connections", 2, expected=1)
        self.assertEqual((wrong["runs"][0]["operations"], wrong["runs"][0]["errors"]), (3, 3))
        both = self.bench("login", "--count", 4, "--account", "nobody:nothing", expected=1)
        self.assertEqual((both["runs"][0]["operations"], both["runs"][0]["errors"]), (2, 2))

    def storm(self, *words, **how):
        found = self.bench("login-storm", "--guesses", 50, "--connections", 2, *words, **how)
        return found["runs"][0], found["error_texts"]

    def test_login_storm(self):
        run, texts = self.storm("--count", 3, "--duration", 60, "--guess-patience", 5, "--addresses", 500,
                                "--seed", 9)  # addresses whose refusals take two seconds
        self.assertEqual((run["operations"], run["errors"], texts), (6, 0, {}))
        self.assertLess(run["seconds"], 50)
        extra = run["extra"]
        self.assertGreater(extra["guesses refused"], 10)
        self.assertLess(extra["guesses refused"], extra["guesses begun"])  # the last ones are still waiting
        self.assertEqual((extra["guesses without an answer"], extra["guesses turned away"]), (0, 0))
        self.assertGreater(extra["seconds of guessing"], 5)

    def test_guesses_do_not_wait_for_ever(self):
        run, _ = self.storm("--count", 3, "--guess-patience", 0.5)  # a refusal takes two seconds
        self.assertGreater(run["extra"]["guesses without an answer"], 0)
        self.assertEqual(run["extra"]["guesses refused"], 0)

    def test_a_guess_that_is_let_in_is_an_error(self):
        name, _ = self.account(password="guess0")
        run, texts = self.storm("--count", 3, accounts=["--account", name + ":guess0"], expected=1)
        self.assertEqual((run["operations"], texts), (6, {"a guessed password was let in": 1}))

    def test_wrong_password_is_an_error(self):
        found = self.bench("login", "--count", 1, "--account", "nobody:nothing", "--connections", 2, expected=1)
        self.assertEqual(found["runs"][0]["errors"], 1)
        self.assertIn("LOGIN: NO", " ".join(found["error_texts"]))

    def test_idle(self):
        run = self.measured("idle", 10, "--connections", 10, commands=10)
        self.assertIn("pss_kib_per_session", run["extra"])
        self.measured("idle", 5, "--connections", 5, "--tls", "implicit", tls=True)

    def test_select_and_status(self):
        run = self.measured("select", 3, "--count", 3, commands=3)
        self.assertEqual(run["extra"]["messages"], 3 * MESSAGES)
        self.measured("status", 8, "--count", 2, "--connections", 4, "--threads", 2, commands=8)

    def test_repeat_and_warm_up(self):
        found = self.bench("status", "--count", 2, "--warm-up", 1, "--repeat", 3)
        self.assertEqual([run["operations"] for run in found["runs"]], [2, 2, 2])
        self.assertEqual(found["median"]["operations"], 2)

    def test_fetch_and_bodies(self):
        self.measured("fetch", 2 * MESSAGES, "--count", 2, commands=2)
        self.measured("fetch", 15, "--items", "(FLAGS ENVELOPE)", "--batch", 5, "--count", 3, commands=3)
        run = self.measured("bodies", MESSAGES, commands=1)
        self.assertGreater(run["extra"]["literal_bytes"], 100 * MESSAGES)

    def test_append(self):
        run = self.measured("append", 3, "--count", 3, "--size", 2000, commands=3)
        self.assertGreater(run["bytes_sent"], 3 * 2000)
        self.assertEqual(self.in_inbox(), MESSAGES)  # they are gone again

    def test_copy_store_expunge(self):
        self.measured("copy", 20, "--batch", 5, "--count", 2, "--connections", 2, commands=4)
        self.measured("store", 4 * MESSAGES, "--count", 4, commands=4)
        self.measured("expunge", MESSAGES, commands=1)
        self.measured("expunge", 8, "--batch", 2, "--count", 2, "--connections", 2, commands=4)
        self.assertEqual(self.in_inbox(), MESSAGES)

    def test_search(self):
        self.measured("search", 3 * MESSAGES, "--criteria", 'SUBJECT "number"', "--count", 3, commands=3)

    def test_news(self):
        self.measured("fanout", 12, "--connections", 4, "--count", 3, "--gap", 0.01, commands=12)
        self.measured("delivery", 12, "--connections", 4, "--count", 3, "--gap", 0.01, "--maildir", self.maildir,
                      commands=12)
        self.assertEqual(self.in_inbox(), MESSAGES + 3)

    def test_mixed(self):
        run = self.measured("mixed", None, "--connections", 10, "--threads", 2, "--duration", 2, "--speed", 100)
        self.assertIn("webmail visits", run["extra"]["latency_us"])

    def test_what_the_server_lacks(self):
        with self.connect(self.user) as client:
            offered = client.ok("CAPABILITY").lines[0].split()
        for scenario, word in (("move", "MOVE"), ("sort", "SORT"), ("thread", "THREAD=REFERENCES")):
            if word not in offered:
                found = self.bench(scenario, expected=UNSUPPORTED)
                self.assertIn(word, found["unsupported"])
            else:
                self.measured(scenario, MESSAGES, "--count", 1)

    def test_an_imap_server_is_no_pop3_server(self):
        found = self.bench("pop3-list", "--count", 1, expected=1)
        self.assertIn("not an answer", " ".join(found["error_texts"]))

    def test_wrong_options(self):
        self.assertIsNone(self.bench("select", "--no-such-option", expected=UNUSABLE))
        self.assertIsNone(self.bench("select", "--batch", 5, expected=UNUSABLE))
        self.assertIsNone(self.bench("login-storm", "--guesses", 0, expected=UNUSABLE))
        self.assertIsNone(self.bench("login-storm", "--host", "192.0.2.1", expected=UNUSABLE))  # others' addresses
        done = subprocess.run([BENCH, "no-such-scenario"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (UNUSABLE, 1))

    def test_list_and_help(self):
        names = [line.split()[0] for line in subprocess.run([BENCH, "list"], capture_output=True, text=True,
                                                            check=True).stdout.splitlines()]
        self.assertIn("pop3-retr", names)
        for name in names:
            help_text = subprocess.run([BENCH, name, "--help"], capture_output=True, text=True, check=True).stdout
            self.assertTrue(help_text, name)


if __name__ == "__main__":
    support.main()
