"""authldap against Debian's slapd: accounts, passwords, TLS, and servers that are gone, slow or hang."""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

import modules
import support
from directory import ADMIN, ADMIN_PASSWORD, BASE, SLAPD, Directory, user

#: Of "secret".
SHA512_CRYPT = subprocess.run(["openssl", "passwd", "-6", "secret"], check=True, capture_output=True,
                              text=True).stdout.strip()
USERS = [
    user("john", mail=["john@example.com", "j.doe@example.com"], cn="John Doe", mailbox="Maildir-john", quota="100S",
         disableImap="1", clearPassword="secret"),
    user("hashed", userPassword="{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="),
    user("both", clearPassword="clear", userPassword="{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="),
    user("sixth", userPassword="{CRYPT}" + SHA512_CRYPT),
    user("none"),
    user("star*)(uid=*", clearPassword="secret", mail="star@example.com"),
    user("twin1", mail="twin@example.com", clearPassword="secret"),
    user("twin2", mail="twin@example.com", clearPassword="secret"),
    user("rooted", uidNumber="0", clearPassword="secret"),
    user("grouped", gidNumber="0", clearPassword="secret"),
    "dn: cn=map,ou=maps,%s\nobjectClass: inetOrgPerson\nobjectClass: mailAccount\ncn: map\nsn: map\nuid: info\n"
    "o: example.net\nhandle: john\n" % BASE,
]
SETTINGS = {"LDAP_BASEDN": "ou=people," + BASE, "LDAP_INITBIND": "1", "LDAP_BINDDN": ADMIN,
            "LDAP_BINDPW": ADMIN_PASSWORD, "LDAP_TIMEOUT": "1", "LDAP_UID": "uidNumber", "LDAP_GID": "gidNumber",
            "LDAP_HOMEDIR": "homeDirectory", "LDAP_MAILDIR": "mailbox", "LDAP_MAILDIRQUOTA": "quota",
            "LDAP_FULLNAME": "cn", "LDAP_CLEARPW": "clearPassword", "LDAP_CRYPTPW": "userPassword",
            "LDAP_AUXOPTIONS": "disableImap=disableimap"}
#: An answer that a server does not give comes within LDAP_TIMEOUT, once more for a connection that was lost; a
#: sanitized build on a busy machine is slow.
SOON = 12.0


