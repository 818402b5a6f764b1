"""`postrider who`, `kick`, `stats`, `reload` and `stop`: what an administrator asks of a running server."""
import concurrent.futures
import json
import os
import resource
import select
import socket
import subprocess

import openmetrics
import support
from role_messages import KIND, WHO, packet, text
from support import PATIENCE, PROGRAM, Gone, wait_until

EXIT_NOT_DONE, EXIT_USAGE, EXIT_NO_SERVER = 1, 64, 69
#: Clients that the control socket serves at a time.
CONTROL_CLIENTS = 16


class Control(support.Test):
    def control(self, *arguments, code=0, site=None):
        """Runs a command for the server; gives its standard output, or its standard error when it is to fail."""
        done = support.program(*arguments, "--config-dir", (site or self.site).folder, check=False)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stderr if code else done.stdout

    def sessions(self, *arguments):
        return json.loads(self.control("who", "--json", *arguments))

    def session_of(self, user):
        [session] = self.sessions("--user", user)
        return session

    def control_socket(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(connection.close)
        connection.settimeout(PATIENCE)
        connection.connect(self.site.settings["postrider"]["CONTROL_SOCKET"])
        return connection

    def assert_kicked(self, client):
        self.assertTrue(client.response().text.startswith("* BYE "))
        with self.assertRaises(Gone):
            client.line()


class Who(Control):
    settings = {"MAXPERIP": 1000}

    def test_what_is_known_of_a_session(self):
        user, _ = self.account()
        client = self.connect(user, tls=True)
        client.ok('ID ("name" "Test Mailer" "version" "\x1b[2J")')
        client.ok("CREATE INBOX.Entw&APw-rfe")
        client.ok("SELECT INBOX.Entw&APw-rfe")
        tag = client.idle()
        session = self.session_of(user)
        self.assertEqual(user, session["user"])
        self.assertEqual("INBOX.Entwürfe", session["folder"])
        self.assertEqual("IDLE", session["state"])
        self.assertIn("name=Test Mailer", session["client_id"])
        self.assertTrue(session["tls"])
        self.assertIn("127.0.0.1", session["address"])
        self.assertEqual(os.geteuid(), session["uid"])
        self.assertEqual(self.server.process.pid, session["process"])
        self.assertGreater(session["memory"], 0)
        self.assertLessEqual(session["idle"], session["age"])
        client.done(tag)
        client.ok("CLOSE")
        session = self.session_of(user)
        self.assertEqual(("waiting", ""), (session["state"], session["folder"]))

    def test_the_table(self):
        user, _ = self.account()
        client = self.connect(user)
        client.ok('ID ("name" "first\x1b[31m")')
        client.ok("EXAMINE INBOX")
        table = self.control("who", "--user", user)
        self.assertNotIn("\x1b", table)
        heading, line = table.splitlines()
        self.assertEqual(["SESSION", "USER", "ADDRESS", "PROTOCOL", "TLS", "UID", "PROCESS", "AGE", "IDLE", "STATE",
                          "FOLDER", "CLIENT"], heading.split())
        self.assertEqual(heading.index("USER"), line.index(user))
        self.assertEqual(heading.index("CLIENT"), line.index("name=first"))
        self.assertEqual(["imap", "no", "waiting", "INBOX"], [line.split()[i] for i in (3, 4, 9, 10)])

    def test_idle_sessions(self):
        user, _ = self.account()
        client = self.connect(user)
        wait_until(lambda: self.sessions("--user", user, "--idle", "0"), "a second without a command")
        self.assertEqual([], self.sessions("--user", user, "--idle", "3600"))
        client.ok("NOOP")
        self.assertLess(self.session_of(user)["idle"], self.session_of(user)["age"] + 1)

    def test_of_others_and_of_none(self):
        user, _ = self.account()
        self.connect()  # has not logged in: no session yet
        self.assertEqual([], self.sessions("--user", user))
        self.assertEqual(1, len(self.control("who", "--user", user).splitlines()), "the heading")

    def test_500_sessions(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2048)), hard))
        users = [self.account()[0] for _ in range(2)]
        with concurrent.futures.ThreadPoolExecutor(8) as several:
            clients = list(several.map(lambda n: self.connect(users[n % 2]), range(500)))
        for client in clients:
            client.start('ID ("name" "%s")' % ("x" * 1000))
        for client in clients:
            self.assertTrue(client.response().text.startswith("* ID "))
        wait_until(lambda: [len(s["client_id"]) > 100 for s in self.sessions() if s["user"] in users] == 500 * [True],
                   "all of them")
        for user in users:
            numbers = [session["session"] for session in self.sessions("--user", user)]
            self.assertEqual(250, len(numbers))
            self.assertEqual(sorted(set(numbers)), numbers)
            self.assertEqual("sessions ended: 250\n", self.control("kick", user))


