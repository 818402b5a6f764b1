"""What starts the server: the systemd units and their exposure, the system user, and the init script."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess

import support

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SYSTEMD = os.path.join(SOURCE, "systemd")
SOCKETS = (("postrider-imap.socket", 143, "imap"), ("postrider-imaps.socket", 993, "imaps"),
           ("postrider-pop3.socket", 110, "pop3"), ("postrider-pop3s.socket", 995, "pop3s"))
UNITS = ("postrider.service", *(unit for unit, _, _ in SOCKETS))

#: The highest exposure level allowed, in tenths: of the unit for system users, and with vmail.conf over it. Versions of
#: systemd may differ by one.
EXPOSURE = {"postrider.service": 28, "vmail.conf": 3}
#: Directives of [Service] that restrict nothing, or whose worth systemd-analyze does not know.
UNRATED = {"Type", "ExecStart", "ExecStartPre", "ExecReload", "Restart", "RestartSec", "RestartPreventExitStatus", "WatchdogSec",
           "KillMode", "TimeoutStopSec", "RuntimeDirectory", "LimitNOFILE", "TasksMax", "SystemCallErrorNumber",
           "Group", "ReadWritePaths", "OOMPolicy"}


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=support.PATIENCE, **options)


def read(name):
    with open(os.path.join(SYSTEMD, name)) as file:
        return file.read()


def directives(text):
    """The names that a unit's [Service] section sets."""
    return set(re.findall(r"^(\w+)=", text.partition("[Service]")[2].partition("\n[")[0], re.M))


def without(text, directive):
    return re.sub(r"^%s=.*\n" % directive, "", text, flags=re.M)


class UnitTest(support.Test):
    """A folder that looks like the root of a system with our units and little else."""

    def setUp(self):
        self.root = self.new_folder()
        for name in UNITS:
            self.put("usr/lib/systemd/system/" + name, read(name))
        for target in ("sysinit", "shutdown", "sockets"):
            self.put("usr/lib/systemd/system/%s.target" % target, "[Unit]\nDescription=%s\n" % target)
        for command in ("postrider", "kill"):
            self.put("usr/bin/" + command, "", mode=0o755)

    def put(self, path, text, mode=0o644):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def put_part(self, part, text):
        """part: "postrider.service", or "vmail.conf" to be laid over it."""
        directory = "etc/systemd/system/postrider.service.d/" if part == "vmail.conf" else "usr/lib/systemd/system/"
        self.put(directory + part, text)


class Units(UnitTest):
    def verify(self):
        """What systemd says against the units; "" when it takes them."""
        return run("systemd-analyze", "verify", "--man=no", "--root=" + self.root, *UNITS).stderr

    def test_systemd_takes_them(self):
        self.assertEqual("", self.verify())
        self.put_part("vmail.conf", read("vmail.conf"))
        self.assertEqual("", self.verify())

    def test_a_mistake_would_be_seen(self):
        for wrong, expected in (("PrivateTmp=maybe", "boolean"), ("PrivateTemp=yes", "Unknown key"),
                                ("ExecStart=\nExecStart=postridre serve", "not executable"),
                                ("SystemCallFilter=@sistem", "Unknown system call group")):
            with self.subTest(wrong=wrong):
                self.put_part("postrider.service", read("postrider.service").replace(
                    "\n[Install]", wrong + "\n\n[Install]"))
                self.assertIn(expected, self.verify())

    def test_the_sockets_start_the_service_and_say_their_kind(self):
        for unit, port, kind in SOCKETS:
            lines = read(unit).splitlines()
            for line in ("ListenStream=%d" % port, "FileDescriptorName=" + kind, "Service=postrider.service",
                         "WantedBy=sockets.target"):
                self.assertIn(line, lines)
            if kind.startswith("imap"):  # POP3 is a choice
                self.assertIn(unit, re.search(r"^Requires=(.*)$", read("vmail.conf"), re.M).group(1).split())

    def test_the_front_has_a_system_user(self):
        os.makedirs(os.path.join(self.root, "etc"))
        done = run("systemd-sysusers", "--root=" + self.root, os.path.join(SYSTEMD, "postrider.sysusers.conf"))
        self.assertEqual(0, done.returncode, done.stderr)
        with open(os.path.join(self.root, "etc/passwd")) as file:
            name, _, uid, _, _, home, shell = file.read().strip().split(":")
        self.assertEqual(("postrider", "/", "/usr/sbin/nologin"), (name, home, shell))
        self.assertTrue(0 < int(uid) < 1000, uid)


