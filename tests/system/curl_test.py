"""curl over IMAPS: lists, uploads, fetches and searches."""
import os
import subprocess

import support


class Curl(support.Test):
    settings = {}

    def setUp(self):
        self.user, self.maildir = self.account()
        self.url = "imaps://localhost:%d/" % self.site.tls_port

    def curl(self, path, *arguments, check=True, certificate=None):
        done = subprocess.run(["curl", "--silent", "--show-error", "--cacert", certificate or self.site.certificate,
                               "--max-time", "50", "--user", self.user + ":" + support.PASSWORD, self.url + path,
                               *arguments], capture_output=True, timeout=support.PATIENCE)
        if check:
            self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout if check else done

    def upload(self, content, folder="INBOX"):
        path = os.path.join(self.new_folder(), "message")
        with open(path, "wb") as file:
            file.write(content)
        self.curl(folder, "-T", path)

    def test_upload_and_fetch(self):
        texts = [support.message("curl %d" % n, size=size) for n, size in enumerate((300, 5000, 1_000_000))]
        for text in texts:
            self.upload(text)
        for n, text in enumerate(texts):
            self.assertEqual(text, self.curl("INBOX;UID=%d" % (n + 1)))
            self.assertEqual(text, self.curl("INBOX;MAILINDEX=%d" % (n + 1)))
        stored = sorted((text for _, text, _ in support.files_of(self.maildir).values()), key=len)
        self.assertEqual([text.replace(b"\r\n", b"\n") for text in texts], stored)

    def test_fetch_of_a_part(self):
        self.upload(support.message("part", "the body\n"))
        self.assertEqual(b"the body\r\n", self.curl("INBOX;UID=1;SECTION=TEXT"))

    def test_search(self):
        for word in ("apple", "pear", "apple pie"):
            self.upload(support.message(word))
        self.assertEqual(b"* SEARCH 1 3\r\n", self.curl("INBOX?SUBJECT%20apple"))
        self.assertEqual(b"* SEARCH 2\r\n", self.curl("INBOX", "-X", "SEARCH TEXT pear"))

    def test_list_create_and_delete(self):
        self.curl("", "-X", "CREATE INBOX.curl")
        self.assertIn(b'"INBOX.curl"', self.curl(""))
        self.upload(support.message("x"), "INBOX.curl")
        self.curl("INBOX.curl", "-X", "STORE 1 +FLAGS (\\Deleted)")
        self.assertIn(b"* 1 EXPUNGE", self.curl("INBOX.curl", "-X", "EXPUNGE"))
        self.curl("", "-X", "DELETE INBOX.curl")
        self.assertNotIn(b"INBOX.curl", self.curl(""))

    def test_starttls(self):
        self.upload(support.message("clear"))
        done = subprocess.run(["curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", self.site.certificate,
                               "--user", self.user + ":" + support.PASSWORD,
                               "imap://localhost:%d/INBOX;UID=1" % self.site.port],
                              capture_output=True, timeout=support.PATIENCE)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(b"Subject: clear\r\n", done.stdout)

    def test_another_certificate_is_not_trusted(self):
        other, _ = support.make_certificate(self.new_folder())
        self.assertEqual(60, self.curl("INBOX", check=False, certificate=other).returncode)

    def test_a_missing_message_is_an_error(self):
        self.assertNotEqual(0, self.curl("INBOX;UID=9", check=False).returncode)


if __name__ == "__main__":
    support.main()
