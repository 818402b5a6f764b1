"""A front and a worker that an attacker has taken over: what they try is blocked, they are ended, and the rest goes on.

The program is postrider_hostile: tests/hostile/puppet.hpp says how the role is played and which orders it takes."""
import os
import re
import signal
import socket
import struct
import threading
import time

import support
from role_messages import KIND, POP3, WHO, hand_over, log, login, numbered, packet, text
from support import PASSWORD, Client, Gone, Server, Site, wait_until

HOSTILE = os.environ.get("POSTRIDER_HOSTILE", "")
#: The honest account's, the attacker's.
HONEST, ATTACKER = 21001, 21002

AT_FDCWD, O_WRONLY, O_CREAT = -100, 1, 0o100
#: The end that the system call filter gives.
KILLED = r"%s died: signal 31 \(Bad system call\)"


# --- The attacker ----------------------------------------------------------------------------------------------------

class Puppet:
    """A role that obeys; client: the connection it was given."""

    def __init__(self, client):
        self.client = client
        self.descriptor, self.session, *self.listeners = (int(word) for word in client.puppet.split()[1:])

    def order(self, line):
        self.client.send(line + "\n")
        return self.client.line()

    def call(self, *words):
        return self.order("call " + " ".join(str(word) for word in words))

    def send(self, data, *descriptors):
        return self.order("send %s %s" % (data.hex(), " ".join(str(fd) for fd in descriptors)))

    def flood(self, count, data):
        return int(self.order("flood %d %s" % (count, data.hex())))

    def receive(self):
        """The next packet as (kind, body, descriptor); none: the line is at its end, or nothing came."""
        words = self.order("receive").split()
        if len(words) < 2:
            return None
        data = bytes.fromhex(words[0])
        return data[4], data[5:], int(words[1])

    def is_gone(self):
        """Whether the connection ends; the front may say BYE to it."""
        try:
            while self.client.line().startswith("* BYE "):
                pass
        except Gone:
            return True
        return False


class HostileTest(support.Test):
    """One server a test: an honest account with a session, and the attacker's account."""

    role = None

    def setUp(self):
        self.site = Site(self.new_folder(), uid=HONEST, gid=HONEST, MAXPERIP=1000, LOG_DEBUG=1)
        self.marker = os.path.join(self.site.folder, "marker")
        self.honest, self.honest_maildir = self.account()
        self.attacker, self.attacker_maildir = self.account(uid=ATTACKER, gid=ATTACKER)
        environment = {"HOSTILE_SAN_OPTIONS": self.role + " " + self.marker,
                       "ASAN_OPTIONS": "quarantine_size_mb=8"}  # freed memory is no memory in use
        self.server = self.enterContext(Server(self.site, environment, HOSTILE))
        self.witness = self.connect(self.honest)
        self.witness.ok("SELECT INBOX")
        self.supervisor = self.server.process.pid

    def arm(self):
        """The role's next process is the attacker's."""
        with open(self.marker, "w"):
            pass

    def descriptors_of_supervisor(self):
        return len(os.listdir("/proc/%d/fd" % self.supervisor))

    def memory_of_supervisor(self):
        return self.server.resident_bytes()

    def others_go_on(self):
        """The honest session is served still, and so is a new one."""
        self.witness.ok("NOOP")
        with self.server.client(self.honest) as client:
            client.ok("SELECT INBOX")

    def connection(self):
        client = Client(socket.create_connection(("127.0.0.1", self.site.port), support.PATIENCE))
        self.addCleanup(client.close)
        return client

    def ask_who(self):
        """Asks as `postrider who` does. Gives the seconds until the whole answer was there."""
        begin = time.monotonic()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
            asking.settimeout(support.PATIENCE)
            asking.connect(self.site.settings["postrider"]["CONTROL_SOCKET"])
            asking.send(WHO)
            while asking.recv(1 << 17)[5:6] == b"\0":  # more to come
                pass
        return time.monotonic() - begin

    def logged(self, pattern):
        return len(re.findall(pattern, self.server.log()))

    def is_ended(self, misbehave, log_pattern):
        """misbehave(puppet): then the role is ended, for the reason that the log tells."""
        before = self.logged(log_pattern)
        puppet = Puppet(self.take_over())
        try:
            misbehave(puppet)
        except Gone:
            pass
        else:
            self.assertTrue(puppet.is_gone())
        puppet.client.close()
        wait_until(lambda: self.logged(log_pattern) > before,
                   lambda: log_pattern + " in\n" + self.server.log()[-3000:])

    def are_ended(self, packets, log_pattern):
        """packets: (what it is, bytes, number of descriptors); each ends the role."""
        for name, data, descriptors in packets:
            with self.subTest(name):
                before = self.descriptors_of_supervisor()
                self.is_ended(lambda puppet, data=data, count=descriptors: puppet.send(data, *[0] * count), log_pattern)
                wait_until(lambda: self.descriptors_of_supervisor() <= before + SPARE, "no descriptor is left behind")
        self.others_go_on()

    def refused(self, puppet, errors, *call):
        self.assertIn(puppet.call(*call), errors, call)


