"""Courier's userdb tools and ours on the same files: what they say, their exit codes, what the files are afterwards,
and what Courier's authdaemond and our library make of them.

Courier's tools have their paths compiled in: in a mount namespace of its own this process has an /etc, a /run and,
where Courier is not installed, a /usr/lib and a /usr/sbin with Courier's files added.
"""
import contextlib
import os
import pty
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

import private_etc
import courier_peer

COURIER = courier_peer.find_userdb()
if COURIER is None:
    print("Courier's userdb is not installed and Debian's archive cannot be reached", file=sys.stderr)
    sys.exit(private_etc.SKIP)

import support  # noqa: E402  after courier_peer, which chooses the ordinary user

ETC = "/etc/courier"
USERDB = ETC + "/userdb"
LIBRARY = os.environ.get("POSTRIDER_USERDB", "")
SOCKET = "/run/courier/authdaemon/socket"
TOOLS = ("userdb", "userdbpw", "makeuserdb", "pw2userdb", "vchkpw2userdb")
#: Prints a GDBM file as lines "KEY<TAB>VALUE".
DUMP = ("use GDBM_File; tie(%d, 'GDBM_File', $ARGV[0], GDBM_READER, 0) or die $!; "
        "while (my ($key, $value) = each %d) { print \"$key\\t$value\\n\"; }")


def add_couriers_files():
    for folder in ("/usr/lib", "/usr/sbin"):
        if COURIER != "/":
            done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                                   "lowerdir=%s:%s" % (COURIER + folder[1:], folder), folder], capture_output=True)
            if done.returncode != 0:
                print("no overlay file system here: %s" % done.stderr.decode(), file=sys.stderr)
                sys.exit(private_etc.SKIP)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "run", "/run"], check=True)
    os.makedirs(os.path.dirname(SOCKET))


def make_links():
    folder = tempfile.mkdtemp(prefix="postrider-links-", dir="/run")
    for name in TOOLS:
        os.symlink(os.path.abspath(support.PROGRAM), os.path.join(folder, name))
    return folder


def without_places(text):
    """Perl tells where it stood: at FILE line N."""
    return re.sub(r" at /usr/sbin/\w+ line \d+(, <\w+> line \d+)?\.$", "", text, flags=re.M).replace("/usr/sbin/", "")


def with_sorted_fields(text):
    """Courier leaves the fields of a changed record in any order."""
    return [(name, sorted(fields.split("|"))) for name, _, fields in
            (line.partition("\t") for line in text.splitlines())]


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folders = {"courier": "/usr/sbin", "ours": make_links()}

    def setUp(self):
        shutil.rmtree(ETC, ignore_errors=True)
        os.mkdir(ETC)
        self.addCleanup(shutil.rmtree, ETC)

    def write(self, name, text, mode=0o600):
        path = os.path.join(ETC, name)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    @staticmethod
    def tree():
        """Each file below /etc/courier: its mode and text. Locks, temporaries and databases are left out."""
        found = {}
        for folder, _, names in os.walk(ETC):
            for name in names:
                path = os.path.join(folder, name)
                passing = name.startswith(".") or name.endswith((".lock", ".tmp", ".dat", ".lmdb"))
                if os.path.isfile(path) and not passing:
                    with open(path, encoding="utf-8") as file:
                        found[path] = (stat.S_IMODE(os.stat(path).st_mode), with_sorted_fields(file.read()))
        return found

    def run_tool(self, side, tool, *arguments, stdin=""):
        """Exit code, standard output, standard error."""
        done = subprocess.run([os.path.join(self.folders[side], tool), *arguments], input=stdin, capture_output=True,
                              text=True, timeout=support.PATIENCE)
        self.assertNotRegex(done.stderr, support.SANITIZER_REPORT)
        return done.returncode, without_places(done.stdout), without_places(done.stderr)

    def both(self, tool, *arguments, **more):
        """What Courier's tool and ours say in the same place; the files are Courier's afterwards."""
        before = tempfile.mkdtemp(dir="/run")
        shutil.copytree(ETC, before, symlinks=True, dirs_exist_ok=True)
        ours = self.run_tool("ours", tool, *arguments, **more), self.tree()
        shutil.rmtree(ETC)
        shutil.copytree(before, ETC, symlinks=True)
        return (self.run_tool("courier", tool, *arguments, **more), self.tree()), ours

    def assert_same(self, tool, *arguments, **more):
        courier, ours = self.both(tool, *arguments, **more)
        self.assertEqual(courier, ours, (tool, arguments, more))
        return courier[0]


