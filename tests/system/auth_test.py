"""The auth service through the whole server: mechanisms, the chain of modules, the authdaemon socket, and what is done
against those who guess."""
import base64
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

import support
from directory import ADMIN, ADMIN_PASSWORD, BASE, SLAPD, Directory, user
from pop3_client import Pop3Client
from sasl_client import Cram, External, Scram, encoded, imap_authenticate, pop3_authenticate
from support import PASSWORD, PATIENCE, program, wait_until

ALL_MECHANISMS = ("SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 CRAM-SHA256 CRAM-SHA1 CRAM-MD5 PLAIN "
                  "LOGIN")
CAPABILITY = '"IMAP4rev1 %s"' % " ".join("AUTH=" + name for name in ALL_MECHANISMS.split())
SECRETS = {"hmac-md5pw": "-hmac-md5", "hmac-sha1pw": "-hmac-sha1", "hmac-sha256pw": "-hmac-sha256",
           "scram-sha-1pw": "-scram-sha-1", "scram-sha-256pw": "-scram-sha-256"}
TEMPORARY = "* BYE Temporary problem, please try again later"
REFUSED = "NO [AUTHENTICATIONFAILED] Login failed."


class AuthTest(support.Test):
    def pop3(self, context=None):
        port = self.site.pop3_tls_port if context else self.site.pop3_port
        client = Pop3Client(socket.create_connection(("127.0.0.1", port), PATIENCE))
        self.addCleanup(client.close)
        if context:
            client.start_tls(context)
        self.assertTrue(client.line().startswith("+OK"))
        return client

    def imap(self, context=None, source="127.0.0.1"):
        port = self.site.tls_port if context else self.site.port
        client = support.Client(socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(source, 0)))
        self.addCleanup(client.close)
        if context:
            client.start_tls(context)
        client.greeting = client.response().text
        return client

    def set_fields(self, name, *fields):
        program("userdb", "--config-dir", self.site.folder, name, "set", *fields)
        program("makeuserdb", "--config-dir", self.site.folder)

    def reload(self):
        self.site.write()
        program("reload", "--config-dir", self.site.folder)