class Test(unittest.TestCase):
    tls = None

    def setUp(self):
        self.folder = support.make_folder()
        self.addCleanup(shutil.rmtree, self.folder)
        if self.tls is not None:
            self.certificate, key = support.make_certificate(self.folder)
            self.tls = (self.certificate, key)
        self.directory = Directory(self.folder, *USERS, tls=self.tls)
        self.addCleanup(self.directory.kill)
        self.modules = None

    def write(self, name="authldaprc", **settings):
        """settings: beside SETTINGS; None leaves one of them out. Gives the path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("##NAME: MARKER:0\n")
            for setting, value in {"LDAP_URI": self.directory.uri, **SETTINGS, **settings}.items():
                if value is not None:
                    file.write("%s\t%s\n" % (setting, value))
        return path

    def start(self, *arguments, **settings):
        asked = modules.Modules(*arguments, "authldap=" + self.write(**settings), "authpwd")
        self.assertIsNone(asked.failure)
        self.addCleanup(lambda: self.assertEqual(0, asked.close()))
        self.modules = asked

    def find(self, name, **more):
        return self.modules.ask("authldap", "find", name, **more)

    def log_in(self, name, password, **more):
        return self.modules.ask("authldap", "login", name, password, **more)

    def assert_account(self, answer):
        self.assertIsInstance(answer, dict)

    def assert_unavailable(self, answer, within=SOON, since=None):
        self.assertIsInstance(answer, modules.Unavailable)
        if since is not None:
            self.assertLess(self.modules.last_time - since, within)


class Accounts(Test):
    def test_an_entry_is_an_account(self):
        self.start()
        self.assertEqual({"address": "j.doe@example.com", "uid": "1012", "gid": "1013", "home": "/home/john",
                          "name": "John Doe", "options": "disableimap=1", "system_user": "", "maildir": "Maildir-john",
                          "quota": "100S", "stored": "{PLAIN}secret"}, self.find("j.doe@example.com"))
        for name in ("nobody@example.com", "", "*", "john*", "twin@example.com"):
            self.assertIsNone(self.find(name), name)

    def test_what_a_user_types_does_not_change_the_filter(self):
        self.start(LDAP_MAIL="uid")
        self.assertEqual("/home/star*)(uid=*", self.find("star*)(uid=*")["home"])
        self.assertIsNone(self.find("*)(uid=john"))
        self.assertIsNone(self.find("j\udcffhn"))  # a byte that is not UTF-8
        self.assertIsNone(self.log_in("joh*", "secret"))

    def test_uid_and_gid_0_are_not_served(self):
        self.start()
        for name in ("rooted@example.com", "grouped@example.com"):
            answer = self.log_in(name, "secret")
            self.assert_unavailable(answer)
            self.assertIn("zero uid or gid not permitted", answer)

    def test_filter_domain_root_and_global_ids(self):
        self.start(LDAP_FILTER="(quota=*)", LDAP_DOMAIN="example.com", LDAP_MAILROOT="/var/vmail", LDAP_UID="none",
                   LDAP_GLOB_UID="500", LDAP_GLOB_GID="501")
        account = self.find("john")
        self.assertEqual(("john", "500", "1013", "/var/vmail//home/john"),
                         (account["address"], account["uid"], account["gid"], account["home"]))
        self.assertIsNone(self.find("hashed"))

    def test_a_map_leads_to_the_account(self):
        self.start(LDAP_EMAILMAP="(&(uid=@user@)(o=@realm@))", LDAP_EMAILMAP_BASEDN="ou=maps," + BASE,
                   LDAP_EMAILMAP_MAIL="uid")
        self.assertEqual("info@example.net", self.log_in("info@example.net", "secret")["address"])
        for name in ("info@example.com", "other@example.net", "*@example.net", "*@*"):
            self.assertIsNone(self.find(name), name)
        self.assertIsNone(self.find("john"))  # without a domain: LDAP_MAIL

    def test_all_accounts_are_listed(self):
        self.start()
        listed = sorted(item["address"] for item in self.modules.list("authldap"))
        self.assertEqual(["both@example.com", "hashed@example.com", "j.doe@example.com", "john@example.com",
                          "none@example.com", "sixth@example.com", "star@example.com", "twin@example.com",
                          "twin@example.com"], listed)

    def test_a_list_that_is_not_whole_is_none(self):
        self.start(LDAP_INITBIND="0")
        self.assertIsInstance(self.find("john@example.com"), dict)
        self.assert_unavailable(self.modules.list("authldap"))

    def test_more_entries_than_the_server_tells_are_not_one(self):
        with open(self.directory.file, encoding="utf-8") as file:
            text = file.read()
        with open(self.directory.file, "w", encoding="utf-8") as file:
            file.write(text.replace("sizelimit 5", "sizelimit 1"))
        self.directory.kill()
        self.directory.start()
        self.start(LDAP_INITBIND="0")  # anonymous: the limit is not for the administrator
        self.assertIsNone(self.find("twin@example.com"))
        self.assertIsInstance(self.find("john@example.com"), dict)

    def test_a_wrong_base_or_bind_is_not_taken_for_unknown_users(self):
        self.start(LDAP_BASEDN="o=elsewhere")
        self.assert_unavailable(self.find("john@example.com"))
        self.start(LDAP_BINDPW="wrong")
        self.assert_unavailable(self.find("john@example.com"))
        self.assert_unavailable(self.log_in("john@example.com", "secret"))
        self.assert_unavailable(self.modules.list("authldap"))

    def test_a_file_that_cannot_be_used_is_refused(self):
        path = self.write(LDAP_DEREF="x")
        asked = modules.Modules("authldap=" + path)
        self.assertTrue(asked.failure.startswith(path + ":"), asked.failure)
        self.assertEqual(1, asked.close())


class Passwords(Test):
    def test_the_clear_one_counts_else_the_hash(self):
        self.start()
        self.assertEqual("john@example.com", self.log_in("john@example.com", "secret")["address"])
        self.assert_account(self.log_in("hashed@example.com", "secret"))
        self.assert_account(self.log_in("both@example.com", "clear"))
        for name, password in (("john", "Secret"), ("john", ""), ("hashed", "x"), ("both", "secret"), ("none", ""),
                               ("none", "x"), ("unknown", "x")):
            self.assertIsNone(self.log_in(name + "@example.com", password), (name, password))

    def test_users_bind_with_it(self):
        self.start(LDAP_AUTHBIND="1")
        for _ in range(2):
            account = self.log_in("hashed@example.com", "secret")
            self.assertEqual("/home/hashed", account["home"])
            self.assertNotIn("stored", account)
            # An empty password is a bind as nobody, which the server grants.
            for name, password in (("hashed", "x"), ("hashed", ""), ("john", "secret"), ("none", ""), ("unknown", "x")):
                self.assertIsNone(self.log_in(name + "@example.com", password), (name, password))

    def test_it_is_changed_in_the_form_that_it_has(self):
        self.start()
        self.assertIs(False, self.modules.ask("authldap", "passwd", "both@example.com", "wrong", "new"))
        self.assertIs(False, self.modules.ask("authldap", "passwd", "both@example.com", "clear", ""))
        self.assertIs(False, self.modules.ask("authldap", "passwd", "unknown@example.com", "clear", "new"))
        self.assertIs(False, self.modules.ask("authldap", "passwd", "none@example.com", "", "new"))
        self.assertIs(True, self.modules.ask("authldap", "passwd", "both@example.com", "clear", "new one"))
        self.assertIsNone(self.log_in("both@example.com", "clear"))
        self.assert_account(self.log_in("both@example.com", "new one"))
        self.assertIs(True, self.modules.ask("authldap", "passwd", "hashed@example.com", "secret", "other"))
        account = self.log_in("hashed@example.com", "other")
        self.assertTrue(account["stored"].startswith("{SHA}"), account)
        # crypt(3) takes 511 bytes.
        self.assertIs(False, self.modules.ask("authldap", "passwd", "sixth@example.com", "secret", "x" * 512))
        self.assertIs(True, self.modules.ask("authldap", "passwd", "sixth@example.com", "secret", "x" * 511))
        account = self.log_in("sixth@example.com", "x" * 511)
        self.assertTrue(account["stored"].startswith("{CRYPT}$6$"), account)

    def test_users_who_bind_change_their_own(self):
        self.start(LDAP_AUTHBIND="1")
        self.assertIs(False, self.modules.ask("authldap", "passwd", "hashed@example.com", "wrong", "new"))
        self.assertIs(True, self.modules.ask("authldap", "passwd", "hashed@example.com", "secret", "new"))
        self.assertIsNone(self.log_in("hashed@example.com", "secret"))
        self.assert_account(self.log_in("hashed@example.com", "new"))


class Servers(Test):
    def test_a_server_that_comes_back_is_used_again(self):
        for bind in ("0", "1"):
            self.start(LDAP_AUTHBIND=bind)
            self.assert_account(self.log_in("hashed@example.com", "secret"))
            self.directory.kill()
            begin = time.monotonic()
            self.assert_unavailable(self.log_in("hashed@example.com", "secret"), since=begin)
            self.assert_unavailable(self.find("nobody@example.com"))
            self.directory.start()
            self.assert_account(self.log_in("hashed@example.com", "secret"))
            self.assertIsNone(self.log_in("hashed@example.com", "wrong"))

    def test_a_connection_that_was_lost_meanwhile_costs_no_login(self):
        self.start(LDAP_AUTHBIND="1")
        for _ in range(8):
            self.assert_account(self.log_in("hashed@example.com", "secret"))
        self.directory.kill()
        self.directory.start()
        for _ in range(8):
            self.assert_account(self.log_in("hashed@example.com", "secret"))

    def test_one_that_hangs_delays_its_own_users_only_and_not_for_ever(self):
        self.start()
        self.assert_account(self.log_in("john@example.com", "secret"))
        self.directory.hold()
        self.addCleanup(lambda: self.directory.process and self.directory.release())
        begin = time.monotonic()
        waiting = [self.modules.begin("authldap", "login", "john@example.com", "secret") for _ in range(300)]
        self.assertEqual("0", self.modules.ask("authpwd", "find", "root")["uid"])
        self.assertLess(self.modules.last_time - begin, 3)
        last = waiting.pop()()
        self.assertIn("too many", last)
        self.assertLess(self.modules.last_time - begin, 3)
        answers = [last, *(one() for one in waiting)]
        self.assertLess(time.monotonic() - begin, 25)
        for answer in answers:
            self.assert_unavailable(answer)
        self.assertEqual(44, sum("too many" in answer for answer in answers))
        self.assertTrue(any("busy" in answer for answer in answers))
        self.directory.release()
        self.assert_account(self.log_in("john@example.com", "secret"))

    def test_the_next_server_is_asked_when_one_is_gone(self):
        closed = "ldap://127.0.0.1:%d" % support.free_port()
        self.start(LDAP_URI="%s, %s" % (closed, self.directory.uri))
        self.assert_account(self.log_in("john@example.com", "secret"))
        self.directory.kill()
        answer = self.log_in("john@example.com", "secret")
        self.assert_unavailable(answer)
        self.assertIn(closed, answer)
        self.assertIn(self.directory.uri, answer)

    def fake_server(self, serve):
        """A listener whose connections are given to serve(); gives its port."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        kept = []

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                kept.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    def test_one_that_says_nothing_where_tls_is_expected(self):
        def agree(connection):
            """StartTLS is granted; then nothing comes. RFC 4511 section 4.14."""
            connection.recv(1000)
            connection.sendall(bytes.fromhex("300c02010178070a010004000400"))

        def begin_handshake(connection):
            """The begin of a ServerHello."""
            connection.recv(1000)
            connection.sendall(bytes.fromhex("16030300"))

        def nothing(connection):
            connection.recv(1)

        for uri, tls, serve in (("ldaps", "0", nothing), ("ldap", "1", nothing), ("ldap", "1", agree),
                                ("ldaps", "0", begin_handshake)):
            self.start(LDAP_URI="%s://127.0.0.1:%d" % (uri, self.fake_server(serve)), LDAP_TLS=tls)
            begin = time.monotonic()
            self.assert_unavailable(self.find("john@example.com"), since=begin)

    def test_one_that_stops_in_the_middle_of_an_answer(self):
        def stop(connection):
            connection.recv(1000)
            connection.sendall(b"\x30\x7f\x02\x01")

        def trickle(connection):
            connection.recv(1000)
            with connection:
                for byte in b"\x30\x84\x00\x00\x0f\xff\x02\x01\x01" + bytes(300):
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.2)

        for serve in (stop, trickle):
            port = self.fake_server(serve)
            self.start(LDAP_URI="ldap://127.0.0.1:%d" % port)
            begin = time.monotonic()
            self.assert_unavailable(self.find("john@example.com"), since=begin)

    def test_one_whose_answer_has_no_end(self):
        def send_entries(connection):
            connection.recv(1000)
            with connection, contextlib.suppress(OSError):
                while True:
                    connection.sendall(bytes.fromhex("3009 020101 6404 0400 3000") * 100)

        self.start(LDAP_URI="ldap://127.0.0.1:%d" % self.fake_server(send_entries), LDAP_INITBIND="0")
        begin = time.monotonic()
        answer = self.find("john@example.com")
        self.assert_unavailable(answer, since=begin)
        self.assertIn("Protocol error", answer)

    def test_one_that_answers_nonsense(self):
        def nonsense(connection):
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        self.start(LDAP_URI="ldap://127.0.0.1:%d" % self.fake_server(nonsense))
        begin = time.monotonic()
        self.assert_unavailable(self.find("john@example.com"), since=begin)


