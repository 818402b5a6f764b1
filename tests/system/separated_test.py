"""The server as root starts it: supervisor, front and workers; who they are, how sessions pass from one to the next, and
what is left when one of them dies."""
import os
import re
import resource
import signal
import socket
import struct
import time
import unittest

import support
from support import FRONT_UID, PASSWORD, Client, Gone, Site, message, wait_until

ANN, BEN = 21001, 21002
BIG = 40_000_000
#: The settings' own file; SIGTERM to the end of the server at most, with nothing under way. Seconds.
FAREWELL = 8.0


def status_of(process):
    with open("/proc/%d/status" % process) as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def descriptors_of(process):
    """What the process has open, by number, with the numbers of the kernel's objects left out."""
    folder = "/proc/%d/fd" % process
    found = {}
    for number in os.listdir(folder):
        found[int(number)] = re.sub(r":\[\d+\]|\[(\w+)\]", r"\1", os.readlink(os.path.join(folder, number)))
    return found


def is_alive(process):
    try:
        return status_of(process)["State"][0] not in "ZX"
    except FileNotFoundError:
        return False


def memory_of(process):
    """Bytes that are its own, or its part of what is shared."""
    with open("/proc/%d/smaps_rollup" % process) as file:
        return int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.M).group(1)) * 1024


class SeparatedTest(support.Test):
    def worker_of(self, uid):
        return self.server.processes_of("worker uid=%d" % uid)[0]

    def front(self):
        return wait_until(lambda: self.server.processes_of("front"), "a front")[0]

    def bye(self, client):
        """The last words that come to the client, then the end."""
        with self.assertRaises(Gone):
            while True:
                line = client.response().text
        self.assertTrue(line.startswith("* BYE "), line)

    def gone(self, client):
        with self.assertRaises(Gone):
            while True:
                client.line()