class Userdb(Tools):
    def test_a_record_is_made_changed_shown_and_deleted(self):
        self.write("userdb", "# accounts\n\nvmail\tuid=1012|gid=1012|home=/home/vmail|systempw=*\n1012=\tvmail\n")
        for arguments, stdin in (
                (("john@example.com", "set", "home=/home/vmail", "uid=1012", "gid=1012"), ""),
                (("john@example.com", "set", "imappw", "pop3pw"), "$1$x=\nsecond\n"),
                (("john@example.com", "set", "imappw"), "no newline"),
                (("john@example.com", "set", "imappw", "pop3pw"), "one line only\n"),
                (("john@example.com", "set", "imappw"), ""),
                (("john@example.com", "set", "imappw"), "a|b\n"),
                (("john@example.com", "set", "home=", "x=a=b", "uid=1", "uid=2"), ""),
                (("john@example.com", "set"), ""), (("-show",), ""), (("-show", "john@example.com"), ""),
                (("-show", "1012="), ""), (("-show", "nobody"), ""),
                (("john@example.com", "unset", "x", "nosuch"), ""), (("john@example.com", "unset"), ""),
                (("nobody", "unset", "x"), ""), (("nobody", "del"), ""),
                (("new", "set", "a=1", "a=2"), ""), (("bare", "set"), ""), (("-show", "bare"), ""),
                (("new", "unset", "a"), ""), (("john@example.com", "del"), ""), (("john@example.com", "del", "x"), ""),
                (("-show",), ""), ((), ""), (("a",), ""), (("a", "zork"), ""), (("", "set"), ""), (("-f",), ""),
                (("-f", USERDB), ""), (("-f", USERDB, "a"), ""), (("-show", "-f", USERDB), ""),
                (("-f", USERDB, "a/b", "set", "uid=1"), ""), (("-show", "-f", USERDB, "a/b"), ""),
                (("-show", "-f", ETC + "/missing"), "")):
            with self.subTest(arguments=arguments, stdin=stdin):
                self.assert_same("userdb", *arguments, stdin=stdin)

    def test_fields_that_would_damage_the_file(self):
        self.write("userdb", "a\tuid=1\n")
        for field in ("x=a|b", "x|", "x=a\nb"):
            for verb in ("set", "unset"):
                courier, ours = self.both("userdb", "a", verb, "uid=2", field)
                self.assertEqual((courier[0][1:], courier[1]), (ours[0][1:], ours[1]))
                self.assertNotIn(0, (courier[0][0], ours[0][0]))

    def test_a_tree_of_files(self):
        os.mkdir(USERDB, 0o700)
        self.write("userdb/default", "vmail\tuid=1012\n", 0o640)
        os.symlink(USERDB + "/default", USERDB + "/link")
        for arguments in (("example-com/john", "set", "uid=1"), ("default/vmail", "set", "gid=2"),
                          ("link/vmail", "set", "home=/h"), ("-show", "default/vmail"), ("-show", "example-com/john"),
                          ("-show", "default/"), ("example-com/john", "del"), ("new/nobody", "del")):
            with self.subTest(arguments=arguments):
                self.assert_same("userdb", *arguments)
        self.assertTrue(os.path.islink(USERDB + "/link"))
        # What perl says where a file cannot be opened ends in places of its own; the exit codes are errno's.
        for arguments in (("a/b/c/john", "set", "uid=1"), ("-show",), ("john", "set", "uid=1")):
            with self.subTest(arguments=arguments):
                courier, ours = self.both("userdb", *arguments)
                self.assertEqual((courier[0][1:], courier[1]), (ours[0][1:], ours[1]))
                self.assertNotIn(0, (courier[0][0], ours[0][0]))

    def test_a_link_in_its_place_and_a_path_below_a_file(self):
        os.symlink("elsewhere", USERDB)
        for arguments in ((), ("-show",), ("-show", "-f", "/dev/null"), ("a", "set", "x=1")):
            self.assertEqual(255, self.assert_same("userdb", *arguments)[0])
        os.unlink(USERDB)
        self.write("userdb", "a\tuid=1\n")
        self.assertEqual(20, self.assert_same("userdb", "x/a", "set", "uid=1")[0])
        for side in self.folders:  # Courier's makes a lock file to read, too
            self.assertEqual(20, self.run_tool(side, "userdb", "-show", "x/a")[0])