#: Descriptors of the supervisor that come and go: a worker's or the front's line and its end.
SPARE = 4

#: Bytes that are no message: [0] what they are, [2] the number of descriptors with them.
MALFORMED = [("a kind that nobody knows", packet(200), 0), ("half a header", b"\1\0", 0),
             ("shorter than it says", struct.pack("<IB", 100, 0) + b"x" * 99, 0),
             ("longer than any message", packet("log", b"x" * 70_000), 0),
             ("two hundred descriptors", packet("ready", text("")), 200)]


#: What no library calls behind our back: the process is ended for it.
DEADLY = [("connect", 0, 0, 0), ("bind", 0, 0, 0), ("listen", 0, 5), ("fork",), ("vfork",),
          ("execve", "s:/bin/true", 0, 0), ("execveat", -100, "s:/bin/true", 0, 0, 0), ("ptrace", 16, 1, 0, 0),
          ("process_vm_readv", 1, 0, 0, 0, 0, 0), ("pidfd_open", 1, 0), ("setuid", 0), ("setgid", 0),
          ("setresuid", 0, 0, 0), ("setgroups", 0, 0), ("capset", "b:64", "b:64"),
          ("mount", "s:x", "s:/", "s:tmpfs", 0, 0), ("chroot", "s:."), ("unshare", 0x10000000), ("setns", 3, 0),
          ("io_uring_setup", 8, "b:256"), ("bpf", 0, "b:256", 64), ("keyctl", 0, 0), ("userfaultfd", 0),
          ("open_by_handle_at", -100, "b:64", 0), ("mknodat", AT_FDCWD, "s:x", 0o10600, 0)]

#: What a library might call: an error, and the process goes on. [0]: of a front alone.
PERM = ("EPERM",)
WITHOUT_NETWORK = [("socket", 2, 1, 0), ("socket", 10, 1, 0), ("socket", 2, 2, 0), ("socket", 1, 5, 0),
                   ("socket", 16, 3, 0), ("socketpair", 1, 1, 0, "b:8")]
WITHOUT_PROCESSES = [("clone", 17, 0, 0, 0, 0), ("clone3", "b:88", 88), ("prctl", 4, 1, 0, 0, 0),
                     ("seccomp", 1, 0, 0), ("sched_setaffinity", 0, 8, "b:8"), ("setrlimit", 7, "b:16"),
                     ("prlimit64", 1, 7, 0, "b:16"), ("memfd_create", "s:x", 0), ("shmget", 0, 4096, 0o1600),
                     ("mq_open", "s:x", 0o102, 0o600, 0), ("landlock_create_ruleset", 0, 0, 1), ("setsid",),
                     ("setpriority", 0, 0, 5), ("getppid",)]