class Mechanisms(AuthTest):
    settings = {"IMAP_CAPABILITY": CAPABILITY, "pop3": {"POP3AUTH": '"%s"' % ALL_MECHANISMS}}

    def secret_account(self):
        name, _ = self.account(password="of another way")
        self.set_fields(name, *("%s=%s" % (field, program("userdbpw", option, stdin=PASSWORD + "\n").stdout.strip())
                                for field, option in SECRETS.items()))
        return name

    def parties(self, name, password, binding=None):
        """Mechanism and client's side, for all that prove the password without telling it."""
        for mechanism, hash_name in (("CRAM-MD5", "md5"), ("CRAM-SHA1", "sha1"), ("CRAM-SHA256", "sha256")):
            yield mechanism, Cram(hash_name, name, password)
        for mechanism, hash_name in (("SCRAM-SHA-1", "sha1"), ("SCRAM-SHA-256", "sha256")):
            yield mechanism, Scram(hash_name, name, password)
            if binding:
                yield mechanism + "-PLUS", Scram(hash_name, name, password, binding)

    def test_announced(self):
        in_clear = [word for word in ALL_MECHANISMS.split() if not word.endswith("-PLUS")]
        self.assertEqual(["AUTH=" + word for word in in_clear], re.findall(r"AUTH=[^] ]+", self.imap().greeting))
        context = self.site.tls_context()
        self.assertEqual(["AUTH=" + word for word in ALL_MECHANISMS.split()],
                         re.findall(r"AUTH=[^] ]+", self.imap(context).greeting))
        self.assertIn("SASL " + " ".join(in_clear), self.pop3().lines("CAPA"))
        self.assertIn("SASL " + ALL_MECHANISMS, self.pop3(context).lines("CAPA"))

    def test_each_lets_in_who_knows_the_password(self):
        name = self.secret_account()
        for mechanism, party in self.parties(name, PASSWORD):
            for initial in (True, False):
                with self.subTest(mechanism=mechanism, initial=initial):
                    client = self.imap()
                    self.assertRegex(imap_authenticate(client, mechanism, party, initial), "^OK ")
                    client.ok("SELECT INBOX")
                    self.assertTrue(not isinstance(party, Scram) or party.is_proved)
                    if isinstance(party, Scram):
                        party.signature, party.is_proved = None, False
            with self.subTest(mechanism=mechanism, protocol="POP3"):
                client = self.pop3()
                self.assertEqual("+OK logged in.", pop3_authenticate(client, mechanism, party))
                client.ok("STAT")

    def test_none_lets_in_who_does_not(self):
        name = self.secret_account()
        hashed, _ = self.account()  # of a hash no proof can be computed
        clients = []
        for number, (who, password) in enumerate(((name, PASSWORD + "x"), (hashed, PASSWORD),
                                                  ("nobody@example.com", PASSWORD)), 2):
            for mechanism, party in self.parties(who, password):
                client = self.imap(source="127.0.0.%d" % number)  # so many failures of one address are not looked at
                clients.append(threading.Thread(target=lambda c=client, m=mechanism, p=party, w=who: answers.append(
                    (w, m, imap_authenticate(c, m, p)))))
        answers = []
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        self.assertEqual(15, len(answers))
        for answer in answers:
            self.assertEqual(REFUSED, answer[2], answer)

    def test_bound_to_the_channel(self):
        name = self.secret_account()
        context = self.site.tls_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # Python knows no other binding than that of TLS 1.2
        for mechanism in ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"):
            with self.subTest(mechanism=mechanism):
                client = self.imap(context)
                hash_name = "sha1" if "SHA-1-" in mechanism else "sha256"
                data = client.socket.get_channel_binding("tls-unique")
                party = Scram(hash_name, name, PASSWORD, ("tls-unique", data))
                self.assertRegex(imap_authenticate(client, mechanism, party), "^OK ")
                self.assertTrue(party.is_proved)
                other = self.imap(context)
                party = Scram(hash_name, name, PASSWORD, ("tls-unique", data))  # of the first connection
                self.assertRegex(imap_authenticate(other, mechanism, party), "^NO .*channel binding")
        client = self.imap(context)  # a man in the middle has taken -PLUS off the list
        party = Scram("sha256", name, PASSWORD)
        party.header = "y,,"
        self.assertRegex(imap_authenticate(client, "SCRAM-SHA-256", party), "^NO .*channel binding is offered")
        self.assertRegex(imap_authenticate(self.imap(), "SCRAM-SHA-256-PLUS", party), r"^NO \[CANNOT\]")

    def test_a_client_that_gives_up_behind_the_proof_is_no_session(self):
        name = self.secret_account()
        client = self.imap()
        party = Scram("sha256", name, PASSWORD)
        client.send("a AUTHENTICATE SCRAM-SHA-256 %s\r\n" % encoded(party.first()))
        client.send(encoded(party.answer(base64.b64decode(client.line()[2:]))) + "\r\n")
        self.assertTrue(client.line().startswith("+ "))
        client.send("*\r\n")
        self.assertEqual("a BAD AUTHENTICATE was cancelled by the client", client.line())
        client.ok("NOOP")
        self.assertEqual("BAD", client.run("SELECT INBOX").status)


class Ends(AuthTest):
    """What is under way when it ends."""

    settings = {"MAXPERACCOUNT": 2, "SHUTDOWN_TIME": 1, "IMAP_CAPABILITY": CAPABILITY}

    def test_exchanges_that_are_given_up_behind_the_proof_take_no_place(self):
        name, _ = self.account()
        secret = program("userdbpw", "-scram-sha-256", stdin=PASSWORD + "\n").stdout.strip()
        self.set_fields(name, "scram-sha-256pw=" + secret)
        for _ in range(4):
            client = self.imap()
            party = Scram("sha256", name, PASSWORD)
            client.send("a AUTHENTICATE SCRAM-SHA-256 %s\r\n" % encoded(party.first()))
            client.send(encoded(party.answer(base64.b64decode(client.line()[2:]))) + "\r\n")
            self.assertTrue(client.line().startswith("+ "))
            client.send("*\r\n")
            self.assertTrue(client.line().startswith("a BAD"))
        self.connect(name)

    def test_a_stop_while_a_program_hangs(self):
        path = self.site.folder + "/authProg"
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nread line\nexec sleep 100\n")
        os.chmod(path, 0o755)
        self.site.settings["authdaemonrc"]["authmodulelist"] = '"authpipe"'
        self.reload()
        client = self.imap()
        client.send("a LOGIN somebody secret\r\n")
        begin = len(self.server.log())
        self.server.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in self.server.log()[begin:], "the stop begins")
        self.assertEqual(0, self.server.process.wait(PATIENCE))
        self.server.check_log()
        self.site.settings["authdaemonrc"]["authmodulelist"] = '"authuserdb"'
        self.site.write()
        self.server.start()