class Kick(Control):
    settings = {}

    def test_by_number(self):
        user, _ = self.account()
        first, second = self.connect(user), self.connect(user)
        first.ok("SELECT INBOX")
        number = min(session["session"] for session in self.sessions("--user", user))
        self.assertEqual("sessions ended: 1\n", self.control("kick", str(number)))
        self.assert_kicked(first)
        second.ok("NOOP")
        wait_until(lambda: len(self.sessions("--user", user)) == 1, "the session is gone")

    def test_by_user(self):
        users = [self.account()[0] for _ in range(3)]
        clients = [self.connect(user) for user in users for _ in range(2)]
        clients[0].ok("SELECT INBOX")
        clients[0].idle()
        self.assertEqual({"ended": 4}, json.loads(self.control("kick", "--json", *users[:2])))
        for client in clients[:4]:
            self.assert_kicked(client)
        for client in clients[4:]:
            client.ok("NOOP")

    def test_who_is_not_there(self):
        user, _ = self.account()
        client = self.connect(user)
        number = self.session_of(user)["session"]
        for whom in ("nobody", user.upper(), str(number + 1000), "0", "18446744073709551616", "#", user[:-1]):
            done = support.program("kick", whom, "--config-dir", self.site.folder, check=False)
            self.assertEqual((EXIT_NOT_DONE, "sessions ended: 0\n"), (done.returncode, done.stdout), whom)
        client.ok("NOOP")
        self.assertEqual("sessions ended: 1\n", self.control("kick", "nobody", user))


class Stats(Control):
    settings = {"MAXPERIP": 4}

    def test_openmetrics(self):
        before = openmetrics.check(self.control("stats", "--openmetrics"))
        user, _ = self.account()
        clients = [self.connect(user), self.connect(user, tls=True), self.connect()]
        self.assertEqual("NO", self.connect().run('LOGIN "%s" wrong' % user).status)
        after = openmetrics.check(self.control("stats", "--openmetrics"))
        self.assertEqual(before.keys(), after.keys())

        def grown(name, label=None):
            return after[name, label] - before[name, label]

        self.assertEqual(2, grown("postrider_logins_total", 'result="accepted"'))
        self.assertEqual(1, grown("postrider_logins_total", 'result="denied"'))
        self.assertEqual(3, grown("postrider_connections_accepted_total", 'listener="imap"'))
        self.assertEqual(1, grown("postrider_connections_accepted_total", 'listener="imaps"'))
        self.assertEqual(1, grown("postrider_tls_handshakes_total"))
        self.assertEqual(2, after["postrider_sessions", None])
        self.assertGreaterEqual(after["postrider_connections_before_login", None], 1)
        self.assertGreater(after["postrider_memory_bytes", 'process="server"'], 1_000_000)
        for client in clients:
            client.close()
        wait_until(lambda: openmetrics.check(self.control("stats", "--openmetrics"))["postrider_sessions", None] == 0,
                   "the sessions are over")

    def test_every_figure_is_explained(self):
        for figure in json.loads(self.control("stats", "--json")):
            self.assertIn(figure["type"], ("counter", "gauge"), figure["name"])

    def test_the_forms_agree(self):
        stats = json.loads(self.control("stats", "--json"))
        table = self.control("stats").splitlines()
        self.assertEqual(["FIGURE", "VALUE", "MEANING"], table[0].split())
        samples = openmetrics.check(self.control("stats", "--openmetrics"))
        self.assertEqual(len(stats), len(table) - 1)
        self.assertEqual(len(stats), len(samples))
        for figure, line in zip(stats, table[1:]):
            self.assertTrue(line.startswith(figure["name"]), line)
            label = ",".join('%s="%s"' % pair for pair in figure["labels"].items()) or None
            self.assertIn(("postrider_" + figure["name"], label), samples)

    def test_a_full_disk_is_noticed(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "stats", "--config-dir", self.site.folder], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual((EXIT_NOT_DONE, "cannot write to standard output\n"), (done.returncode, done.stderr))


