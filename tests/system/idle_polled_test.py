"""Where inotify cannot be had, IDLE tells what live_changes.py does at the pace of IMAP_IDLE_TIMEOUT, and NOOP at once.

The server runs in a user namespace of its own, whose limits of inotify are low: those of the system stay.
"""
import os
import re
import subprocess
import unittest

import live_changes  # before support, which gives up root
import support
from live_view import View
from support import deliver, message


def without_inotify(folder, limit, value):
    """A program that runs ours in a user namespace of its own where inotify has this limit: "instances", "watches".
    None: such namespaces cannot be had here."""
    path = os.path.join(folder, "postrider-without-inotify")
    with open(path, "w", encoding="utf-8") as file:
        file.write("""#!/bin/sh
exec unshare --user --map-current-user --keep-caps sh -c '
echo %d > /proc/sys/user/max_inotify_%s && exec setpriv --ambient-caps=-all --inh-caps=-all "$@"' sh %s "$@"
""" % (value, limit, support.PROGRAM))
    os.chmod(path, 0o755)
    tried = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=support.PATIENCE)
    return path if tried.returncode == 0 else None


class WithoutInotify(support.Test):
    limit = ("instances", 0)
    site_settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program = without_inotify(cls.folder, *cls.limit)
        if program is None:
            raise unittest.SkipTest("user namespaces cannot be made here")
        cls.site = support.Site(cls.folder, **cls.site_settings)
        cls.server = cls.stack.enter_context(support.Server(cls.site, program=program))

    def check_log(self, folders):
        """However many folders are opened, one line says that they are looked at again and again."""
        for _ in range(folders):
            View(self.connect(self.account()[0]))
        said = re.findall(r".*IMAP_IDLE_TIMEOUT.*", self.server.log())
        self.assertEqual(1, len(said), said)


class Polled(live_changes.Changes, WithoutInotify):
    """No inotify at all."""

    def test_one_line_of_the_log_says_so(self):
        self.check_log(folders=3)


class PolledAsked(live_changes.Changes, WithoutInotify):
    idlers = 0
    test_courier_s_own_procedure = test_the_client_is_heard_under_load = None  # they idle


class ForWantOfWatches(WithoutInotify):
    """Watches for less than a folder."""
    limit = ("watches", 2)

    def test_a_delivery_is_heard(self):
        user, maildir = self.account()
        idler = View(self.connect(user))
        idler.begin_idle()
        for number in range(1, 4):
            deliver(maildir, message("mail"))
            idler.hear_until(lambda view: len(view.rows) == number, "a delivery")
        idler.done()
        self.check_log(folders=3)


class Rarely(WithoutInotify):
    site_settings = {"IMAP_IDLE_TIMEOUT": 3600}

    def test_the_setting_is_the_pace(self):
        """A change is not told before the time, and then with the first command."""
        user, maildir = self.account()
        idler, asker = View(self.connect(user)), View(self.connect(user))
        deliver(maildir, message("one"))
        idler.begin_idle()
        idler.hear_until(lambda view: view.rows and view.recent, "what was there before")
        self.assertFalse(idler.hear(1))  # the look that this news woke is over
        deliver(maildir, message("two"))
        self.assertFalse(idler.hear(2))
        asker.noop()
        self.assertEqual(2, len(asker.rows))
        idler.hear_until(lambda view: len(view.rows) == 2, "what another session found")
        deliver(maildir, message("three"))
        self.assertEqual(3, len(idler.done().rows))


if __name__ == "__main__":
    support.main()
