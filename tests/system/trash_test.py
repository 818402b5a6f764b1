"""The trash folder: EXPUNGE that moves messages there, and emptying it at LOGIN and LOGOUT."""
import os
import shutil
import subprocess

import support

#: A clock that is AHEAD seconds ahead.
CLOCK = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec* time) {
    const long done = syscall(SYS_clock_gettime, clock, time);
    const char* ahead = getenv("AHEAD");
    if (clock == CLOCK_REALTIME && ahead) {
        time->tv_sec += atol(ahead);
    }
    return (int)done;
}
"""
DAY = 24 * 3600


def names(maildir, folder):
    return sorted(os.listdir(os.path.join(maildir, folder, "cur")))


def put(maildir, folder, name, content="Subject: x\n\ntext\n"):
    with open(os.path.join(maildir, folder, "cur", name), "w") as file:
        file.write(content)


class Trash(support.Test):
    def setUp(self):
        self.maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        self.configuration = self.new_folder()
        self.environment = {"TZ": "UTC", "POSTRIDER_CONFIG_DIR": self.configuration}

    def session(self, environment=None, **settings):
        with open(os.path.join(self.configuration, "imapd"), "w") as file:
            file.writelines("%s='%s'\n" % setting for setting in settings.items())
        return support.imapd_session([support.PROGRAM, "imapd", self.maildir],
                                     {**self.environment, **(environment or {})})

    def errors(self, client):
        client.errors.seek(0)
        return client.errors.read().decode()

    def test_expunged_messages_move(self):
        for name in ("003:2,ATDB", "004:2,STa", "005,S=17:2,T", "006:2,S"):
            put(self.maildir, "", name)
        client = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH="1", IMAP_LOG_DELETIONS="1")
        client.ok("SELECT INBOX")
        client.ok("EXPUNGE")
        self.assertEqual(["006:2,S"], names(self.maildir, ""))
        self.assertEqual(["003:2,AB", "004:2,Sa", "005,S=17:2,"], names(self.maildir, ".Trash"))
        self.assertIn(", old_name=./cur/004:2,STa, new_name=.Trash/cur/004:2,Sa: only new_name will be left\n",
                      self.errors(client))
        self.assertIn(", old_name=./cur/004:2,STa\n", self.errors(client))
        self.assertEqual(3, client.ok("SELECT INBOX.Trash").exists())
        client.ok("STORE 1 +FLAGS (\\Deleted)")
        client.ok("EXPUNGE")
        self.assertEqual(["004:2,Sa", "005,S=17:2,"], names(self.maildir, ".Trash"))
        support.end_imapd_session(client)

    def test_copied_messages_do_not_move(self):
        client = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH="1")
        client.ok("CREATE INBOX.a")
        for _ in range(4):
            client.append_ok("INBOX", support.message("x"))
        client.ok("SELECT INBOX")
        client.ok("COPY 1:2 INBOX.a")
        client.ok("STORE 1:3 +FLAGS (\\Deleted)")
        client.ok("UID EXPUNGE 2:4")
        self.assertEqual(1, len(names(self.maildir, ".Trash")))
        client.ok("CLOSE")
        self.assertEqual(1, len(names(self.maildir, ".Trash")))
        self.assertEqual(1, client.ok("SELECT INBOX").exists())
        client.ok("COPY 1 INBOX.a")
        client.ok("STORE 1 +FLAGS (\\Deleted)")
        client.ok("SELECT INBOX")  # what was copied before is forgotten
        client.ok("EXPUNGE")
        self.assertEqual(2, len(names(self.maildir, ".Trash")))
        support.end_imapd_session(client)

    def test_other_sessions_see_both_sides(self):
        first = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH="1")
        first.append_ok("INBOX", support.message("moved"))
        first.ok("CREATE INBOX.Trash")
        second = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH="1")
        self.assertEqual(0, second.ok("SELECT INBOX.Trash").exists())
        first.ok("SELECT INBOX")
        first.ok("STORE 1 +FLAGS (\\Deleted)")
        self.assertIn("* 1 EXPUNGE", first.ok("EXPUNGE").lines)
        self.assertIn("* 1 EXISTS", second.ok("NOOP").lines)
        self.assertIn(b"Subject: moved", second.ok("FETCH 1 BODY[]").untagged[0].literals[0])
        for client in (first, second):
            support.end_imapd_session(client)

    def test_counts_where_the_trash_counts(self):
        for trash, after in (("Trash", (0, 0)), ("Bin", (17, 1))):
            with self.subTest(trash), open(os.path.join(self.maildir, "maildirsize"), "w+") as quota:
                quota.write("1C\n%12d %12d\n" % (0, 0))
                quota.flush()
                put(self.maildir, "", "1.%s,S=17:2,T" % trash)
                client = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH="1", IMAP_TRASHFOLDERNAME=trash)
                client.ok("SELECT INBOX")
                client.ok("EXPUNGE")
                support.end_imapd_session(client)
                quota.seek(0)
                lines = [[int(word) for word in line.split()] for line in quota.read().splitlines()[1:]]
                self.assertEqual(after, tuple(map(sum, zip(*lines))))

    def test_a_trash_that_cannot_be_made(self):
        with open(os.path.join(self.maildir, ".Trash"), "w"):
            put(self.maildir, "", "1.a:2,T")
        client = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH="1")
        client.ok("SELECT INBOX")
        self.assertEqual("NO", client.run("EXPUNGE").status)
        self.assertEqual(["1.a:2,T"], names(self.maildir, ""))
        os.unlink(os.path.join(self.maildir, ".Trash"))
        client.ok("EXPUNGE")
        self.assertEqual(["1.a:2,"], names(self.maildir, ".Trash"))
        support.end_imapd_session(client)

    def test_capability(self):
        for value, told in (("0", False), ("1", True)):
            client = self.session(IMAP_MOVE_EXPUNGE_TO_TRASH=value)
            self.assertEqual(told, "XMAGICTRASH" in client.ok("CAPABILITY").lines[0].split())
            support.end_imapd_session(client)

    # --- Emptying -----------------------------------------------------------------------------------------------------

    def ahead(self, seconds):
        """The environment of a server whose clock is that much ahead."""
        library = os.path.join(self.folder, "clock.so")
        if not os.path.exists(library):
            compiler = shutil.which("cc")
            if not compiler:
                self.skipTest("no C compiler")
            subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=CLOCK.encode(), check=True,
                           timeout=support.PATIENCE)
        libraries = [library]
        for sanitizer in ("asan", "tsan"):
            if support.is_built_with(sanitizer):  # it wants to be the first
                found = subprocess.run(["cc", "-print-file-name=lib%s.so" % sanitizer], capture_output=True, text=True,
                                       check=True, timeout=support.PATIENCE)
                libraries.insert(0, found.stdout.strip())
        return {"LD_PRELOAD": " ".join(libraries), "AHEAD": str(seconds)}

    def fill(self):
        client = self.session()
        for folder in ("INBOX.Trash", "INBOX.Junk"):
            client.ok("CREATE " + folder)
        for folder in ("INBOX", "INBOX.Trash", "INBOX.Junk"):
            client.append_ok(folder, support.message("x"))
        support.end_imapd_session(client)

    def left(self):
        return [len(names(self.maildir, folder)) for folder in ("", ".Trash", ".Junk")]

    def test_emptied_at_login(self):
        self.fill()
        for ahead, left in ((7 * DAY - 300, [1, 1, 1]), (7 * DAY + 300, [1, 0, 1])):
            client = self.session(self.ahead(ahead), IMAP_EMPTYTRASH="7")
            self.assertEqual(left, self.left())
            support.end_imapd_session(client, log_out=False)

    def test_emptied_at_logout_only(self):
        self.fill()
        os.rename(os.path.join(self.maildir, ".Junk"), os.path.join(self.maildir, "away"))
        for log_out, left in ((False, 1), (True, 0)):
            client = self.session(self.ahead(2 * DAY), IMAP_EMPTYTRASH="Trash:5,Junk:1")
            os.rename(os.path.join(self.maildir, "away"), os.path.join(self.maildir, ".Junk"))
            support.end_imapd_session(client, log_out)
            self.assertEqual([1, 1, left], self.left())
            os.rename(os.path.join(self.maildir, ".Junk"), os.path.join(self.maildir, "away"))

    def test_emptying_frees_the_quota(self):
        with open(os.path.join(self.maildir, "maildirsize"), "w") as quota:
            quota.write("100000S\n")
        self.fill()
        client = self.session(self.ahead(2 * DAY), IMAP_EMPTYTRASH="Trash:1,Junk:1")
        support.end_imapd_session(client)
        self.assertEqual([1, 0, 0], self.left())
        with open(os.path.join(self.maildir, "maildirsize")) as quota:
            lines = [[int(word) for word in line.split()] for line in quota.read().splitlines()[1:]]
        self.assertEqual(1, sum(line[1] for line in lines))


if __name__ == "__main__":
    support.main()