class Userdbpw(Tools):
    def test_options_and_input(self):
        for options in (("-hmac-md5",), ("-hmac-sha1",), ("-hmac-sha256",), ("-hmac-sha1", "-hmac-md5"),
                        ("-md5", "-hmac-md5"), ("-hmac-md5", "-md5")):
            for stdin in ("secret\n", "secret", "\n", "a\r\nb\n", "", "x" * 64, "x" * 65, "x" * 8190,
                          "x" * 9000 + "\n"):
                with self.subTest(options=options, stdin=stdin[:20]):
                    self.assert_same("userdbpw", *options, stdin=stdin)
        for option in ("-hmac-xyz", "--help", "file", "-md", "-", "--json"):
            courier, ours = self.both("userdbpw", option, stdin="secret\n")
            self.assertEqual((1, "", "userdbpw: invalid argument.\n"), courier[0], option)
            self.assertEqual(courier, ours)

    def test_salted_forms(self):
        for side in self.folders:
            code, made, errors = self.run_tool(side, "userdbpw", "-md5", stdin="secret\n")
            self.assertEqual((0, ""), (code, errors))
            self.assertRegex(made, r"^\$1\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{22}\n$")
            self.assertEqual((1, "", ""), self.run_tool(side, "userdbpw", "-md5"))
        self.assertRegex(self.run_tool("courier", "userdbpw", stdin="secret\n")[1], r"^[./0-9A-Za-z]{13}\n$")
        self.assertRegex(self.run_tool("ours", "userdbpw", stdin="secret\n")[1], r"^\$y\$")

    def typed(self, side, lines):
        """What a terminal shows while the lines are typed, each at the prompt for it; and the exit code."""
        process, terminal = pty.fork()
        if process == 0:
            os.execv(os.path.join(self.folders[side], "userdbpw"), ["userdbpw", "-hmac-md5"])
        shown = b""
        prompts = 0
        with contextlib.suppress(OSError):  # EIO: the program has ended
            while select.select([terminal], [], [], support.PATIENCE)[0]:
                piece = os.read(terminal, 4096)
                if not piece:
                    break
                shown += piece
                if shown.count(b"assword: ") > prompts and lines:
                    prompts += 1
                    os.write(terminal, lines.pop(0))
        os.close(terminal)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    def test_prompts_on_a_terminal(self):
        for lines in ((b"secret\n", b"secret\n"), (b"secret\n", b"other\n", b"right\n", b"right\n"), (b"\x03",),
                      (b"secret\n", b"\x03")):
            with self.subTest(lines=lines):
                courier, ours = (self.typed(side, list(lines)) for side in ("courier", "ours"))
                self.assertEqual(courier, ours)
                self.assertNotIn("secret", courier[0])


class Compiled(Tools):
    def compiled_by_courier(self):
        records = {}
        for half, path in enumerate((USERDB + ".dat", USERDB + "shadow.dat")):
            told = subprocess.run(["perl", "-e", DUMP, path], check=True, capture_output=True, text=True,
                                  timeout=support.PATIENCE)
            for line in told.stdout.splitlines():
                name, _, value = line.partition("\t")
                records.setdefault(name, ["", ""])[half] = value
        return records

    @staticmethod
    def compiled_by_us():
        told = subprocess.run([LIBRARY, "records", USERDB + ".lmdb"], check=True, capture_output=True, text=True,
                              timeout=support.PATIENCE)
        return {name: [fields, shadow] for name, fields, shadow in
                (line.split("\t") for line in told.stdout.splitlines())}

    def assert_compiled_alike(self):
        for side in self.folders:
            self.assertEqual((0, "", ""), self.run_tool(side, "makeuserdb"))
        self.assertEqual(self.compiled_by_courier(), self.compiled_by_us())
        self.assertEqual(0o600, stat.S_IMODE(os.stat(USERDB + ".lmdb").st_mode))