class Reload(Control):
    settings = {}

    def test_a_mistake_is_told_and_the_old_settings_stay(self):
        user, _ = self.account()
        old = self.connect(user)
        self.site.settings["imapd"]["IMAP_CAPABILITY"] = "IMAP4rev1"
        self.site.settings["imapd"]["MAXPERIP"] = "many"
        self.site.write()
        self.assertRegex(self.control("reload", code=EXIT_NOT_DONE), r"the old settings stay: .*/imapd:\d+: MAXPERIP")
        done = support.program("reload", "--json", "--config-dir", self.site.folder, check=False)
        self.assertEqual(EXIT_NOT_DONE, done.returncode)
        self.assertIn("MAXPERIP", json.loads(done.stdout)["trouble"])
        self.server.wait_for_log("reload failed.*MAXPERIP")
        self.connect(user).ok("NOOP")
        self.assertEqual(2, len(self.sessions("--user", user)), "a mistake elsewhere keeps nobody from the server")

        self.site.settings["imapd"]["MAXPERIP"] = "2"
        self.site.write()
        self.assertEqual("the new settings are in force\n", self.control("reload"))
        self.assertEqual({"reloaded": True}, json.loads(self.control("reload", "--json")))
        with self.assertRaises(Gone):
            self.connect(user)
        old.ok("NOOP")


class Stop(Control):
    def setUp(self):
        self.site = support.Site(self.new_folder(), SHUTDOWN_TIME=20)
        self.server = support.Server(self.site)
        self.enterContext(self.server)

    def gone(self):
        """The exit code of the server, which is there no more."""
        process, self.server.process = self.server.process, None
        code = process.poll()
        if code is None:
            process.kill()
        process.wait()
        self.server.check_log()
        return code

    def test_when_it_returns_the_server_is_gone(self):
        user, _ = self.account()
        client = self.connect(user)
        self.assertEqual("the server has stopped\n", self.control("stop"))
        self.assertEqual(0, self.gone())
        self.assert_kicked(client)
        self.assertFalse(os.path.exists(self.site.settings["postrider"]["CONTROL_SOCKET"]))
        for command in (["who"], ["stats"], ["kick", user], ["reload"], ["stop"]):
            self.assertIn("no server is running at ", self.control(*command, code=EXIT_NO_SERVER))

    def test_it_waits_for_a_command_under_way(self):
        user, maildir = self.account()
        client = self.connect(user)
        content = support.message("last words")
        tag = client.start("APPEND INBOX {%d}" % len(content))
        self.assertTrue(client.response().text.startswith("+"))
        stopping = subprocess.Popen([PROGRAM, "stop", "--json", "--config-dir", self.site.folder],
                                    stdout=subprocess.PIPE, text=True)
        self.server.wait_for_log("stopping")
        self.assertIsNone(stopping.poll())
        client.send(content + b"\r\n")
        self.assertEqual("OK", client.finish(tag).status)
        self.assertEqual({"stopped": True}, json.loads(stopping.communicate(timeout=PATIENCE)[0]))
        self.assertEqual((0, 0), (stopping.returncode, self.gone()))
        self.assertEqual(1, len(support.files_of(maildir)))

    def test_a_server_that_was_killed(self):
        self.server.kill()
        self.assertIn("no server is running at ", self.control("who", code=EXIT_NO_SERVER))
        self.server.start()
        self.assertEqual([], self.sessions())