class Certificates(AuthTest):
    """EXTERNAL: who the client's certificate says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = support.Site(cls.folder, pop3={})
        cls.authority = support.make_certificate(cls.folder, "authority", "an authority")
        for file in ("imapd-ssl", "pop3d-ssl"):
            cls.site.settings[file].update(TLS_VERIFYPEER="PEER", TLS_TRUSTCERTS=cls.authority[0],
                                           TLS_EXTERNAL="emailaddress")
        cls.site.write()
        cls.server = cls.stack.enter_context(support.Server(cls.site))

    def context(self, name, authority=None):
        """A client with a certificate of that name."""
        certificate, key = authority or self.authority
        stem = os.path.join(self.new_folder(), "client")
        openssl = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=PATIENCE)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                "/CN=a client/emailAddress=" + name, "-keyout", stem + ".key", "-out", stem + ".csr")
        openssl("x509", "-req", "-in", stem + ".csr", "-CA", certificate, "-CAkey", key, "-days", "30", "-out",
                stem + ".pem", "-set_serial", "7")
        context = self.site.tls_context()
        context.load_cert_chain(stem + ".pem", stem + ".key")
        return context

    def test_the_named_account_is_opened(self):
        name, _ = self.account()
        for initial in (None, name):
            with self.subTest(initial=initial):
                client = self.imap(self.context(name))
                self.assertIn("AUTH=EXTERNAL", client.greeting)
                self.assertRegex(imap_authenticate(client, "EXTERNAL", External(initial)), "^OK ")
                client.ok("SELECT INBOX")
        client = self.pop3(self.context(name))
        self.assertIn("SASL EXTERNAL", client.lines("CAPA"))
        self.assertEqual("+OK logged in.", pop3_authenticate(client, "EXTERNAL", External(name)))

    def test_nobody_else_s(self):
        name, _ = self.account()
        other, _ = self.account()
        client = self.imap(self.context(name))
        self.assertRegex(imap_authenticate(client, "EXTERNAL", External(other)), "^NO ")
        client = self.imap(self.context("nobody@example.com"))
        self.assertEqual(REFUSED, imap_authenticate(client, "EXTERNAL", External()))
        client = self.imap(self.site.tls_context())  # without a certificate
        self.assertNotIn("AUTH=EXTERNAL", client.greeting)
        self.assertRegex(imap_authenticate(client, "EXTERNAL", External(name)), r"^NO \[CANNOT\]")
        self.assertRegex(imap_authenticate(self.imap(), "EXTERNAL", External(name)), r"^NO \[CANNOT\]")
        forged = support.make_certificate(self.new_folder(), "forged", "an authority")
        with self.assertRaises((OSError, support.Gone)):
            client = self.imap(self.context(name, forged))
            imap_authenticate(client, "EXTERNAL", External(name))


PIPE = """#!%s
import sys
for line in sys.stdin:
    words = line.split()
    if words[0] == "ENUMERATE":
        print(".", flush=True)
        continue
    if words[0] == "AUTH":
        fields = sys.stdin.read(int(words[1])).split("\\n")
        found = fields[2].startswith("piped") and fields[3] == "secret"
        name = fields[2]
    else:
        name = words[-1]
        found = words[0] == "PRE" and name.startswith("piped")
    if found:
        print("UID=%d\\nGID=%d\\nHOME=%s\\nADDRESS=%%s\\nMAILDIR=%s/%%s\\n." %% (name, name))
    else:
        print("FAIL")
    sys.stdout.flush()