WITHOUT_CODE = [("mmap", 0, 4096, 5, 0x22, -1, 0), ("mmap", 0, 4096, 7, 0x22, -1, 0), ("pkey_mprotect", 0, 0, 5, -1)]


class Front(HostileTest):
    role = "front"

    def take_over(self):
        """The front's next process is the attacker's. Gives his connection to it."""
        while True:
            self.arm()
            for process in self.server.processes_of("front"):
                os.kill(process, signal.SIGKILL)
            wait_until(lambda: not os.path.exists(self.marker), "the front is started again")
            client = self.connection()
            client.puppet = client.line()
            if client.puppet.startswith("puppet "):
                return client

    def test_it_reaches_nothing_but_its_connections(self):
        puppet = Puppet(self.take_over())
        files = [("openat", AT_FDCWD, "s:" + path, flags, 0) for flags in (0, O_WRONLY | O_CREAT)
                 for path in ("/etc/passwd", "../../etc/passwd", ".", "/", "/proc/self/status", "x")]
        files += [("open", "s:/etc/passwd", 0, 0), ("stat", "s:/", "b:256"), ("newfstatat", AT_FDCWD, "s:/", "b:256", 0),
                  ("statx", AT_FDCWD, "s:/", 0, 0xfff, "b:256"), ("access", "s:/", 0), ("mkdir", "s:x", 0o700),
                  ("mkdirat", AT_FDCWD, "s:x", 0o700), ("chdir", "s:.."), ("getcwd", "b:256", 256),
                  ("readlink", "s:/proc/self/exe", "b:256", 256), ("unlink", "s:x"), ("rename", "s:x", "s:y"),
                  ("getdents64", 0, "b:1024", 1024), ("inotify_init1", 0), ("fchdir", 0)]
        signals = [("kill", process, number) for process in (self.supervisor, 1) for number in (0, 9)]
        signals += [("tgkill", self.supervisor, self.supervisor, 9), ("tkill", self.supervisor, 9),
                    ("fcntl", 0, 8, self.supervisor)]  # F_SETOWN
        for call in files + WITHOUT_NETWORK + WITHOUT_PROCESSES + WITHOUT_CODE + signals:
            with self.subTest(call=call):
                self.refused(puppet, PERM, *call)
        self.witness.ok("NOOP")

    def test_deadly_calls(self):
        for call in DEADLY:
            if call[0] in ("connect", "fork", "execve", "ptrace", "setuid", "io_uring_setup"):
                with self.subTest(call=call):  # a front that dies again is started again ever more slowly
                    self.is_ended(lambda puppet, call=call: puppet.call(*call), KILLED % "the front")
        self.others_go_on()

    def test_what_is_no_message(self):
        self.are_ended(MALFORMED, r"the front sent something that is no message, and is ended")

    def test_messages_of_others(self):
        packets = [(kind, packet(kind, struct.pack("<Q", 1)), 0) for kind in ("settings", "serve", "taken",
                                                                              "session_ended", "order")]
        self.are_ended(packets, r"the front sent a message of kind \d+ that it may not send now, and is ended")

    def test_messages_that_are_wrong_inside(self):
        cases = [("a name beyond its limit", login(1, "x" * 9000, PASSWORD), 0),
                 ("an unfinished login", packet("login", struct.pack("<Q", 1) + b"\xff\xff\xff\xff"), 0),
                 ("more behind its end", packet("abandon", struct.pack("<QB", 1, 1)), 0)]
        self.are_ended(cases, r"the front sent what cannot be read, and is ended")
        self.are_ended([("no address", login(1, "x", "y", "nobody"), 0)],
                       r"the front named a client without an address, and is ended")

    def test_descriptors(self):
        self.are_ended([("with a login", login(1, "x", "y"), 1)],
                       r"the front sent a message of kind \d+ with a descriptor, and is ended")
        self.are_ended([("/dev/null for a client", hand_over(1), 1)],
                       r"the front handed over something else than a client's connection, and is ended")
        self.is_ended(lambda puppet: puppet.send(hand_over(1), puppet.listeners[0]),
                      r"the front handed over something else than a client's connection, and is ended")
        self.others_go_on()

    def test_a_listener_that_it_shuts(self):
        puppet = Puppet(self.take_over())
        for listener in puppet.listeners:
            self.assertEqual("0", puppet.call("shutdown", listener, 2))
        puppet.send(login(1, self.honest, PASSWORD))
        _, body, _ = self.answer(puppet, "login_answer")
        session, = struct.unpack("<Q", body[8:16])
        puppet.send(hand_over(session), puppet.listeners[0])
        _, body, _ = self.answer(puppet, "hand_over_answer")
        self.assertEqual((session, 0), struct.unpack("<QB", body))
        puppet.client.close()
        self.server.wait_for_log("port %d was shut, and is opened again" % self.site.port)
        self.others_go_on()

    def test_a_grant_is_good_for_one_session_once(self):
        puppet = Puppet(self.take_over())
        others = self.witness_session()
        client = self.connection()
        descriptor = self.accepted(puppet)
        puppet.send(login(7, self.honest, "wrong"))
        _, body, _ = self.answer(puppet, "login_answer")
        self.assertEqual((7, 0), struct.unpack("<QQ", body[:16]))
        puppet.send(login(8, self.honest, PASSWORD))
        _, body, _ = self.answer(puppet, "login_answer")
        request, session = struct.unpack("<QQ", body[:16])
        self.assertEqual(8, request)
        self.assertGreater(session, others)
        puppet.send(hand_over(session, POP3), descriptor)
        _, body, _ = self.answer(puppet, "hand_over_answer")
        self.assertEqual((session, 0), struct.unpack("<QB", body), "of another protocol")
        for number, taken in ((session + 1, 0), (0, 0), (2**64 - 1, 0), (others, 0), (session, 1), (session, 0)):
            with self.subTest(number=number, taken=taken):
                puppet.send(hand_over(number), descriptor)
                _, body, _ = self.answer(puppet, "hand_over_answer")
                self.assertEqual((number, taken), struct.unpack("<QB", body))
        self.assertEqual(6, self.logged("the front handed over a session without a grant for it"))
        for number in (session, others):
            puppet.send(numbered("abandon", number))
        self.assertTrue(client.line().startswith("t1 OK "))
        client.ok("SELECT INBOX")
        self.witness.ok("NOOP")
        puppet.client.close()
        self.others_go_on()

    def witness_session(self):
        """The honest client's session number: he was the server's first one."""
        return 1

    def accepted(self, puppet):
        """The next client's descriptor in the puppet."""
        def number():
            for listener in puppet.listeners:
                if (answer := puppet.call("accept", listener, 0, 0)).isdigit():
                    return int(answer)
            return None
        return wait_until(number, "the next client")

    def answer(self, puppet, kind):
        """The next packet of that kind."""
        while (got := puppet.receive()) and got[0] != KIND[kind]:
            pass
        self.assertIsNotNone(got, kind)
        return got

    def test_a_flood_of_logins(self):
        puppet = Puppet(self.take_over())
        before = self.memory_of_supervisor()
        puppet.client.send("flood 50000 %s\n" % login(1, "nobody", "x" * 1000).hex())
        slowest = 0.0
        while puppet.client.no_more_within(0.2):
            slowest = max(slowest, self.ask_who())
        self.assertLess(slowest, 10)
        self.assertLess(self.memory_of_supervisor() - before, 200_000_000)
        puppet.client.close()
        self.others_go_on()

    def test_a_flood_of_log_lines(self):
        puppet = Puppet(self.take_over())
        puppet.send(log("one\nFORGED INFO: ready\r\nFORGED\0\x1b[2J"))
        puppet.client.send("flood 30000 %s\n" % log("noise").hex())
        slowest = 0.0
        while puppet.client.no_more_within(0.2):
            slowest = max(slowest, self.ask_who())
        self.assertLess(slowest, 10)
        puppet.client.close()
        self.others_go_on()
        self.assertEqual(1, self.logged("FORGED INFO"))
        self.assertEqual(0, self.logged(r"(?m)^FORGED|\x1b"))


