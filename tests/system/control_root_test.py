"""The control socket of a server that root started: processes, and who may ask."""
import json
import os
import re
import shutil
import socket
import subprocess

import openmetrics
import ordinary_user
import support
from role_messages import WHO
from support import PATIENCE, PROGRAM

EXIT_NOT_PERMITTED = 77
#: A user who is neither root nor any account.
STRANGER = 21977

#: Asks for the sessions in the raw; prints how many bytes came.
ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
    connection.settimeout(60)
    connection.connect(sys.argv[1])
    try:
        connection.sendall(bytes.fromhex(sys.argv[2]))
        print(len(connection.recv(100000)))
    except ConnectionError:
        print(0)
"""


class Control(support.Test):
    settings = {}

    def control(self, *arguments):
        return support.program(*arguments, "--config-dir", self.site.folder).stdout

    def as_stranger(self, *arguments):
        return subprocess.run(arguments, user=STRANGER, group=STRANGER, extra_groups=[], cwd="/", capture_output=True,
                              text=True, timeout=PATIENCE)

    def test_the_processes(self):
        users = [self.account(uid=uid, gid=uid)[0] for uid in (21001, 21001, 21002)]
        clients = [self.connect(user, tls=True) for user in users]
        clients[0].ok("SELECT INBOX")
        sessions = {session["user"]: session for session in json.loads(self.control("who", "--json"))}
        for user, uid in zip(users, (21001, 21001, 21002)):
            self.assertEqual(uid, sessions[user]["uid"])
            with open("/proc/%d/status" % sessions[user]["process"]) as status:
                self.assertEqual(uid, int(re.search(r"^Uid:\s+(\d+)", status.read(), re.M).group(1)))
        self.assertEqual("INBOX", sessions[users[0]]["folder"])
        processes = {session["process"] for session in sessions.values()}

        samples = openmetrics.check(self.control("stats", "--openmetrics"))
        self.assertEqual(len(processes), samples["postrider_workers", None])
        self.assertEqual(len(processes), samples["postrider_worker_starts_total", None])
        self.assertEqual(1, samples["postrider_front_starts_total", None])
        for process in ("supervisor", "front", "workers"):
            self.assertGreater(samples["postrider_memory_bytes", 'process="%s"' % process], 100_000, process)
        for figure in json.loads(self.control("stats", "--json")):
            self.assertIn(figure["type"], ("counter", "gauge"), figure["name"])

        self.assertEqual("sessions ended: 1\n", self.control("kick", str(sessions[users[1]]["session"])))
        self.assertTrue(clients[1].response().text.startswith("* BYE "))
        clients[0].ok("NOOP")
        clients[2].ok("NOOP")

    def test_another_user_is_refused(self):
        program = PROGRAM
        if not ordinary_user.reaches(program, os.X_OK):
            program = shutil.copy(program, self.folder)
        path = self.site.settings["postrider"]["CONTROL_SOCKET"]
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        for command in (["who"], ["stats"], ["kick", "1"], ["reload"], ["stop"]):
            for place in (["--socket", path], ["--config-dir", self.site.folder]):
                done = self.as_stranger(program, *command, *place)
                self.assertEqual(EXIT_NOT_PERMITTED, done.returncode, done.stderr)
                self.assertIn("not permitted", done.stderr)
        self.connect().ok("NOOP")

    def test_another_user_is_refused_also_where_the_mode_lets_it_in(self):
        path = self.site.settings["postrider"]["CONTROL_SOCKET"]
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as ours:
            ours.settimeout(PATIENCE)
            ours.connect(path)
            ours.sendall(WHO)
            self.assertGreater(len(ours.recv(100_000)), 5, "it is an order")
        os.chmod(path, 0o666)
        self.addCleanup(os.chmod, path, 0o600)
        done = self.as_stranger("/usr/bin/python3", "-c", ASK, path, WHO.hex())
        self.assertEqual((0, "0\n"), (done.returncode, done.stdout), done.stderr)


if __name__ == "__main__":
    support.main()