"""


class Chain(AuthTest):
    """userdb, then a program, then a directory."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not SLAPD:
            raise unittest.SkipTest("there is no slapd")
        cls.site = site = support.Site(cls.folder, DEFAULTOPTIONS="", pop3={})
        del site.settings["imapd"]["DEFAULTOPTIONS"]
        people = os.path.join(cls.folder, "people")
        os.mkdir(people)
        numbers = {"uidNumber": str(site.uid), "gidNumber": str(site.gid), "homeDirectory": site.mail}
        cls.directory = Directory(people, *(user(name, clearPassword="secret", mailbox=site.mail + "/" + name, **numbers)
                                            for name in ("ldap", "both")))
        cls.stack.callback(cls.directory.kill)
        site.settings["authdaemonrc"]["authmodulelist"] = '"authuserdb authvchkpw authpipe authldap"'
        site.settings["postrider"]["AUTHDAEMON_SOCKET"] = cls.folder + "/authdaemon/socket"
        with open(site.folder + "/authldaprc", "w", encoding="ascii") as file:
            for pair in {"##NAME:": "MARKER:0", "LDAP_URI": cls.directory.uri, "LDAP_BASEDN": "ou=people," + BASE,
                         "LDAP_INITBIND": "1", "LDAP_BINDDN": ADMIN, "LDAP_BINDPW": ADMIN_PASSWORD,
                         "LDAP_TIMEOUT": "1", "LDAP_UID": "uidNumber", "LDAP_GID": "gidNumber",
                         "LDAP_HOMEDIR": "homeDirectory", "LDAP_MAILDIR": "mailbox", "LDAP_MAIL": "uid",
                         "LDAP_CLEARPW": "clearPassword"}.items():
                file.write("%s %s\n" % pair)
        with open(site.folder + "/authProg", "w", encoding="ascii") as file:
            file.write(PIPE % (sys.executable, site.uid, site.gid, site.mail, site.mail))
        os.chmod(site.folder + "/authProg", 0o755)
        for name in ("ldap", "both", "piped"):
            support.make_maildir(os.path.join(site.mail, name), site.uid, site.gid)
        site.add_account("both", "of userdb")
        site.add_account("local", "of userdb")
        site.write()
        cls.server = cls.stack.enter_context(support.Server(site))

    def log_in(self, name, password):
        return self.imap().run('LOGIN "%s" "%s"' % (name, password))

    def test_each_module_has_its_accounts(self):
        for name, password in (("both", "of userdb"), ("both", "secret"), ("piped", "secret"), ("ldap", "secret")):
            with self.subTest(name=name, password=password):
                self.assertEqual("OK", self.log_in(name, password).status)
        client = self.pop3()
        client.ok("USER ldap")
        client.ok("PASS secret")
        self.assertEqual("+OK logged in.", pop3_authenticate(self.pop3(), "CRAM-MD5", Cram("md5", "ldap", "secret")))

    def test_a_wrong_password_is_wrong_everywhere(self):
        for name in ("both", "piped", "ldap", "nobody"):
            answer = self.log_in(name, "wrong")
            self.assertEqual(("NO", "[AUTHENTICATIONFAILED] Login failed."), (answer.status, answer.text), name)

    def test_a_directory_that_is_gone_is_a_temporary_failure_for_its_own_users_alone(self):
        self.assertEqual("OK", self.log_in("ldap", "secret").status)
        self.directory.kill()
        try:
            begin = time.monotonic()
            client = self.imap()
            client.send('a LOGIN ldap secret\r\n')
            self.assertEqual(TEMPORARY, client.line())
            self.assertLess(time.monotonic() - begin, 12.0)
            self.assertEqual("OK", self.log_in("local", "of userdb").status)
            self.server.wait_for_log("authentication error: .*ldap")
        finally:
            self.directory.start()
        self.assertEqual("OK", self.log_in("ldap", "secret").status)

    def test_a_directory_that_hangs_delays_nobody_else(self):
        self.directory.hold()
        try:
            waiting = [self.imap() for _ in range(20)]
            for client in waiting:
                client.send('a LOGIN ldap secret\r\n')
            for _ in range(5):
                begin = time.monotonic()
                self.assertEqual("OK", self.log_in("local", "of userdb").status)
                self.assertLess(time.monotonic() - begin, 3.0)
            for client in waiting:
                self.assertEqual(TEMPORARY, client.line())
        finally:
            self.directory.release()
        wait_until(lambda: self.log_in("ldap", "secret").status == "OK", "the directory is used again")

    def tool(self, name, *arguments, code=0):
        done = program(name, "--config-dir", self.site.folder, *arguments, check=False)
        self.assertEqual(code, done.returncode, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_other_programs_ask_at_the_socket(self):
        self.assertIn("Authenticated: ldap  (uid %d, gid %d)" % (self.site.uid, self.site.gid),
                      self.tool("authtest", "ldap", "secret"))
        self.assertIn("Authenticated: piped ", self.tool("authtest", "-s", "imap", "piped"))
        self.assertIn("Authentication FAILED", self.tool("authtest", "local", "wrong", code=1))
        self.assertIn(os.path.join(self.site.mail, "both"), self.tool("authtest", "both", "secret"))
        listed = json.loads(self.tool("authenumerate", "--json"))
        self.assertLessEqual({"both", "local", "ldap"}, {account["name"] for account in listed})
        self.assertIn(self.site.settings["postrider"]["AUTHDAEMON_SOCKET"], self.tool("authinfo"))

    def test_a_password_is_changed_at_the_socket(self):
        self.account(name="changing", password="first")
        self.tool("authtest", "-s", "imap", "changing", "first", "second")
        self.assertEqual("NO", self.log_in("changing", "first").status)
        self.assertEqual("OK", self.log_in("changing", "second").status)
        self.tool("authtest", "-s", "imap", "changing", "first", "third", code=1)
        self.assertEqual("OK", self.log_in("changing", "second").status)

    def test_the_socket_moves_at_a_reload_and_the_server_does_not_ask_itself(self):
        first = self.site.settings["postrider"]["AUTHDAEMON_SOCKET"]
        second = self.folder + "/elsewhere/socket"
        try:
            self.site.settings["postrider"]["AUTHDAEMON_SOCKET"] = second
            self.reload()
            wait_until(lambda: not os.path.exists(first), "the first socket is gone")
            self.assertIn("Authenticated: local ", self.tool("authtest", "local"))
            del self.site.settings["postrider"]["AUTHDAEMON_SOCKET"]
            self.site.settings["authdaemonrc"]["authdaemonvar"] = os.path.dirname(second)
            self.site.settings["authdaemonrc"]["authmodulelist"] = '"authuserdb authdaemon"'
            self.reload()
            wait_until(lambda: not os.path.exists(second), "the second socket is gone")
            self.assertEqual("OK", self.log_in("local", "of userdb").status)
            client = self.imap()
            client.send("a LOGIN nobody wrong\r\n")
            self.assertEqual(TEMPORARY, client.line())
        finally:
            self.site.settings["postrider"]["AUTHDAEMON_SOCKET"] = first
            self.site.settings["authdaemonrc"].pop("authdaemonvar", None)
            self.site.settings["authdaemonrc"]["authmodulelist"] = '"authuserdb authpipe authldap"'
            self.reload()
        self.assertIn("Authenticated: local ", self.tool("authtest", "local"))

    def test_options_for_everybody_and_another_list_at_a_reload(self):
        self.site.settings["authdaemonrc"]["DEFAULTOPTIONS"] = "disableimap=1"
        self.site.settings["authdaemonrc"]["authmodulelist"] = '"authpipe"'
        try:
            self.reload()
            client = self.imap()
            client.send("a LOGIN piped secret\r\n")
            wait_until(lambda: "IMAP access disabled for this account." in client.line(), "the refusal")
            self.assertEqual("NO", self.log_in("local", "of userdb").status)
            self.assertIn("disableimap=1", self.tool("authtest", "piped", "secret"))
            self.assertIn("FAILED", self.tool("authtest", "local", code=1))
        finally:
            del self.site.settings["authdaemonrc"]["DEFAULTOPTIONS"]
            self.site.settings["authdaemonrc"]["authmodulelist"] = '"authuserdb authpipe authldap"'
            self.reload()
        self.assertEqual("OK", self.log_in("local", "of userdb").status)


class Defence(AuthTest):
    settings = {"LOG_DEBUG": 1, "IMAP_CAPABILITY": CAPABILITY, "pop3": {"POP3AUTH": '"%s"' % ALL_MECHANISMS}}

    def refused(self, client, name, password):
        begin = time.monotonic()
        self.assertEqual(REFUSED.partition(" ")[2], client.run('LOGIN "%s" "%s"' % (name, password)).text)
        return time.monotonic() - begin

    def test_guesses_at_one_account_are_slower_wherever_they_come_from(self):
        name, _ = self.account()
        for number, least in enumerate((2.0, 4.0), 2):
            self.assertGreaterEqual(self.refused(self.imap(source="127.0.0.%d" % number), name, "wrong"), least)
        begin = time.monotonic()
        self.connect(name)  # who knows the password waits for nothing
        self.assertLess(time.monotonic() - begin, 6.0)  # a third failure would wait 8 s

    def test_no_secret_is_logged_or_on_a_command_line(self):
        secret = "sesame-%d" % support.next_number()
        name, _ = self.account(password=secret)
        wrong = secret + "-wrong"
        self.connect(name, password=secret)
        self.imap().run('LOGIN "%s" "%s"' % (name, wrong))
        pop3 = self.pop3()
        pop3.ok("USER " + name)
        pop3.ok("PASS " + secret)
        self.pop3().ask("AUTH PLAIN " + encoded(b"\0%s\0%s" % (name.encode(), wrong.encode())))
        imap_authenticate(self.imap(), "SCRAM-SHA-256", Scram("sha256", name, wrong))
        self.server.wait_for_log("LOGIN FAILED, method=SCRAM-SHA-256")
        log = self.server.log()
        for text in (secret, encoded(secret.encode()).rstrip("="), support.password_hash(secret)):
            self.assertNotIn(text, log)
        for process in [self.server.process.pid, *self.server.children()]:
            for file in ("cmdline", "environ"):
                try:
                    with open("/proc/%d/%s" % (process, file), "rb") as content:
                        self.assertNotIn(b"sesame", content.read())
                except PermissionError:
                    pass  # as it should be


if __name__ == "__main__":
    support.main()