class Worker(HostileTest):
    role = "worker uid=%d" % ATTACKER

    def take_over(self):
        self.arm()
        client = self.connection()
        client.line()
        client.send('t1 LOGIN "%s" "%s"\r\n' % (self.attacker, PASSWORD))
        client.puppet = client.line()
        self.assertRegex(client.puppet, "^puppet ")
        return client

    def ready(self, puppet):
        puppet.send(packet("ready", text("")))

    def test_deadly_calls(self):
        for call in DEADLY:
            with self.subTest(call=call):
                self.is_ended(lambda puppet, call=call: puppet.call(*call), KILLED % r"worker \d+ \(uid 21002.*\)")
        self.others_go_on()

    def test_it_reaches_nothing_but_its_maildir(self):
        with open(os.path.join(self.site.mail, "private"), "w") as private:
            os.fchown(private.fileno(), ATTACKER, ATTACKER)
        _, neighbour = self.site.add_account(uid=ATTACKER, gid=ATTACKER)
        support.deliver(self.attacker_maildir, support.message("own"))
        own = self.attacker_maildir + "/new/" + os.listdir(self.attacker_maildir + "/new")[0]
        os.symlink(private.name, self.attacker_maildir + "/link")
        os.symlink(self.honest_maildir, self.attacker_maildir + "/.link")
        puppet = Puppet(self.take_over())
        for path, flags in ((self.attacker_maildir, 0), (own, 0), (self.attacker_maildir + "/tmp/x", O_WRONLY | O_CREAT)):
            self.assertRegex(puppet.call("openat", AT_FDCWD, "s:" + path, flags, 0o600), r"^\d+$")
        outside = [private.name, neighbour, neighbour + "/cur", self.honest_maildir, self.honest_maildir + "/cur",
                   self.attacker_maildir + "/link", self.attacker_maildir + "/.link",
                   self.attacker_maildir + "/../private", "/etc/passwd", "/etc/courier", self.site.folder, "/tmp", "/",
                   "/proc/self/maps", "/proc/%d/mem" % self.supervisor, "/dev/null",
                   self.site.settings["postrider"]["CONTROL_SOCKET"]]
        calls = [("openat", AT_FDCWD, "s:" + path, 0, 0) for path in outside]
        calls += [("openat", AT_FDCWD, "s:%s/postrider-hostile" % folder, O_WRONLY | O_CREAT, 0o600)
                  for folder in (neighbour, self.honest_maildir, "/tmp", "/dev/shm", self.site.mail)]
        calls += [("mkdirat", AT_FDCWD, "s:%s/x" % self.site.mail, 0o700), ("unlinkat", AT_FDCWD, "s:" + private.name, 0),
                  ("unlinkat", AT_FDCWD, "s:%s/cur" % neighbour, 0x200),
                  ("linkat", AT_FDCWD, "s:" + private.name, AT_FDCWD, "s:%s/tmp/y" % self.attacker_maildir, 0),
                  ("linkat", AT_FDCWD, "s:" + own, AT_FDCWD, "s:%s/tmp/y" % neighbour, 0),
                  ("renameat", AT_FDCWD, "s:" + private.name, AT_FDCWD, "s:%s/tmp/y" % self.attacker_maildir),
                  ("renameat", AT_FDCWD, "s:" + own, AT_FDCWD, "s:%s/cur/y" % neighbour),
                  ("renameat2", AT_FDCWD, "s:" + own, AT_FDCWD, "s:%s/y" % self.site.mail, 0)]
        for call in calls:
            with self.subTest(call=call):
                self.refused(puppet, ("EACCES", "EXDEV", "ENOENT" if "courier" in call[2] else "EACCES"), *call)
        maildir_file = "s:%s/tmp/z" % self.attacker_maildir
        for call in [("openat", AT_FDCWD, maildir_file, O_WRONLY | O_CREAT, 0o4755), ("fchmod", 0, 0o4755),
                     ("openat", AT_FDCWD, maildir_file, O_WRONLY | O_CREAT, 0o2755), ("chmod", maildir_file, 0o4755),
                     ("symlinkat", "s:/etc/passwd", AT_FDCWD, maildir_file), ("fchownat", AT_FDCWD, maildir_file, 0, 0, 0),
                     ("setxattr", maildir_file, "s:user.x", "s:y", 1, 0), ("chdir", "s:/")]:
            with self.subTest(call=call):
                self.refused(puppet, PERM, *call)
        puppet.client.close()
        self.others_go_on()

    def test_it_has_no_network_no_children_and_no_signals(self):
        puppet = Puppet(self.take_over())
        others = [self.supervisor, *self.server.processes_of("front"),
                  *self.server.processes_of("worker uid=%d" % HONEST)]
        self.assertEqual(3, len(others), self.server.children())
        signals = [("kill", process, number) for process in others for number in (0, 9, 11)]
        signals += [("tgkill", process, process, 9) for process in others] + [("fcntl", 0, 8, others[0])]
        for call in WITHOUT_NETWORK + [("accept", 3, 0, 0)] + WITHOUT_PROCESSES + WITHOUT_CODE + signals:
            with self.subTest(call=call):
                self.refused(puppet, PERM, *call)
        puppet.client.close()
        self.others_go_on()

    def test_what_is_no_message(self):
        self.are_ended(MALFORMED, r"worker \d+ \(.*\) sent something that is no message, and is ended")

    def test_messages_of_others(self):
        packets = [(kind, packet(kind, struct.pack("<Q", 1)), 0)
                   for kind in ("login", "hand_over", "abandon", "figures", "settings", "serve", "kick", "order",
                                "session_alive", "taken", "session_ended")]  # the last two: before it is ready
        self.are_ended(packets, r"worker \d+ \(.*\) sent a message of kind \d+ that it may not send now, and is ended")

    def test_sessions_of_others(self):
        def misbehave(puppet):
            self.ready(puppet)
            puppet.send(numbered("taken", 1, b"\1"))  # of no meaning: nobody waits for it
            puppet.send(numbered("session_ended", 1, b"\0"))
        self.is_ended(misbehave, r"worker \d+ \(.*\) ended a session that is not its own, and is ended")
        self.witness.ok("NOOP")
        self.assertEqual(1, self.logged("1 sessions ended, user=" + re.escape(self.attacker)))
        self.others_go_on()

    def test_statuses_without_end(self):
        """A worker that is asked for its sessions tells of those it has not, and never ends."""
        puppet = Puppet(self.take_over())
        self.ready(puppet)
        puppet.send(numbered("taken", puppet.session, b"\1"))
        before = self.memory_of_supervisor()
        status = struct.pack("<Q", 1) + text("x") + text("f" * 4000) + text("") + struct.pack("<qQ", 0, 0)
        asking = threading.Thread(target=self.ask_who)
        asking.start()
        kind, body, _ = puppet.receive()
        self.assertEqual(KIND["survey"], kind)
        puppet.flood(5000, packet("statuses", body[:8] + b"\0" + struct.pack("<I", 8) + status * 8))
        self.assertLess(self.memory_of_supervisor() - before, 50_000_000)
        asking.join()
        puppet.client.close()
        self.others_go_on()


if __name__ == "__main__":
    support.main()
