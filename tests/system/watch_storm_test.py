"""Ten thousand files renamed without pause by other programs, while sessions select, ask, fetch and idle.

A name that is not found is no message that is gone: no EXPUNGE is ever told but for what was removed, no UID changes,
and when the storm is over every session has been told exactly what the file names say. Also when the system lost events
(fs.inotify.max_queued_events). STORM_SECONDS: how long each storm lasts.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import signal
import threading
import time

import support
from live_view import View, bases_in_cur, flags_on_disk, uid_list
from other_programs import Program
from support import deliver, message

SECONDS = float(os.environ.get("STORM_SECONDS", "10"))
MESSAGES = 10_000
#: One deletion in so many renames.
REMOVALS = 1000
#: One delivery in so many is taken back at once.
WITHDRAWALS = 5


def fill(maildir, count):
    """So many messages in cur/; a hard link of one file each. Gives their base names."""
    seed = os.path.join(maildir, "tmp", "seed")
    with open(seed, "wb") as file:
        file.write(message("seed").replace(b"\r\n", b"\n"))
    bases = ["1000000000.M%06dP1.storm" % number for number in range(count)]
    for base in bases:
        os.link(seed, os.path.join(maildir, "cur", base + ":2,"))
    os.unlink(seed)
    return bases


class Storm(support.Test):
    settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 3600}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()
        fill(self.maildir, MESSAGES)
        self.over = threading.Event()
        self.commands = 0
        View(self.connect(self.user))
        self.validity, _, self.bases = uid_list(self.maildir)
        self.assertEqual(set(self.bases.values()), set(bases_in_cur(self.maildir)))

    # What a session does until the storm is over. Gives its view, and the UIDs that it saw now and then.

    def select_again_and_again(self):
        client = self.connect(self.user)
        seen = []
        while not self.over.is_set():
            view = View(client)
            self.assertEqual(self.validity, view.validity)
            seen.append(view.uids)
            self.commands += 2
        return view, seen

    def ask(self):
        view = View(self.connect(self.user))
        while not self.over.is_set():
            view.noop()
            self.commands += 1
        return view, []

    def fetch_flags(self):
        view = View(self.connect(self.user))
        seen = []
        while not self.over.is_set():
            seen.append(view.noop().fetch().uids)
            self.commands += 2
        return view, seen

    def idle(self):
        view = View(self.connect(self.user))
        while not self.over.is_set():
            view.begin_idle()
            end = time.monotonic() + 1
            while time.monotonic() < end and not self.over.is_set():
                view.hear(0.1)
            view.done()
            self.commands += 1
        return view, []

    def rage(self, *programs):
        """Two sessions of each kind, with these programs beside them. Gives what the sessions knew, and what the
        programs did."""
        works = 2 * [self.select_again_and_again, self.ask, self.fetch_flags, self.idle]
        with contextlib.ExitStack() as stack:
            pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(len(works)))
            stack.callback(self.over.set)
            futures = [pool.submit(work) for work in works]
            running = [stack.enter_context(Program(*program)) for program in programs]
            concurrent.futures.wait(futures, SECONDS, concurrent.futures.FIRST_EXCEPTION)
            did = [program.stop() for program in running]
            self.over.set()
            return [future.result(support.PATIENCE) for future in futures], did

    def renamers(self, removals):
        return [("rename_flags", self.maildir, part, 2, part, removals) for part in (0, 1)]

    def check_told(self, view):
        """The view is what the files say, with one NOOP and without a FETCH; then also with a FETCH."""
        view.noop()
        truth = flags_on_disk(self.maildir)
        self.assertEqual(len(truth), len(view.rows))
        wrong = [(row.uid, row.flags, truth.get(row.uid)) for row in view.rows
                 if row.uid is not None and row.flags != truth.get(row.uid)]
        self.assertFalse(wrong, "what was told and what is true differ")
        view.fetch()
        self.assertEqual(truth, view.flags)

    def test_renames(self):
        known, did = self.rage(*self.renamers(0))
        print("%d renames, %d commands" % (sum(one["renamed"] for one in did), self.commands), end=" ", flush=True)
        for view, seen in known:
            self.assertEqual([], view.expunged)
            for uids in seen:
                self.assertEqual(list(self.bases), uids)
            self.check_told(view)
        self.assertEqual((self.validity, self.bases), uid_list(self.maildir)[::2])

    def test_renames_deliveries_and_removals(self):
        known, did = self.rage(*self.renamers(REMOVALS), ("deliver", self.maildir, 100, "storm", WITHDRAWALS))
        gone = {base for one in did[:2] for base in one["removed"]}
        removed = {uid for uid, base in self.bases.items() if base in gone}
        print("%d renames, %d deliveries, %d removals, %d commands" % (
            sum(one["renamed"] for one in did[:2]), len(did[2]), len(removed), self.commands), end=" ", flush=True)
        for view, seen in known:
            self.check_told(view)
            self.assertEqual(removed & set(view.first_uids), set(view.expunged) & self.bases.keys())
            self.assertFalse(set(view.expunged) & set(view.uids))
            for uids in seen:
                self.assertLessEqual(self.bases.keys() - removed, set(uids))
        validity, _, bases = uid_list(self.maildir)
        self.assertEqual(self.validity, validity)
        self.assertLessEqual({uid: base for uid, base in self.bases.items() if uid not in removed}.items(),
                             bases.items())
        self.assertEqual(sorted(name for _, name in did[2]), sorted(set(bases.values()) - set(self.bases.values())))

    def test_folders_opened_and_closed(self):
        """Watches come and go while there is something to tell: what arrives between two looks is not lost."""
        client = self.connect(self.user)
        client.ok("CREATE INBOX.other")
        other = os.path.join(self.maildir, ".other")
        with contextlib.ExitStack() as stack:
            agents = [stack.enter_context(Program("deliver", folder, 100, "mail")) for folder in (self.maildir, other)]
            begin = time.monotonic()
            while time.monotonic() < begin + SECONDS / 4:
                for name in ("INBOX.other", "INBOX"):
                    view = View(client, name)
                    view.begin_idle()
                    view.hear(0.05)
                    view.done()
            inbox, beside = (len(agent.stop()) for agent in agents)
        self.assertEqual(MESSAGES + inbox, len(View(client).rows))
        view = View(client, "INBOX.other")
        self.assertEqual(beside, len(view.rows))
        view.begin_idle()
        deliver(other, message("last"))
        view.hear_until(lambda view: len(view.rows) == beside + 1, "a delivery after all that")

    def test_lost_events(self):
        """The server stands still while more happens than the system keeps for it. In the folder that all this is
        about the server itself gives up counting; of the other one's changes nothing is told but that some are lost."""
        self.connect(self.user).ok("CREATE INBOX.quiet")
        quiet = os.path.join(self.maildir, ".quiet")
        fill(quiet, 3)
        views = [View(self.connect(self.user)) for _ in range(4)]
        beside = View(self.connect(self.user), "INBOX.quiet")
        for view in (*views[1:], beside):
            view.begin_idle()
        kept = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        self.server.signal(signal.SIGSTOP)
        try:
            gone = self.change_more_than(kept)
            first, second, _ = sorted(os.listdir(os.path.join(quiet, "cur")))
            os.rename(os.path.join(quiet, "cur", first), os.path.join(quiet, "cur", first + "F"))
            os.unlink(os.path.join(quiet, "cur", second))
            deliver(quiet, message("late"))
        finally:
            self.server.signal(signal.SIGCONT)
        beside.hear_until(lambda view: view.expunged == [2] and len(view.rows) == 3 and
                          view.rows[0].flags == {"\\Flagged"}, "what the system lost")
        for view in views[1:]:
            view.hear_until(lambda view: len(view.expunged) == len(gone) and len(view.rows) == MESSAGES and
                            view.rows[0].flags == {"\\Seen"}, "what happened")
            view.done()
        for view in views:
            self.check_told(view)
            self.assertEqual(gone, sorted(view.expunged))

    def change_more_than(self, events):
        """Renames until so many events are told, then removes a hundred messages and delivers a hundred. Gives the
        UIDs removed."""
        cur = os.path.join(self.maildir, "cur")
        before, told = "", 0
        while told <= events or before != "S":
            after = "S" if before != "S" else "F"
            for base in self.bases.values():
                os.rename(os.path.join(cur, base + ":2," + before), os.path.join(cur, base + ":2," + after))
            before, told = after, told + 2 * len(self.bases)
        gone = list(self.bases)[100:200]
        for uid in gone:
            os.unlink(os.path.join(cur, self.bases[uid] + ":2," + before))
            deliver(self.maildir, message("late"))
        return gone


if __name__ == "__main__":
    support.main()