class Exposure(UnitTest):
    """`systemd-analyze security`: 0 is all that systemd can take away, 100 (a level of 10.0) nothing."""

    def analyze(self, *options):
        return run("systemd-analyze", "security", "--offline=true", "--no-pager", "--root=" + self.root, *options,
                   "postrider.service")

    def keeps_within(self, tenths):
        done = self.analyze("--threshold=%d" % tenths)
        self.assertIn("Overall exposure level", done.stdout, done.stderr)
        return done.returncode == 0

    def points(self):
        rows = json.loads(self.analyze("--json=short").stdout)
        return sum(float(row["exposure"] or 0) for row in rows)

    def parts(self):
        """Each part with the parts below it in place."""
        for part in EXPOSURE:
            self.put_part(part, read(part))
            yield part, read(part)

    def test_it_is_low(self):
        for part, _ in self.parts():
            with self.subTest(part=part):
                self.assertTrue(self.keeps_within(EXPOSURE[part]), self.analyze().stdout)

    def test_without_the_restrictions_it_is_not(self):
        for part, text in self.parts():
            bare = text
            for directive in directives(text) - UNRATED:
                bare = without(bare, directive)
            with self.subTest(part=part):
                self.put_part(part, bare)
                self.assertFalse(self.keeps_within(EXPOSURE[part]))
                self.put_part(part, text)

    def test_every_restriction_has_its_worth(self):
        for part, text in self.parts():
            whole = self.points()
            for directive in sorted(directives(text) - UNRATED):
                with self.subTest(part=part, directive=directive):
                    self.put_part(part, without(text, directive))
                    self.assertGreater(self.points(), whole)
            self.put_part(part, text)