class Processes(SeparatedTest):
    settings = {"MAXPERIP": 100}
    environment = {"SECRET": "from the environment"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.anns = cls.site.add_account(uid=ANN, gid=ANN + 50)
        cls.ben, cls.bens = cls.site.add_account(uid=BEN, gid=BEN)
        cls.clients = [cls.server.client(cls.ann), cls.server.client(cls.ben, tls=True)]
        for client in cls.clients:
            client.ok("SELECT INBOX")
            cls.stack.callback(client.close)

    def roles(self):
        """Each process with its uid and gid."""
        return ((self.front(), FRONT_UID, FRONT_UID), (self.worker_of(ANN), ANN, ANN + 50),
                (self.worker_of(BEN), BEN, BEN))

    def test_whom_they_run_as(self):
        self.assertEqual(3, len(self.server.children()))
        for process, uid, gid in self.roles():
            for task in os.listdir("/proc/%d/task" % process):
                status = status_of(int(task))
                self.assertEqual([uid] * 4, [int(word) for word in status["Uid"].split()])
                self.assertEqual([gid] * 4, [int(word) for word in status["Gid"].split()])
                self.assertEqual("", status["Groups"].strip())
                for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(0, int(status[name], 16), name)
                self.assertEqual(("1", "2"), (status["NoNewPrivs"], status["Seccomp"]))
        self.assertEqual("1", status_of(self.server.process.pid)["NoNewPrivs"])

    def test_nobody_of_their_uid_can_look_into_them(self):
        for process, *_ in self.roles():
            self.assertEqual(0, os.stat("/proc/%d/mem" % process).st_uid, "PR_SET_DUMPABLE")
            with open("/proc/%d/comm" % process) as name:
                self.assertEqual("postrider\n", name.read())

    def test_the_front_has_no_file_system(self):
        root = "/proc/%d/root" % self.front()
        self.assertRegex(os.readlink(root), r"^/(run|tmp)/postrider-\w+ \(deleted\)$")
        self.assertEqual([], os.listdir(root))
        self.assertEqual(os.readlink(root), os.readlink("/proc/%d/cwd" % self.front()))

    def test_their_descriptors(self):
        loop = ("anon_inode:eventpoll", "anon_inode:eventfd", "anon_inode:timerfd")
        # Only a sanitizer has something to report where nobody else looks.
        sanitized = support.is_built_with("asan") or support.is_built_with("tsan")
        wanted = {0: "/dev/null", 1: "/dev/null", 2: self.server.log_path if sanitized else "/dev/null", 3: "socket"}
        # The front: its line, two listeners, the connection over TLS and its relay; Ann's connection is gone from it.
        # A worker: its line, its client, and its account's folders.
        for process, sockets, maildir in ((self.front(), 5, None), (self.worker_of(ANN), 2, self.anns),
                                          (self.worker_of(BEN), 2, self.bens)):
            found = descriptors_of(process)
            self.assertEqual(wanted, {number: found[number] for number in wanted})
            kinds = list(found.values())
            self.assertEqual(sockets, kinds.count("socket"), found)
            rest = [kind for kind in kinds if kind not in wanted.values()]
            if maildir:
                rest = [kind for kind in rest if kind != "anon_inode:inotify" and not kind.startswith(maildir)]
            most = 2 if maildir else 1  # the loop's, and the folder watcher's
            self.assertEqual([], [kind for kind in rest if kind not in loop or rest.count(kind) > most], found)

    def test_their_environment_and_arguments_hold_no_secret(self):
        for process, *_ in self.roles():
            with open("/proc/%d/environ" % process, "rb") as file:
                names = {entry.partition(b"=")[0] for entry in file.read().split(b"\0") if entry}
            self.assertEqual(set(), {name for name in names if name != b"TZ" and not name.endswith(b"SAN_OPTIONS")})
            with open("/proc/%d/cmdline" % process, "rb") as file:
                self.assertRegex(file.read(), rb"^postrider\0(front|worker\0uid=\d+)\0$")


class LogIn(SeparatedTest):
    settings = {"MAXPERIP": 100, "IMAP_TLS_REQUIRED": 0}

    def setUp(self):
        self.user, self.maildir = self.account(uid=ANN, gid=ANN)

    def test_each_way(self):
        for way in ("plain", "starttls", "tls"):
            with self.subTest(way):
                client = self.connect(tls=way == "tls")
                if way == "starttls":
                    client.ok("STARTTLS")
                    client.start_tls(self.site.tls_context())
                self.assertIn("CAPABILITY", client.ok('LOGIN "%s" "%s"' % (self.user, PASSWORD)).text + "CAPABILITY")
                client.ok("SELECT INBOX")
                self.assertEqual("NO", client.run('SELECT "not there"').status)
                client.ok("LOGOUT")
                self.gone(client)

    def test_input_behind_the_login_is_not_lost(self):
        """Whatever is cut where: the worker goes on with the bytes that the front has read already."""
        line = 'a LOGIN "%s" "%s"\r\n' % (self.user, PASSWORD)
        behind = ("b SELECT INBOX\r\nc APPEND INBOX {%d}\r\n", "d NOOP\r\n")
        for tls in (False, True):
            for kept in (0, 10, 4000):
                with self.subTest(tls=tls, kept=kept):
                    content = message("pipelined", size=8000)
                    client = self.connect(tls=tls)
                    client.send(line + behind[0] % len(content))
                    while not client.response().text.startswith("+"):
                        pass
                    client.send(content[:kept])
                    client.send(content[kept:] + b"\r\n" + behind[1].encode())
                    self.assertTrue(client.until(r"^c ", support.PATIENCE)[-1].startswith("c OK"))
                    self.assertTrue(client.until(r"^d ", support.PATIENCE)[-1].startswith("d OK"))

    def test_a_literal_that_is_cut_by_the_login(self):
        """The bytes behind LOGIN begin a command that the worker has to end."""
        content = message("cut", size=4000)
        for tls in (False, True):
            for cut in (1, 20, 41, 1000, 4000):
                with self.subTest(tls=tls, cut=cut):
                    client = self.connect(tls=tls)
                    whole = (b'a LOGIN "%s" "%s"\r\nb APPEND INBOX {%d+}\r\n%s\r\nc NOOP\r\n'
                             % (self.user.encode(), PASSWORD.encode(), len(content), content))
                    begin = whole.index(b"b APPEND")
                    client.send(whole[:begin + cut])
                    self.assertTrue(client.response().text.startswith("a OK"))
                    client.send(whole[begin + cut:])
                    self.assertTrue(client.until(r"^c ", support.PATIENCE)[-1].startswith("c OK"))

    def test_much_input_behind_the_login(self):
        commands = b"".join(b"n%d NOOP\r\n" % n for n in range(2000))
        for tls in (False, True):
            client = self.connect(tls=tls)
            client.send(('a LOGIN "%s" "%s"\r\n' % (self.user, PASSWORD)).encode() + commands)
            self.assertTrue(client.response().text.startswith("a OK"))
            for n in range(2000):
                self.assertEqual("n%d OK NOOP completed" % n, client.response().text)

    def test_large_messages_and_a_slow_reader(self):
        """The front holds a relay's small buffer, not the message."""
        client = self.connect(self.user, tls=True)
        content = message("large", size=BIG)
        client.append_ok("INBOX", content)
        client.ok("SELECT INBOX")
        before = memory_of(self.front())
        slow = self.connect(self.user, tls=True)
        slow.ok("SELECT INBOX")
        tag = slow.start("FETCH 1 BODY.PEEK[]")
        self.assertFalse(slow.no_more_within(30))
        for _ in range(20):  # meanwhile the worker has long sent what goes
            client.ok("NOOP")
            self.assertLess(memory_of(self.front()) - before, BIG // 2)
        self.assertEqual(content, slow.finish(tag).untagged[0].literals[0])

    def test_clients_that_vanish_while_they_log_in(self):
        """By a reset, at any time up to the hand-over and behind it: nobody else notices."""
        witness = self.connect(self.user, tls=True)
        front, worker = self.front(), self.worker_of(ANN)
        reset = struct.pack("ii", 1, 0)
        for delay in range(60):
            connection = socket.create_connection(("127.0.0.1", self.site.port), support.PATIENCE)
            connection.sendall(('a LOGIN "%s" "%s"\r\n' % (self.user, PASSWORD)).encode())
            time.sleep(delay / 1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.close()
        witness.ok("NOOP")
        self.connect(self.user).ok("SELECT INBOX")
        self.assertEqual((front, worker), (self.front(), self.worker_of(ANN)))

    def test_a_client_that_only_stops_sending(self):
        for tls in (False, True):
            with self.subTest(tls=tls):
                client = self.connect(self.user, tls=tls)
                client.send(b"a NOOP\r\nb LOGOUT\r\n")
                if tls:
                    client.until("^b OK", support.PATIENCE)
                else:
                    client.socket.shutdown(socket.SHUT_WR)
                    self.assertIn("b OK", client.until("^b OK", support.PATIENCE)[-1])
                self.gone(client)


class Ends(SeparatedTest):
    """One of the processes ends; what each client hears, and what goes on."""

    def setUp(self):
        self.site = Site(self.new_folder(), MAXPERIP=5, SHUTDOWN_TIME=20)
        self.ann, _ = self.site.add_account(uid=ANN, gid=ANN)
        self.ben, _ = self.site.add_account(uid=BEN, gid=BEN)
        # A sanitizer would report the signals that kill the roles here.
        self.server = self.enterContext(support.Server(self.site, {"ASAN_OPTIONS": "handle_segv=0"}))

    def test_of_a_worker(self):
        for number, name in ((signal.SIGSEGV, "Segmentation fault"), (signal.SIGKILL, "Killed")):
            with self.subTest(name):
                plain, tls = self.connect(self.ann), self.connect(self.ann, tls=True)
                others = [self.connect(self.ben), self.connect(self.ben, tls=True)]
                for client in (plain, tls, *others):
                    client.ok("SELECT INBOX")
                worker = self.worker_of(ANN)
                os.kill(worker, number)
                self.gone(plain)
                self.bye(tls)
                self.server.wait_for_log(r"worker %d \(uid %d, .*\) died: signal %d \(%s\); [23] sessions ended, user=%s"
                                         % (worker, ANN, number, name, re.escape(self.ann)))
                for client in others:
                    client.ok("NOOP")
                    client.close()
                with self.server.client(self.ann) as again:
                    again.ok("SELECT INBOX")
                    self.assertNotEqual(worker, self.worker_of(ANN))
                    again.ok("LOGOUT")

    def test_of_the_front(self):
        plain = [self.connect(self.ann) for _ in range(3)]
        tls = self.connect(self.ben, tls=True)
        waiting = self.connect()
        os.kill(self.front(), signal.SIGKILL)
        self.gone(tls)
        self.gone(waiting)
        self.server.wait_for_log(r"the front died: signal 9 \(Killed\); it is started again")
        for client in plain:
            client.ok("SELECT INBOX")
        # The new front knows of the three that it never saw: two places are left of MAXPERIP's five.
        more = [self.connect(self.ann), self.connect(self.ann)]
        with Client(socket.create_connection(("127.0.0.1", self.site.port))) as refused:
            self.gone(refused)
        for client in plain:
            client.ok("LOGOUT")
        for client in more:
            client.ok("NOOP")

        def admitted():
            try:
                return self.connect(self.ben)
            except (Gone, ConnectionError):
                return None
        wait_until(admitted, "the places come free")

    @unittest.skipIf(support.is_built_with("asan"), "the sanitizer itself needs descriptors")
    def test_of_a_front_that_cannot_be_started_again_at_once(self):
        supervisor = self.server.process.pid
        client = self.connect(self.ann)
        used = {int(number) for number in os.listdir("/proc/%d/fd" % supervisor)}
        no_more = min(set(range(len(used) + 1)) - used)
        before = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (no_more, before[1]))  # but what the front leaves
        os.kill(self.front(), signal.SIGKILL)
        self.server.wait_for_log("the front could not be started: ")
        client.ok("NOOP")
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, before)
        self.connect(self.ann).ok("NOOP")

    def test_of_the_supervisor(self):
        clients = [self.connect(self.ann), self.connect(self.ben, tls=True), self.connect(self.ben), self.connect()]
        for client in clients[:3]:
            client.ok("SELECT INBOX")
        clients[0].idle()
        processes = list(self.server.children())
        self.assertEqual(3, len(processes))
        self.server.kill()
        for client in clients:
            self.bye(client)
        wait_until(lambda: not any(is_alive(process) for process in processes), "every process ends")

    def fetch(self, client):
        """A long answer begins; its tag."""
        client.append_ok("INBOX", message("large", size=BIG))
        client.ok("SELECT INBOX")
        tag = client.start("FETCH 1 BODY.PEEK[]")
        self.assertFalse(client.no_more_within(30))
        return tag

    def test_by_sigterm(self):
        idle = [self.connect(self.ann), self.connect(self.ben, tls=True), self.connect()]
        idle[0].ok("SELECT INBOX")
        idle[0].idle()
        busy = [self.connect(self.ann), self.connect(self.ben, tls=True)]
        tags = [self.fetch(client) for client in busy]
        self.server.signal(signal.SIGTERM)
        for client in idle:
            self.bye(client)
        with self.assertRaises(ConnectionError):
            socket.create_connection(("127.0.0.1", self.site.port)).recv(1)
        for client, tag in zip(busy, tags):
            answer = client.finish(tag)
            self.assertEqual(("OK", BIG), (answer.status, len(answer.untagged[0].literals[0])))
            self.bye(client)
        self.assertLess(self.server.stop(), FAREWELL)

    def test_by_two_sigterms(self):
        client = self.connect(self.ann)
        self.fetch(client)
        processes = list(self.server.children())
        self.server.signal(signal.SIGTERM)
        self.server.wait_for_log("stopping")
        self.assertLess(self.server.stop(), FAREWELL, "before SHUTDOWN_TIME")
        wait_until(lambda: not any(is_alive(process) for process in processes), "every process ends")

    def test_by_one_sigterm_and_a_client_that_does_not_read(self):
        self.site.settings["postrider"]["SHUTDOWN_TIME"] = "2"
        self.site.write()
        self.server.kill()
        self.server.start()
        client = self.connect(self.ann)
        self.fetch(client)
        taken = self.server.stop()
        self.assertLess(2, taken)
        self.assertLess(taken, 2 + FAREWELL)


if __name__ == "__main__":
    support.main()