class Makeuserdb(Compiled):
    def test_a_file_and_a_tree_are_compiled_alike(self):
        text = ("# comment\n\nvmail\tuid=1012|gid=1012|home=/home/vmail|systempw=*\n1012=\tvmail\n"
                "john@example.com\tuid=1012|mail=/m|gid=1012|home=/h|imappw=$1$O|hmac-md5pw=d3b3\n"
                "J\u00f6hn Doe\tuid=1\nkeyonly\nnofield\t\n\tno name\nodd\tx=a=b|flag|apw|pw=zz|xpw=\nlast\tuid=7")
        self.write("userdb", text)
        self.assert_compiled_alike()
        os.unlink(USERDB)
        self.write("userdb/default", text, 0o644)
        self.write("userdb/sub/deep/xy", "jane@x.y\tuid=5|gid=6|home=/h|foo|apw|pw=zz|imappw=abc|quota=100S\n")
        self.write("userdb/.hidden", "hidden\tuid=1\n")
        os.symlink("sub/deep/xy", USERDB + "/.link")
        self.assert_compiled_alike()

    def test_refusals(self):
        self.assertEqual(2, self.assert_same("makeuserdb")[0])
        self.assertEqual(2, self.assert_same("makeuserdb", "-f", "/nowhere/at/all")[0])
        for mode in (0o640, 0o604, 0o610, 0o601, 0o620, 0o602, 0o777):
            self.write("userdb", "a\tuid=1\n", mode)
            self.assertEqual(255, self.assert_same("makeuserdb")[0])
        os.unlink(USERDB)
        os.mkdir(USERDB, 0o750)
        self.assertEqual(255, self.assert_same("makeuserdb", "-f", USERDB)[0])
        os.rmdir(USERDB)
        other = self.write("other", "a\tuid=1\n")
        os.symlink(other, USERDB)
        self.assertEqual(255, self.assert_same("makeuserdb")[0])
        os.unlink(USERDB)
        for mode in (0o600, 0o700):
            self.write("userdb", "a\tuid=1\n", mode)
            self.assertEqual((0, "", ""), self.assert_same("makeuserdb"))
        self.assertEqual((0, "", ""), self.assert_same("makeuserdb", "-f", USERDB))
        os.unlink(USERDB)
        self.write("userdb/a", "a\tuid=1\n", 0o666)
        os.chmod(USERDB, 0o700)
        self.assertEqual((0, "", ""), self.assert_same("makeuserdb", "-f", USERDB + "/"))
        os.symlink("nowhere", USERDB + "/broken")
        self.assertEqual((1, USERDB + "/broken: No such file or directory\n", ""), self.assert_same("makeuserdb"))

    def test_duplicates_have_couriers_words_behind_ours_and_nothing_changes(self):
        self.write("userdb", "a\tuid=1|imappw=x\n")
        for side in self.folders:
            self.assertEqual((0, "", ""), self.run_tool(side, "makeuserdb"))
        before = self.compiled_by_us()
        self.write("userdb", "a\tuid=1|imappw=x\nb\tuid=2\na\tuid=3|imappw=y\nc\tuid=x\nb\t\n")
        courier, ours = self.both("makeuserdb")
        words = "Cannot store record for a - duplicate or out of disk space.\n\n"
        self.assertEqual((1, ""), courier[0][:2])
        self.assertIn(words, courier[0][2])
        self.assertEqual((1, "", USERDB + ":3: a stands at " + USERDB + ":1 already\n" +
                          USERDB + ":4: uid is no user id\n" +
                          USERDB + ":5: b stands at " + USERDB + ":2 already\n" + words), ours[0])
        self.assertEqual(before, self.compiled_by_us())


