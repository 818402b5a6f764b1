"""A mail program's day with the server: Python's imaplib for what it can say, bytes for the rest."""
import imaplib
import os
import re
import time

import support
from support import PASSWORD, Gone, message

#: A change that another session made is told within this time. Seconds.
PROMPT = 2.0


class Mailboxes(support.Test):
    settings = {}

    def login(self):
        user, self.maildir = self.account()
        client = imaplib.IMAP4("127.0.0.1", self.site.port)
        client.login(user, PASSWORD)
        self.addCleanup(client.shutdown)
        return client

    def test_append_fetch_store_search_copy_expunge(self):
        client = self.login()
        texts = [message("number %d" % n) for n in (1, 2, 3)]
        for n, text in enumerate(texts):
            status, (told,) = client.append("INBOX", "(\\Flagged)" if n == 1 else "", imaplib.Time2Internaldate(1e9),
                                            text)
            self.assertEqual("OK", status)
            self.assertRegex(told, rb"\[APPENDUID \d+ %d\]" % (n + 1))
        self.assertEqual([b"3"], client.select()[1])
        for n, text in enumerate(texts):
            status, data = client.fetch(str(n + 1), "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[])")
            self.assertEqual("OK", status)
            self.assertEqual(text, data[0][1])
            self.assertIn(b"RFC822.SIZE %d " % len(text), data[0][0])
            self.assertIn(b"UID %d " % (n + 1), data[0][0])
            internal_date = imaplib.Internaldate2tuple(data[0][0])
            self.assertEqual(1e9, time.mktime(internal_date))
        self.assertEqual([b"2"], client.search(None, "FLAGGED")[1])
        self.assertEqual([b"3"], client.search(None, "SUBJECT", '"number 3"')[1])
        self.assertEqual([b""], client.search(None, "SUBJECT", '"number 4"')[1])
        self.assertEqual([b"1 (FLAGS (\\Answered \\Deleted))"],
                         client.store("1", "+FLAGS", "(\\Deleted \\Answered)")[1])
        self.assertEqual("OK", client.create("INBOX.Work")[0])
        status, told = client.copy("2:3", "INBOX.Work")
        self.assertEqual("OK", status)
        self.assertRegex(told[0], rb"\[COPYUID \d+ 2:3 1:2\]")
        self.assertEqual(("OK", [b"1"]), client.expunge())
        self.assertEqual([b"2 3"], client.uid("SEARCH", None, "ALL")[1])
        self.assertEqual([b"2"], client.select("INBOX.Work")[1])
        self.assertEqual(texts[1], client.uid("FETCH", "1", "(BODY.PEEK[])")[1][0][1])
        self.assertEqual([b"1"], client.search(None, "FLAGGED")[1])

    def test_fetching_the_body_marks_the_message_seen(self):
        client = self.login()
        client.append("INBOX", "", None, message("x"))
        client.select()
        client.fetch("1", "(BODY.PEEK[] ENVELOPE BODYSTRUCTURE)")
        self.assertEqual([b""], client.search(None, "SEEN")[1])
        client.fetch("1", "(BODY[])")
        self.assertEqual([b"1"], client.search(None, "SEEN")[1])
        (letters, _, _), = support.files_of(self.maildir).values()
        self.assertEqual("S", letters)

    def test_examine_changes_nothing(self):
        client = self.login()
        client.append("INBOX", "", None, message("x"))
        client.select("INBOX", readonly=True)
        client.fetch("1", "(BODY[])")
        self.assertEqual("NO", client.expunge()[0])
        (letters, _, _), = support.files_of(self.maildir).values()
        self.assertEqual("", letters)

    def test_close_expunges_and_unselect_does_not(self):
        client = self.login()
        for _ in range(2):
            client.append("INBOX", "(\\Deleted)", None, message("x"))
        client.select()
        client.unselect()
        self.assertEqual([b"2"], client.select()[1])
        client.close()
        self.assertEqual([b"0"], client.select()[1])

    def test_create_rename_delete(self):
        client = self.login()
        for name in ("INBOX.a", "INBOX.a.b", "INBOX.c"):
            self.assertEqual("OK", client.create(name)[0])
        self.assertEqual("NO", client.create("INBOX.a")[0])
        client.append("INBOX.a.b", "(\\Seen)", None, message("moves along"))
        self.assertEqual("NO", client.rename("INBOX.a", "INBOX.c")[0])
        self.assertEqual("OK", client.rename("INBOX.a", "INBOX.d")[0])
        self.assertEqual(["INBOX", "INBOX.c", "INBOX.d", "INBOX.d.b"], self.names(client))
        self.assertEqual([b"1"], client.select("INBOX.d.b")[1])
        self.assertEqual("NO", client.select("INBOX.a.b")[0])
        self.assertEqual("OK", client.delete("INBOX.c")[0])
        self.assertEqual("NO", client.delete("INBOX.c")[0])
        self.assertEqual("NO", client.delete("INBOX")[0])
        self.assertEqual(["INBOX", "INBOX.d", "INBOX.d.b"], self.names(client))
        self.assertFalse(os.path.exists(os.path.join(self.maildir, ".c")))

    def names(self, client, what="list"):
        lines = [line.decode() for line in getattr(client, what)()[1] if line]
        return sorted(re.match(r'\(.*\) "\." "?([^"]*)"?$', line).group(1) for line in lines)

    def test_subscriptions(self):
        client = self.login()
        client.create("INBOX.a")
        for name in ("INBOX", "INBOX.a", "INBOX.later"):
            self.assertEqual("OK", client.subscribe(name)[0])
        self.assertEqual(["INBOX", "INBOX.a", "INBOX.later"], self.names(client, "lsub"))
        self.assertEqual("OK", client.unsubscribe("INBOX.a")[0])
        self.assertEqual(["INBOX", "INBOX.later"], self.names(client, "lsub"))
        with open(os.path.join(self.maildir, "courierimapsubscribed")) as file:
            self.assertEqual(["INBOX", "INBOX.later"], sorted(file.read().split()))

    def test_list_patterns(self):
        client = self.login()
        for name in ("INBOX.a", "INBOX.a.b", "INBOX.c"):
            client.create(name)
        matches = {"%": ["INBOX"], "INBOX.%": ["INBOX.a", "INBOX.c"], "INBOX.a*": ["INBOX.a", "INBOX.a.b"],
                   "*b": ["INBOX.a.b"], "nothing": [""]}
        for pattern, names in matches.items():
            lines = [line.decode() for line in client.list('""', '"%s"' % pattern)[1] if line]
            self.assertEqual([name for name in names if name],
                             sorted(line.rpartition(" ")[2].strip('"') for line in lines), pattern)

    def test_status(self):
        client = self.login()
        client.append("INBOX", "(\\Seen)", None, message("x"))
        client.append("INBOX", "", None, message("x"))
        support.deliver(self.maildir, message("x"))
        line = client.status("INBOX", "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")[1][0]
        self.assertRegex(line, rb"MESSAGES 3 UIDNEXT \d+ UIDVALIDITY \d+ UNSEEN 2\)")
        self.assertEqual("NO", client.status("INBOX.none", "(MESSAGES)")[0])

    def test_select_of_nothing(self):
        client = self.login()
        client.select()
        self.assertEqual("NO", client.select("INBOX.none")[0])
        with self.assertRaises(imaplib.IMAP4.error):
            client.search(None, "ALL")

    def test_append_to_nothing(self):
        client = self.login()
        status, (text,) = client.append("INBOX.none", "", None, message("x"))
        self.assertEqual("NO", status)
        self.assertIn(b"[TRYCREATE]", text)

    def test_keywords(self):
        client = self.login()
        for _ in range(2):
            client.append("INBOX", "", None, message("x"))
        client.select()
        client.store("1", "+FLAGS", "($Forwarded todo)")
        client.store("2", "+FLAGS", "(TODO Junk)")
        self.assertEqual([b"1 2"], client.search(None, "KEYWORD", "todo")[1])
        self.assertEqual([b"2"], client.search(None, "UNKEYWORD", "$Forwarded")[1])
        client.store("2", "-FLAGS", "(todo)")
        client.append("INBOX", "(\\Seen todo)", None, message("x"))
        client.create("INBOX.k")
        client.copy("1:3", "INBOX.k")
        client.select("INBOX.k")
        rows = [re.search(rb"FLAGS \(([^)]*)\)", row).group(1).split() for row in client.fetch("1:3", "FLAGS")[1]]
        self.assertEqual([{b"$forwarded", b"todo"}, {b"junk"}, {b"\\seen", b"todo"}],
                         [{flag.lower() for flag in row} - {b"\\recent"} for row in rows])
        with open(os.path.join(self.maildir, ".k", "courierimapkeywords", ":list"), "rb") as file:
            self.assertIn(b"$Forwarded\n", file.read())

    def test_folder_names_in_every_script(self):
        client = self.login()
        names = {"été": "&AOk-t&AOk-", "日本語": "&ZeVnLIqe-", "am&p": "am&-p", "𝄞": "&2DTdHg-",
                 "Entwürfe": "Entw&APw-rfe"}
        for name, wire in names.items():
            self.assertEqual("OK", client.create("INBOX." + wire)[0], name)
            self.assertTrue(os.path.isdir(os.path.join(self.maildir, "." + name, "cur")), name)
        self.assertEqual(sorted(["INBOX", *("INBOX." + wire for wire in names.values())]), self.names(client))
        for wrong in ("&AOk", "&AGE-", "&2DQ-", "&!!-"):
            try:
                self.assertIn(client.create("INBOX." + wrong)[0], ("NO", "BAD"), wrong)
            except imaplib.IMAP4.error:
                pass  # BAD
        client.enable("UTF8=ACCEPT")
        self.assertEqual("OK", client.create('"INBOX.données"')[0])
        self.assertTrue(os.path.isdir(os.path.join(self.maildir, ".données", "cur")))
        self.assertEqual([b"0"], client.select('"INBOX.日本語"')[1])