class WrongCalls(Control):
    settings = {}

    def test_options(self):
        for arguments in (["who", "more"], ["who", "--idle", "-1"], ["who", "--idle", "x"], ["who", "--idle", ""],
                          ["who", "--idle", "4294967296"], ["who", "--nothing"], ["kick"], ["kick", ""],
                          ["kick", "x" * 4097], ["stats", "--json", "--openmetrics"], ["reload", "now"],
                          ["stop", "--user", "x"]):
            with self.subTest(arguments=arguments):
                self.assertNotEqual("", self.control(*arguments, code=EXIT_USAGE))
        for command in ("who", "kick", "stats", "reload", "stop"):
            self.assertIn("--socket", self.control(command, "--help"))

    def test_where_the_server_is(self):
        path = self.site.settings["postrider"]["CONTROL_SOCKET"]
        self.assertEqual("[\n]\n", support.program("who", "--json", "--socket", path, "--config-dir", "/none").stdout)
        folder = self.new_folder()
        site = support.Site(folder)
        self.assertIn(site.settings["postrider"]["CONTROL_SOCKET"],
                      self.control("who", site=site, code=EXIT_NO_SERVER))
        site.settings["postrider"]["CONTROL_SOCKET"] = ""
        site.write()
        self.assertIn("CONTROL_SOCKET is empty", self.control("who", site=site, code=EXIT_NO_SERVER))
        site.settings["postrider"]["CONTROL_SOCKET"] = "control"
        site.write()
        self.assertRegex(self.control("who", site=site, code=EXIT_NOT_DONE), r"CONTROL_SOCKET.*--socket works")
        done = support.program("who", "--config-dir", os.path.join(folder, "none"), check=False)
        self.assertEqual(EXIT_NOT_DONE, done.returncode)
        self.assertEqual("[\n]\n", support.program("who", "--json", "--socket", path, "--config-dir",
                                                   site.folder).stdout)


class HostileClients(Control):
    settings = {}

    def test_garbage(self):
        user, _ = self.account()
        client = self.connect(user)
        wrong = [b"\0", b"garbage", b"\0" * 5, b"\xff" * 5, b"x" * 60_000, WHO[:-1], WHO + b"x",
                 packet("order"), packet("order", b"\x05" + text("")), packet("order", b"\0\xff\xff\xff\xff"),
                 packet("order", b"\x01" + text("x" * 4097)), packet("order", b"\x01" + text("x" * 60_000)),
                 *(packet(kind, WHO[5:]) for kind in KIND if kind != "order")]
        for data in wrong:
            with self.subTest(data=data[:20]):
                connection = self.control_socket()
                connection.sendall(data)
                self.assertEqual(b"", connection.recv(100))
        with open("/dev/null") as null:
            connection = self.control_socket()
            socket.send_fds(connection, [b"garbage"], [null.fileno()] * 100)
            self.assertEqual(b"", connection.recv(100))
        client.ok("NOOP")
        self.assertEqual(user, self.session_of(user)["user"])
        good = self.control_socket()
        good.sendall(WHO)
        self.assertGreater(len(good.recv(100_000)), 5, "the garbage was close to an order")

    def test_20_clients_at_once(self):
        user, _ = self.account()
        self.connect(user)
        asking = [subprocess.Popen([PROGRAM, "who", "--json", "--config-dir", self.site.folder],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(20)]
        for process in asking:
            out, err = process.communicate(timeout=PATIENCE)
            self.assertEqual((0, ""), (process.returncode, err))
            self.assertEqual([user], [session["user"] for session in json.loads(out)])

    def test_silent_clients_take_their_places_only(self):
        silent = [self.control_socket() for _ in range(CONTROL_CLIENTS)]
        for _ in range(3):
            self.assertEqual(b"", self.control_socket().recv(100), "one more is turned away at once")
        self.assertEqual([], select.select(silent, [], [], 0)[0], "the others are not")
        waiting = subprocess.Popen([PROGRAM, "who", "--config-dir", self.site.folder], stdout=subprocess.PIPE,
                                   text=True)
        silent.pop().close()
        self.assertTrue(waiting.communicate(timeout=PATIENCE)[0].startswith("SESSION"))
        self.assertEqual(0, waiting.returncode)


if __name__ == "__main__":
    support.main()
