"""authpwd and authshadow: the system's own users, in an /etc of the test's own."""
import time

import private_etc
import modules
import support
from private_etc import add_user, hash_of

TODAY = int(time.time()) // 86400


class Test(support.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        secret = hash_of("secret")
        add_user("apwd", 5001, passwd=secret, gecos="A. Person,Room 1")
        add_user("ashadow", 5002, shadow=secret)
        add_user("ended", 5003, shadow=secret, expires=TODAY - 1)
        add_user("endstoday", 5004, shadow=secret, expires=TODAY)
        add_user("old", 5005, shadow=secret, changed=TODAY - 91, most=90)
        add_user("notold", 5006, shadow=secret, changed=TODAY - 90, most=90)
        add_user("locked", 5007, shadow="!" + secret)
        add_user("empty", 5008, passwd="", shadow="")
        add_user("plain", 5009, passwd="{PLAIN}secret", shadow="{PLAIN}secret")
        add_user("system", 99, shadow=secret)
        cls.modules = modules.Modules("authpwd", "authshadow")
        cls.addClassCleanup(cls.modules.close)

    def log_in(self, module, name, password="secret"):
        return self.modules.ask(module, "login", name, password)

    def test_the_password_of_passwd(self):
        account = self.log_in("authpwd", "apwd")
        del account["stored"]
        self.assertEqual({"address": "apwd", "uid": "5001", "gid": "5001", "home": "/home/apwd", "name": "A. Person",
                          "options": "", "system_user": "apwd"}, account)
        for name, password in (("apwd", "Secret"), ("apwd", ""), ("ashadow", "secret"), ("empty", ""), ("empty", "x"),
                               ("plain", "secret"), ("nobody-here", "secret"), ("ashadow", "x")):
            self.assertIsNone(self.log_in("authpwd", name, password), (name, password))

    def test_the_password_of_shadow_and_its_last_day(self):
        for name in ("ashadow", "endstoday", "notold", "system"):
            self.assertEqual(name, self.log_in("authshadow", name)["system_user"])
        for name in ("ended", "old", "locked", "apwd", "plain", "nobody-here"):
            self.assertIsNone(self.log_in("authshadow", name), name)
        self.assertIsNone(self.log_in("authshadow", "ashadow", "Secret"))
        self.assertIsNone(self.log_in("authshadow", "empty", ""))
        self.assertIsNone(self.modules.ask("authshadow", "find", "ended"))

    def test_those_above_99_are_listed(self):
        for module in ("authpwd", "authshadow"):
            listed = {account["address"]: account for account in self.modules.list(module)}
            self.assertEqual("5001", listed["apwd"]["uid"])
            self.assertIn("nobody", listed)
            self.assertFalse({"root", "system"} & set(listed))

    def test_passwords_are_not_changed(self):
        self.assertIs(False, self.modules.ask("authpwd", "passwd", "apwd", "secret", "new"))
        self.assertIs(False, self.modules.ask("authshadow", "passwd", "ashadow", "secret", "new"))


if __name__ == "__main__":
    support.main()
