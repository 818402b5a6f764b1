"""Ten thousand idle sessions over TLS, all through one front: they stay, cost little, and a new one logs in at once."""
import re
import resource
import socket
import time

import support
from support import PASSWORD, Client, Server, Site

#: With a sanitizer, whose memory and time are no measure.
FEW = 500
MOST = 10_000
#: Descriptors of a front that are no relays, with room to spare.
OTHERS = 100
#: Of a session's share of front and worker together, beside what a connection takes in the kernel. Bytes.
MOST_A_SESSION = 64 * 1024
#: Logins under way at a time: MAXPERIP_BEFORE_LOGIN holds them, and a hash takes its time.
AT_A_TIME = 50


def limit_of_descriptors():
    """The hard limit, for this process too: its clients take one each, in the front each takes two."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def memory_of(process):
    """Its own bytes and its part of the shared ones."""
    with open("/proc/%d/smaps_rollup" % process) as file:
        return int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.M).group(1)) * 1024


class Many(support.Test):
    def test_idle_sessions(self):
        count = min(MOST, (limit_of_descriptors() - OTHERS) // 2)
        if support.is_built_with("asan") or support.is_built_with("tsan"):
            count = min(count, FEW)
        self.site = Site(self.folder, MAXPERIP=MOST, MAXDAEMONS=2 * MOST, MAXPERACCOUNT=MOST, LOGIN_TIMEOUT=600)
        self.server = self.enterContext(Server(self.site))
        user, _ = self.account(uid=21001, gid=21001)
        self.connect(user, tls=True).ok("SELECT INBOX")
        front, = self.server.processes_of("front")
        worker, = self.server.processes_of("worker uid=21001")
        before = memory_of(front), memory_of(worker)
        context = self.site.tls_context()
        begin = time.monotonic()
        clients = []
        while len(clients) < count - 1:
            some = [self.begin(context, user) for _ in range(min(AT_A_TIME, count - 1 - len(clients)))]
            for client in some:
                client.ok("SELECT INBOX")
            clients += some
        took = time.monotonic() - begin
        after = memory_of(front), memory_of(worker)
        print("%d sessions in %.0f s; PSS front %.1f MiB, worker %.1f MiB; a session %.1f KiB and %.1f KiB" % (
            count, took, after[0] / 2**20, after[1] / 2**20, (after[0] - before[0]) / count / 1024,
            (after[1] - before[1]) / count / 1024), flush=True)
        if count > FEW:
            self.assertLess(sum(after) - sum(before), count * MOST_A_SESSION)
        begin = time.monotonic()
        self.connect(user).ok("SELECT INBOX")
        self.assertLess(time.monotonic() - begin, 10)
        for client in clients[::97]:
            client.ok("NOOP")
        self.assertEqual({front, worker}, set(self.server.children()), "nobody died")

    def begin(self, context, user):
        connection = socket.create_connection(("127.0.0.1", self.site.tls_port), support.PATIENCE)
        self.addCleanup(connection.close)
        client = Client(connection)
        client.start_tls(context)
        self.addCleanup(client.close)
        client.line()
        client.ok('LOGIN "%s" "%s"' % (user, PASSWORD))
        return client


if __name__ == "__main__":
    support.main()