class TwoClients(support.Test):
    settings = {}

    def setUp(self):
        self.user, self.maildir = self.account()
        self.one = self.connect(self.user)
        self.two = self.connect(self.user)
        for n in range(4):
            self.one.append_ok("INBOX", message("number %d" % n))
        for client in (self.one, self.two):
            client.ok("SELECT INBOX")

    def test_both_see_what_the_other_does(self):
        self.one.ok("STORE 2 +FLAGS (\\Flagged later)")
        changes = self.two.ok("NOOP").lines
        self.assertTrue(any(re.match(r"\* 2 FETCH \(FLAGS \(.*\\Flagged.*later", line) for line in changes), changes)
        self.two.append_ok("INBOX", message("number 4"))
        self.assertEqual(5, self.one.ok("NOOP").exists())
        self.one.ok("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
        self.assertEqual(["* 1 EXPUNGE", "* 2 EXPUNGE"],
                         [line for line in self.one.ok("EXPUNGE").lines if "EXPUNGE" in line])
        changes = self.two.ok("NOOP")
        self.assertEqual(["* 1 EXPUNGE", "* 2 EXPUNGE"], [line for line in changes.lines if "EXPUNGE" in line])
        for client in (self.one, self.two):
            self.assertEqual([2, 4, 5], client.ok("UID SEARCH ALL").found())
            self.assertEqual([1, 2, 3], client.ok("SEARCH ALL").found())

    def test_expunge_is_held_back_from_commands_with_sequence_numbers(self):
        # RFC 3501 section 7.4.1: never while FETCH, STORE or SEARCH is in progress.
        self.one.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        self.one.ok("EXPUNGE")
        for command in ("FETCH 2 (UID)", "STORE 2 +FLAGS (\\Seen)", "SEARCH ALL", "FETCH 1:4 (FLAGS)"):
            answer = self.two.ok(command)
            self.assertFalse([line for line in answer.lines if "EXPUNGE" in line], command)
        self.assertIn("* 2 FETCH (UID 2)", self.two.ok("FETCH 2 (UID)").lines)
        self.assertIn("* 1 EXPUNGE", self.two.ok("NOOP").lines)
        self.assertIn("* 1 FETCH (UID 2)", self.two.ok("FETCH 1 (UID)").lines)
        self.assertEqual([2], self.two.ok("UID SEARCH SEEN").found(), "the flag was set on the right message")

    def test_changes_to_different_flags_both_survive(self):
        self.one.ok("STORE 1 +FLAGS (\\Flagged)")
        self.two.ok("STORE 1 +FLAGS (\\Answered)")
        self.one.ok("STORE 1 -FLAGS (\\Seen)")
        for client in (self.one, self.two):
            client.ok("NOOP")
            self.assertEqual([1], client.ok("SEARCH FLAGGED ANSWERED").found())

    def test_a_folder_deleted_under_a_client(self):
        self.one.ok("CREATE INBOX.gone")
        self.two.ok("SELECT INBOX.gone")
        self.one.ok("DELETE INBOX.gone")
        with self.assertRaises(Gone):
            while True:
                self.two.run("NOOP")
        self.one.ok("NOOP")

    def test_many_changes_by_both_and_one_truth(self):
        for n in range(20):
            writer, other = (self.one, self.two) if n % 2 else (self.two, self.one)
            writer.append_ok("INBOX", message("more %d" % n))
            other.run("UID STORE %d +FLAGS (\\Deleted)" % (n + 1))
            if n % 5 == 4:
                other.ok("EXPUNGE")
        for client in (self.one, self.two):
            client.ok("NOOP")
        self.assertEqual(self.one.messages(), self.two.messages())
        self.assertEqual(self.one.ok("SEARCH ALL").found(), self.two.ok("SEARCH ALL").found())
        fresh = self.connect(self.user)
        fresh.ok("SELECT INBOX")
        self.assertEqual(fresh.messages(), self.one.messages())


class News(support.Test):
    """What reaches a client that waits."""

    settings = {}

    def setUp(self):
        self.user, self.maildir = self.account()

    def test_idle_hears_append_flag_and_expunge(self):
        idler, worker = self.connect(self.user), self.connect(self.user)
        idler.ok("SELECT INBOX")
        worker.ok("SELECT INBOX")
        tag = idler.idle()
        worker.append_ok("INBOX", message("news"))
        idler.until(r"^\* 1 EXISTS$", PROMPT)
        worker.ok("STORE 1 +FLAGS (\\Flagged)")
        idler.until(r"^\* 1 FETCH \(FLAGS \(.*\\Flagged", PROMPT)
        worker.ok("STORE 1 +FLAGS ($Label1)")
        idler.until(r"^\* 1 FETCH \(FLAGS \(.*\$Label1", PROMPT)
        worker.ok("STORE 1 +FLAGS (\\Deleted)")
        idler.until(r"^\* 1 FETCH \(FLAGS \(.*\\Deleted", PROMPT)
        worker.ok("EXPUNGE")
        idler.until(r"^\* 1 EXPUNGE$", PROMPT)
        self.assertEqual("OK", idler.done(tag).status)
        self.assertEqual([], idler.ok("SEARCH ALL").found())

    def test_idle_hears_a_copy_into_its_folder(self):
        idler, worker = self.connect(self.user), self.connect(self.user)
        worker.ok("CREATE INBOX.target")
        worker.append_ok("INBOX", message("news"))
        worker.ok("SELECT INBOX")
        idler.ok("SELECT INBOX.target")
        tag = idler.idle()
        worker.ok("COPY 1 INBOX.target")
        idler.until(r"^\* 1 EXISTS$", PROMPT)
        self.assertEqual("OK", idler.done(tag).status)

    def test_idle_ends_at_done_only(self):
        client = self.connect(self.user)
        client.ok("SELECT INBOX")
        tag = client.idle()
        client.send("NOOP\r\n")
        self.assertEqual("BAD", client.finish(tag).status)
        client.ok("NOOP")

    def test_a_delivery_arrives_at_the_next_noop(self):
        client = self.connect(self.user)
        client.ok("SELECT INBOX")
        for n in range(1, 4):
            content = message("delivered %d" % n)
            name = support.deliver(self.maildir, content)
            self.assertEqual(n, client.ok("NOOP").exists())
            self.assertEqual([n], client.ok("SEARCH RECENT SUBJECT \"delivered %d\"" % n).found())
            _, stored, folder = support.files_of(self.maildir)[name]
            self.assertEqual((content.replace(b"\r\n", b"\n"), "cur"), (stored, folder))

    def test_changes_by_hand_arrive_at_the_next_noop(self):
        client = self.connect(self.user)
        names = [support.deliver(self.maildir, message("x")) for _ in range(2)]
        client.ok("SELECT INBOX")
        cur = os.path.join(self.maildir, "cur")
        by_base = {name.partition(":")[0]: name for name in os.listdir(cur)}
        os.rename(os.path.join(cur, by_base[names[0]]), os.path.join(cur, names[0] + ":2,F"))
        os.unlink(os.path.join(cur, by_base[names[1]]))
        client.ok("NOOP")
        self.assertEqual([1], client.ok("SEARCH ALL").found())
        self.assertEqual([1], client.ok("SEARCH FLAGGED").found())


if __name__ == "__main__":
    support.main()