class InitScript(support.Test):
    """A whole life of the real server by the init script, with a pid file and settings of its own."""

    SCRIPT = os.path.join(SOURCE, "sysvinit", "postrider")

    def setUp(self):
        self.place = self.new_folder()
        self.site = support.Site(self.place)
        self.log = os.path.join(self.place, "log")
        self.set_log(self.log)
        self.pid_file = os.path.join(self.place, "run", "postrider.pid")
        self.defaults = os.path.join(self.place, "defaults")
        self.set_defaults(support.PROGRAM)
        self.addCleanup(self.end)

    def set_defaults(self, daemon):
        with open(self.defaults, "w") as file:
            file.write("DAEMON=%s\nCONFIG_DIR=%s\nPIDFILE=%s\nSTART_TIMEOUT=%d\n" % (
                daemon, self.site.folder, self.pid_file, support.PATIENCE))

    def set_log(self, target):
        self.site.settings["postrider"]["LOG"] = target
        self.site.write()

    def end(self):
        self.script("stop")
        self.script("status", expected=3)
        messages = os.path.join(self.place, "run", "start-messages")
        if os.path.exists(messages):
            with open(messages) as file:
                self.assertIsNone(support.SANITIZER_REPORT.search(file.read()))

    def script(self, action, expected=0):
        """Runs it; gives its words on both streams."""
        done = run("sh", self.SCRIPT, action, env={**os.environ, "POSTRIDER_DEFAULTS": self.defaults, "TERM": "dumb"})
        self.assertEqual(expected, done.returncode, action + ": " + done.stdout + done.stderr)
        return done.stdout + done.stderr

    def pid(self):
        with open(self.pid_file) as file:
            return int(file.read())

    def greets(self):
        with socket.create_connection(("127.0.0.1", self.site.port), support.PATIENCE) as connection:
            return connection.recv(4) == b"* OK"

    def wait_for_log(self, pattern):
        def seen():
            with open(self.log) as file:
                return re.search(pattern, file.read())
        support.wait_until(seen, "log line " + pattern)

    def spoil_settings(self):
        self.site.settings["imapd"]["MAXPERIP"] = "many"
        self.site.write()

    def test_the_shell_takes_it(self):
        for shell in ("sh", "bash"):
            done = run(shell, "-n", self.SCRIPT)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertTrue(os.access(self.SCRIPT, os.X_OK))

    def test_start_status_stop(self):
        self.assertIn("not running", self.script("status", expected=3))
        self.script("start")
        self.assertTrue(self.greets())
        self.assertIn("is running", self.script("status"))
        pid = self.pid()
        self.script("start")
        self.assertEqual(pid, self.pid())
        self.script("stop")
        self.assertFalse(os.path.exists(self.pid_file))
        with self.assertRaises(ConnectionRefusedError):
            self.greets()
        self.script("status", expected=3)
        self.script("stop")

    def test_restart_is_another_process(self):
        self.script("restart")
        pid = self.pid()
        self.script("restart")
        self.assertNotEqual(pid, self.pid())
        self.assertTrue(self.greets())

    def test_try_restart_starts_nothing(self):
        self.script("try-restart")
        self.script("status", expected=3)
        self.script("start")
        pid = self.pid()
        self.script("try-restart")
        self.assertNotEqual(pid, self.pid())

    def test_reload_is_the_same_process(self):
        self.script("reload", expected=7)
        self.script("start")
        pid = self.pid()
        self.script("reload")
        self.wait_for_log("read again")
        self.script("status")
        self.assertEqual(pid, self.pid())

    def test_wrong_settings_start_nothing(self):
        self.spoil_settings()
        self.assertIn("MAXPERIP", self.script("start", expected=6))
        self.script("status", expected=3)

    def test_wrong_settings_do_not_end_a_server(self):
        self.script("start")
        pid = self.pid()
        self.spoil_settings()
        for action in ("restart", "reload"):
            self.assertIn("MAXPERIP", self.script(action, expected=6))
        self.assertEqual(pid, self.pid())
        self.assertTrue(self.greets())

    def test_a_start_that_fails_says_why(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            self.site.settings["imapd"]["PORT"] = str(other.getsockname()[1])
            self.site.write()
            self.assertIn("cannot listen", self.script("start", expected=1))
        self.script("status", expected=3)

    def test_after_a_crash(self):
        self.script("start")
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        support.wait_until(lambda: not os.path.exists("/proc/%d" % pid), "the end")
        self.assertIn("left its pid file", self.script("status", expected=1))
        self.script("start")
        self.assertNotEqual(pid, self.pid())
        self.assertTrue(self.greets())

    def test_a_stranger_with_our_number_is_left_alone(self):
        stranger = subprocess.Popen(["sleep", "600"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        os.makedirs(os.path.dirname(self.pid_file))
        with open(self.pid_file, "w") as file:
            file.write("%d\n" % stranger.pid)
        self.script("status", expected=1)
        self.script("reload", expected=7)
        self.script("stop")
        self.assertIsNone(stranger.poll())
        self.script("start")
        self.assertNotEqual(stranger.pid, self.pid())
        self.assertIsNone(stranger.poll())

    def test_the_log_goes_to_syslog_where_stderr_is_asked_for(self):
        def options():
            with open("/proc/%d/cmdline" % self.pid()) as file:
                return file.read().split("\0")
        self.script("start")
        self.assertNotIn("LOG=syslog", options())
        self.script("stop")
        self.set_log("stderr")
        self.script("start")
        self.assertIn("LOG=syslog", options())

    def test_other_words(self):
        self.assertIn("usage:", self.script("begin", expected=2))
        self.set_defaults("/nowhere/postrider")
        self.assertIn("not installed", self.script("start", expected=5))
        self.set_defaults(support.PROGRAM)


if __name__ == "__main__":
    for program in ("systemd-analyze", "systemd-sysusers", "start-stop-daemon"):
        if shutil.which(program) is None:
            raise SystemExit(program + " is missing")
    support.main()
