"""authpam: PAM in children of its own, with services in an /etc of the test's own; modules that hang or crash."""
import contextlib
import os
import shutil
import signal
import time

import private_etc
import modules
import support
from private_etc import add_service, add_user, hash_of

TODAY = int(time.time()) // 86400
#: Of one conversation; and until a child that hangs is dead, on a slow machine.
TIME_LIMIT = 3.0
#: Until a child is started anew.
CONVERSATIONS = 5
SOON = TIME_LIMIT + 3


def script(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


class Test(support.unittest.TestCase):
    children = 1

    @classmethod
    def setUpClass(cls):
        cls.folder = support.make_folder()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.facts = os.path.join(cls.folder, "facts")
        cls.helper = os.path.join(cls.folder, "helper")
        permit = "account required pam_permit.so\n"
        add_service("unix", "auth required pam_unix.so\naccount required pam_unix.so\n")
        add_service("passwd", "password required pam_unix.so sha512\n")
        add_service("permit", "auth required pam_permit.so\n" + permit)
        add_service("rootok", "auth sufficient pam_rootok.so\nauth required pam_unix.so nullok\n" + permit)
        add_service("nullok", "auth required pam_unix.so nullok\naccount required pam_unix.so\n")
        add_service("deny", "auth required pam_deny.so\n" + permit)
        add_service("noaccount", "auth required pam_permit.so\naccount required pam_deny.so\n")
        add_service("other", "auth required pam_deny.so\naccount required pam_deny.so\n")
        add_service("missing", "auth required pam_no_such_module.so\n" + permit)
        add_service("hang", "auth required pam_exec.so seteuid %s\n" % script(
            cls.folder + "/hang", "echo $$ >%s\nexec sleep 1000\n" % cls.helper) + permit)
        add_service("crash", "auth required pam_exec.so seteuid %s\n" % script(cls.folder + "/crash", "kill -9 $PPID\n") +
                    permit)
        tell = 'echo "$PAM_USER $PAM_RHOST $PAM_SERVICE $PAM_TYPE $(cat)" >%s\n' % cls.facts
        add_service("facts", "auth required pam_exec.so seteuid expose_authtok %s\n" % script(cls.folder + "/tell", tell) +
                    permit)
        secret = hash_of("secret")
        add_user("john", 5001, shadow=secret, gecos="John Doe,,,")
        add_user("blank", 5005, shadow="")
        add_user("ended", 5002, shadow=secret, expires=TODAY - 1)
        add_user("old", 5003, shadow=secret, changed=TODAY - 91, most=90)
        add_user("changing", 5004, shadow=secret, changed=TODAY - 91, most=90)

    def setUp(self):
        numbers = (self.children, TIME_LIMIT * 1000, CONVERSATIONS)
        self.modules = modules.Modules("authpam=%d,%d,%d" % numbers, "authpwd")
        self.addCleanup(lambda: self.assertEqual(0, self.modules.close()))
        self.addCleanup(self.end_helper)

    def log_in(self, service, name="john", password="secret", **more):
        return self.modules.ask("authpam", "login", name, password, service=service, **more)

    def assert_account(self, answer):
        self.assertIsInstance(answer, dict)

    def end_helper(self):
        """What a PAM module started is nobody's when its child is killed."""
        process = self.helper_process()
        if process:
            os.unlink(self.helper)
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def helper_process(self):
        """What the service "hang" started last; None: nothing yet."""
        with contextlib.suppress(FileNotFoundError, ValueError), open(self.helper, encoding="ascii") as file:
            return int(file.read())
        return None


class Rights(Test):
    """The child is root, and its modules are not to know."""

    def shadow(self):
        with open("/etc/shadow", encoding="utf-8") as file:
            return file.read()

    def test_a_service_that_lets_root_in_lets_nobody_else_in(self):
        self.assertIsNone(self.log_in("rootok", password="wrong"))
        self.assert_account(self.log_in("rootok"))

    def test_the_old_password_is_asked_for_where_root_s_would_not_be(self):
        before = self.shadow()
        for user in ("john", "root"):
            self.assertIs(False, self.modules.ask("authpam", "passwd", user, "wrong", "New-password-42",
                                                       service="rootok"))
        self.assertEqual(before, self.shadow())

    def test_nobody_changes_root_s_password(self):
        before = self.shadow()
        self.assertIs(False, self.modules.ask("authpam", "passwd", "root", "x", "New-password-42",
                                                   service="permit"))
        self.assertEqual(before, self.shadow())

    def test_an_account_without_a_password_lets_nobody_in(self):
        for password in ("anything", "x"):
            self.assertIsNone(self.log_in("nullok", "blank", password))


class Accounts(Test):
    def test_pam_says_whether_the_password_is_right(self):
        self.assertEqual({"address": "john", "uid": "5001", "gid": "5001", "home": "/home/john", "name": "John Doe",
                          "options": "", "system_user": "john"}, self.log_in("unix"))
        for name, password in (("john", "Secret"), ("john", ""), ("unknown", "secret"), ("", "secret")):
            self.assertIsNone(self.log_in("unix", name, password), (name, password))

    def test_who_is_not_in_passwd_is_nobody_whatever_pam_says(self):
        self.assert_account(self.log_in("permit", "john", "anything"))
        self.assertIsNone(self.log_in("permit", "unknown", "anything"))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.facts)
        self.assertIsNone(self.log_in("facts", "unknown", "anything"))
        self.assertFalse(os.path.exists(self.facts))  # PAM was not asked

    def test_the_account_must_be_good_too(self):
        self.assertIsNone(self.log_in("noaccount"))
        for name in ("ended", "old"):
            self.assertIsNone(self.log_in("unix", name), name)

    def test_a_service_is_a_word_and_unknown_ones_are_other(self):
        self.assertIsNone(self.log_in("no-such-service"))
        os.makedirs("/etc/pam.d/sub", exist_ok=True)
        add_service("sub/permit", "auth required pam_permit.so\naccount required pam_permit.so\n")
        for service in ("sub/permit", "../pam.d/permit", "/etc/pam.d/permit", ""):
            self.assertIsNone(self.log_in(service), service)

    def test_a_module_that_is_missing_is_trouble_not_a_wrong_password(self):
        self.assertIsInstance(self.log_in("missing"), modules.Unavailable)

    def test_pam_learns_who_asks_from_where(self):
        self.assert_account(self.log_in("facts", peer="192.0.2.7"))
        with open(self.facts, encoding="utf-8") as file:
            self.assertEqual("john 192.0.2.7 facts auth secret", file.read().strip("\n\0"))

    def test_a_wrong_password_holds_no_child_up(self):
        self.log_in("unix", password="wrong")
        begin = time.monotonic()
        for _ in range(3):
            self.assertIsNone(self.log_in("unix", password="wrong"))
        self.assertLess(time.monotonic() - begin, 3)

    def test_without_a_password_the_account_is_found_and_no_hash(self):
        self.assertEqual("5001", self.modules.ask("authpam", "find", "john")["uid"])
        self.assertNotIn("stored", self.modules.ask("authpam", "find", "john"))
        self.assertIn("john", [account["address"] for account in self.modules.list("authpam")])
        self.assertEqual([], children_of(self.modules.process.pid))

    def test_passwords_are_changed_also_expired_ones(self):
        def change(name, old, new):
            return self.modules.ask("authpam", "passwd", name, old, new, service="unix")

        for name, old, new in (("changing", "wrong", "new"), ("changing", "secret", ""), ("unknown", "secret", "new"),
                               ("ended", "secret", "new"), ("john@example.com", "secret", "new")):
            self.assertIs(False, change(name, old, new), name)
        self.assertIsNone(self.log_in("unix", "changing"))
        self.assertIs(True, change("changing", "secret", "brand new 12"))
        self.assert_account(self.log_in("unix", "changing", "brand new 12"))
        self.assertIsNone(self.log_in("unix", "changing", "secret"))