class Passwords(Compiled):
    """Courier's authdaemond with authuserdb, on what either side compiled."""

    ACCOUNTS = ("vmail\tuid=1012|gid=1012|home=/home/vmail|systempw=*\n1012=\tvmail\n"
                "john\tuid=1012|gid=1013|home=/h|mail=/h/john|quota=10S|gecos=John Doe,x|options=disablepop3=1|"
                "systempw={SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
                "jane\tuid=7|gid=8|home=/j|mail=|imappw={MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==|systempw=*|"
                "hmac-md5pw=cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56\n"
                "nohome\tuid=7|gid=8\nbare\n")

    def setUp(self):
        super().setUp()
        self.write("authdaemonrc", 'authmodulelist="authuserdb"\ndaemons=1\nauthdaemonvar=%s\n' %
                   os.path.dirname(SOCKET))
        self.write("userdb/accounts", self.ACCOUNTS)
        self.compile()

    def compile(self):
        for side in self.folders:
            self.assertEqual((0, "", ""), self.run_tool(side, "makeuserdb"))

    @contextlib.contextmanager
    def daemon(self):
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(["/usr/lib/courier/courier-authlib/authdaemond"], stderr=log,
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            try:
                support.wait_until(lambda: os.path.exists(SOCKET), lambda: (log.seek(0), log.read())[1])
                yield
            finally:
                process.stdin.close()
                process.terminate()
                process.wait(support.PATIENCE)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(SOCKET)

    def test_both_list_the_same_accounts(self):
        with self.daemon():
            code, told, _ = self.run_tool("courier", "authenumerate", "-o")
        self.assertEqual(0, code)
        listed = sorted(line for line in told.splitlines() if line.count("\t") > 2)
        mine = subprocess.run([LIBRARY, "accounts", USERDB + ".lmdb"], check=True, capture_output=True, text=True,
                              timeout=support.PATIENCE)
        self.assertEqual(listed, sorted(mine.stdout.splitlines()))
        self.assertEqual(["jane", "john", "vmail"], [line.split("\t")[0] for line in listed])

    def test_courier_reads_what_our_tools_wrote(self):
        stored = self.run_tool("ours", "userdbpw", stdin="secret\n")[1]
        self.assertEqual((0, "", ""), self.run_tool("ours", "userdb", "accounts/jack", "set", "uid=9", "gid=9",
                                                    "home=/jack", "systempw", stdin=stored))
        self.compile()
        with self.daemon():
            self.assertEqual(0, self.run_tool("courier", "authtest", "jack", "secret")[0])
            self.assertEqual(1, self.run_tool("courier", "authtest", "jack", "wrong")[0])

    def changed(self, side, service, user, old_password, new_password):
        """Whether that side changes the password."""
        if side == "courier":
            return self.run_tool("courier", "authtest", "-s", service, user, old_password, new_password)[0] == 0
        told = subprocess.run([LIBRARY, "passwd", USERDB, service, user, old_password, new_password], check=True,
                              capture_output=True, text=True, timeout=support.PATIENCE)
        return told.stdout == "changed\n"

    def test_passwords_are_changed_alike(self):
        tries = (("imap", "john", "wrong", "new"), ("imap", "john", "secret", "new"), ("pop3", "john", "new", "newer"),
                 ("pop3", "jane", "secret", "new"), ("imap", "jane", "secret", "newer"), ("imap", "vmail", "*", "new"),
                 ("imap", "nobody", "secret", "new"), ("imap", "bare", "1", "new"), ("imap", "john", "newer", "a|b"),
                 ("imap", "john", "newer", "a=b"), ("imap", "john", "newer", "it's"), ("imap", "john", "newer", 'a"b'),
                 ("imap", "john", "newer", "a b"), ("imap", "accounts/john", "a b", "x"),
                 ("imap", "john", "a b", "last"))
        outcomes = {}
        for side in self.folders:
            self.write("userdb/accounts", self.ACCOUNTS)
            self.compile()
            with self.daemon() if side == "courier" else contextlib.nullcontext():
                done = [self.changed(side, *one) for one in tries]
            self.compile()
            with open(USERDB + "/accounts", encoding="utf-8") as file:
                records = {name: {field.partition("=")[0]: field.partition("=")[2] for field in fields}
                           for name, fields in with_sorted_fields(file.read())}
            with self.daemon():
                opened = [self.run_tool("courier", "authtest", "-s", service, user, password)[0] == 0
                          for service, user, password in (("imap", "john", "last"), ("imap", "john", "secret"),
                                                          ("imap", "jane", "newer"), ("imap", "jane", "secret"))]
            secret = records["jane"].pop("hmac-md5pw")
            kept = {name: sorted(fields) for name, fields in records.items()}
            outcomes[side] = done, opened, secret, kept
        self.assertEqual(outcomes["courier"], outcomes["ours"])
        self.assertEqual([True, False, True, False], outcomes["ours"][1])


class Pw2userdb(Tools):
    PASSWD = ("vmail:x:1012:1012:V | Mail,,,:/home/vmail:/usr/sbin/nologin\nb:pw:3:4::/hb:\nc:x:5:6::/hc:/bin/false\n"
              "#d:x:1:1::/:\n")
    SHADOW = "vmail:$6$abc$def:1:\nb::2\nc:*:1\n"

    def assert_same_lines(self, *arguments):
        courier, ours = (self.run_tool(side, "pw2userdb", *arguments) for side in self.folders)
        self.assertEqual((courier[0], sorted(courier[1].splitlines()), courier[2]),
                         (ours[0], sorted(ours[1].splitlines()), ours[2]), arguments)
        return ours

    def test_files_and_options(self):
        passwd, shadow = self.write("passwd", self.PASSWD), self.write("shadow", self.SHADOW)
        self.assertEqual(0, self.assert_same_lines()[0])
        for options in (("--shadow=" + shadow,), ("--noshadow",), ("--nouid", "--noshadow"), ("-nos", "--nou"),
                        ("--domain=x.y", "--nouid"), ("--domain", "x.y", "--nouid", "--shadow", shadow),
                        ("--shadow=/nowhere",)):
            self.assertEqual(0, self.assert_same_lines("--passwd=" + passwd, *options)[0])
        self.assertEqual(255, self.assert_same_lines("--zork")[0])
        self.assertEqual(255, self.assert_same_lines("--no")[0])
        self.assertEqual(255, self.assert_same_lines("--passwd")[0])
        self.assertEqual(255, self.assert_same_lines("--nouid=1")[0])

    def test_vpopmail(self):
        """Courier's vchkpw2userdb is no longer to be had; it ran pw2userdb for each vpasswd."""
        home = tempfile.mkdtemp(dir="/run")
        told = self.run_tool("ours", "vchkpw2userdb", "--vpopmailhome=" + home)
        self.assertEqual((1, "", "vchkpw2userdb: there is no account vpopmail\n"), told)
        with open("/etc/passwd", "a", encoding="utf-8") as file:
            file.write("vpopmail:x:89:88::%s:/bin/sh\n" % home)
        self.assertEqual((1, ""), self.run_tool("ours", "vchkpw2userdb")[:2])
        inputs = (("users", None), ("domains/example.com", "example.com"), ("domains/a.org", "a.org"))
        for folder, _ in inputs:
            os.makedirs(os.path.join(home, folder))
            name = os.path.basename(folder)
            with open(os.path.join(home, folder, "vpasswd"), "w", encoding="utf-8") as file:
                file.write("one-%s:$1$a:1:0:One | X:%s/%s/one:NOQUOTA\ntwo:$1$b:1:0:Two:%s:10S:clear\n" %
                           (name, home, folder, home))
        os.symlink("example.com", home + "/domains/default")
        os.mkdir(home + "/domains/empty.org")
        self.assertEqual(0, self.assert_same_lines("--passwd=" + home + "/users/vpasswd", "--noshadow", "--vpopuid")[0])

        def by_pw2userdb(folder, domain):
            options = ["--passwd=%s/%s/vpasswd" % (home, folder), "--noshadow", "--nouid", "--vpopuid"]
            return sorted(self.run_tool("courier", "pw2userdb", *options, *(["--domain=" + domain] if domain else []))
                          [1].splitlines())

        inputs += ("domains/default", None),
        wanted = {folder: by_pw2userdb(folder, domain) for folder, domain in inputs}
        self.assertIn("one-a.org@a.org\tuid=89|gid=88|home=%s/domains/a.org/one|shell=NOQUOTA|systempw=$1$a|"
                      "gecos=One . X" % home, wanted["domains/a.org"])
        for options in ((), ("--vpopmailhome=" + home,), ("--vpopmailhome", home)):
            code, out, errors = self.run_tool("ours", "vchkpw2userdb", *options)
            self.assertEqual((0, "", sorted(sum(wanted.values(), []))), (code, errors, sorted(out.splitlines())))
        self.assertEqual((255, "", "Invalid options.\n"), self.run_tool("ours", "vchkpw2userdb", "--zork"))

        os.mkdir(USERDB, 0o700)
        for _ in range(2):
            self.assertEqual((0, "", ""), self.run_tool("ours", "vchkpw2userdb", "--todir=" + USERDB + "/vpopmail"))
            for folder, lines in wanted.items():
                with open(os.path.join(USERDB, "vpopmail", folder), encoding="utf-8") as file:
                    self.assertEqual(lines, [] if file.name == os.devnull else sorted(file.read().splitlines()))
        self.assertEqual(1, self.run_tool("ours", "makeuserdb")[0])  # "two" is one of users and one of the default
        os.unlink(USERDB + "/vpopmail/users")
        os.symlink("/dev/null", USERDB + "/vpopmail/users")
        self.assertEqual((0, "", ""), self.run_tool("ours", "vchkpw2userdb", "--todir=" + USERDB + "/vpopmail"))
        self.assertTrue(os.path.islink(USERDB + "/vpopmail/users"))
        self.assertFalse(os.path.exists("/dev/.lock.null"))
        self.assertEqual((0, "", ""), self.run_tool("ours", "makeuserdb"))


add_couriers_files()
if __name__ == "__main__":
    support.main()