class OverTls(Test):
    tls = ()

    def test_by_port_and_by_starttls(self):
        for settings in ({"LDAP_URI": self.directory.tls_uri}, {"LDAP_TLS": "1"}):
            self.start("LDAPTLS_CACERT=" + self.certificate, **settings)
            self.assert_account(self.log_in("john@example.com", "secret"))
            self.assertIsNone(self.log_in("john@example.com", "wrong"))

    def test_a_certificate_that_nobody_vouches_for(self):
        other, _ = support.make_certificate(self.folder, "other")
        for settings in ({"LDAP_URI": self.directory.tls_uri}, {"LDAP_TLS": "1"}):
            for trust in ([], ["LDAPTLS_CACERT=" + other], ["LDAPTLS_CACERT=" + self.folder + "/none"]):
                self.start(*trust, **settings)
                self.assert_unavailable(self.log_in("john@example.com", "secret"))
            self.start("LDAPTLS_REQCERT=never", **settings)
            self.assert_account(self.log_in("john@example.com", "secret"))

    def test_a_server_without_starttls_gets_no_password(self):
        self.directory.kill()
        shutil.rmtree(os.path.join(self.folder, "data"))
        plain = Directory(self.folder, *USERS)
        self.addCleanup(plain.kill)
        self.directory = plain
        self.start(LDAP_TLS="1")
        self.assert_unavailable(self.log_in("john@example.com", "secret"))


if __name__ == "__main__":
    if SLAPD is None:
        print("slapd is not installed")
        sys.exit(support.SKIP)
    support.main()