class Children(Test):
    def test_one_that_hangs_is_killed(self):
        begin = time.monotonic()
        waiting = self.modules.begin("authpam", "login", "john", "secret", service="hang")
        support.wait_until(lambda: children_of(self.modules.process.pid), "the child runs")
        (child,) = children_of(self.modules.process.pid)
        self.assertIsInstance(waiting(), modules.Unavailable)
        self.assertGreaterEqual(time.monotonic() - begin, TIME_LIMIT)
        self.assertLess(time.monotonic() - begin, SOON)
        self.assertTrue(is_dead(child))
        self.assert_account(self.log_in("unix"))

    def test_one_that_crashes_is_started_again(self):
        for _ in range(2):
            self.assertIsInstance(self.log_in("crash"), modules.Unavailable)
            self.assert_account(self.log_in("unix"))

    def test_one_that_died_while_idle_costs_no_login(self):
        self.assert_account(self.log_in("unix"))
        (child,) = children_of(self.modules.process.pid)
        os.kill(child, signal.SIGKILL)
        support.wait_until(lambda: is_dead(child), "the child is dead")
        self.assert_account(self.log_in("unix"))
        self.assertNotEqual([child], children_of(self.modules.process.pid))

    def test_a_child_is_used_again(self):
        self.assert_account(self.log_in("unix"))
        before = children_of(self.modules.process.pid)
        self.assertIsNone(self.log_in("deny"))
        self.assert_account(self.log_in("unix"))
        self.assertEqual(before, children_of(self.modules.process.pid))

    def test_a_child_is_started_anew_after_some_conversations(self):
        self.assert_account(self.log_in("permit"))
        before = children_of(self.modules.process.pid)
        for _ in range(CONVERSATIONS - 1):
            self.assert_account(self.log_in("permit"))
        self.assertEqual(before, children_of(self.modules.process.pid))
        self.assert_account(self.log_in("permit"))
        self.assertNotEqual(before, children_of(self.modules.process.pid))

    def test_it_ends_with_its_parent_in_the_middle_of_a_conversation(self):
        doomed = modules.Modules("authpam=1,%d,1" % (support.PATIENCE * 1000))
        doomed.begin("authpam", "login", "john", "secret", service="hang")
        support.wait_until(self.helper_process, "the helper runs")
        (child,) = children_of(doomed.process.pid)
        doomed.process.kill()
        doomed.close()
        support.wait_until(lambda: is_dead(child), "the child is dead")


class TwoChildren(Test):
    children = 2

    def test_who_hangs_holds_up_nobody_else(self):
        hanging = self.modules.begin("authpam", "login", "john", "secret", service="hang")
        begin = time.monotonic()
        self.assert_account(self.log_in("unix"))
        self.assert_account(self.modules.ask("authpwd", "find", "john"))
        self.assertLess(time.monotonic() - begin, TIME_LIMIT)
        self.assertIsInstance(hanging(), modules.Unavailable)


def stat_of(process):
    """The fields behind the name, state and parent first; None: it is not there any more."""
    try:
        with open("/proc/%s/stat" % process, encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def children_of(process):
    every = [name for name in os.listdir("/proc") if name.isdigit()]
    return [int(name) for name in every if (stat_of(name) or ["", ""])[1] == str(process)]


def is_dead(process):
    stat = stat_of(process)
    return stat is None or stat[0] == "Z"


if __name__ == "__main__":
    support.main()
