"""A message of 50 MB goes in and out in pieces; who does not read waits alone."""
import threading
import time

import support

SIZE = 50_000_000
GROWTH = 20_000_000
#: What another client may wait for an answer meanwhile. Seconds.
FAIR = 2.0


class Peak:
    """The most memory that the server had while the block ran."""

    def __init__(self, server):
        self.server = server
        self.bytes = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over.wait(0.02):
            self.bytes = max(self.bytes, self.server.resident_bytes())

    def __enter__(self):
        self.bytes = self.server.resident_bytes()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class LargeMessage(support.Test):
    settings = {}
    # Freed memory that the sanitizer keeps to find late uses would count as the server's.
    environment = {"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=16"}

    def test_seen_is_told_between_messages(self):
        """A piece of the answer may end inside a message: the news of the one before must not follow there."""
        user, _ = self.account()
        client = self.connect(user)
        contents = [support.message("number %d" % n, size=10_000 if n % 2 else 200_000) for n in range(1, 7)]
        for content in contents:
            client.append_ok("INBOX", content)
        client.ok("SELECT INBOX")
        untagged = client.ok("FETCH 1:* BODY[]").untagged
        self.assertEqual([support.digest(text) for text in contents],
                         [support.digest(response.literals[0]) for response in untagged if response.literals])
        seen = [response.text for response in untagged if not response.literals]
        self.assertEqual(["* %d FETCH (FLAGS (\\Seen))" % n for n in range(1, 7)], sorted(seen))

    def test_append_and_fetch(self):
        user, maildir = self.account()
        sender, reader, other = (self.connect(user) for _ in range(3))
        for client in (sender, reader, other):
            client.append_ok("INBOX", support.message("warm up", size=2_000_000))
            client.ok("SELECT INBOX")
            client.ok("FETCH 1:* BODY.PEEK[]")
        before = self.server.resident_bytes()
        content = support.message("large", size=SIZE)

        with Peak(self.server) as peak:
            uid = sender.append_ok("INBOX", content)
        self.assertLess(peak.bytes - before, GROWTH, "APPEND")
        stored = [text for _, text, _ in support.files_of(maildir).values() if len(text) > SIZE // 2]
        self.assertEqual([support.digest(content.replace(b"\r\n", b"\n"))], [support.digest(text) for text in stored])

        reader.ok("NOOP")
        with Peak(self.server) as peak:
            tag = reader.start("UID FETCH %d BODY.PEEK[]" % uid)
            support.wait_until(lambda: not reader.no_more_within(0), "the answer begins")
            # The reader takes nothing for three seconds; the others are served meanwhile.
            last = time.monotonic() + 3
            rounds = 0
            while time.monotonic() < last:
                begin = time.monotonic()
                other.ok("NOOP")
                other.append_ok("INBOX", support.message("meanwhile"))
                other.ok("SEARCH SUBJECT meanwhile")
                self.assertLess(time.monotonic() - begin, 3 * FAIR)
                rounds += 1
            self.assertGreater(rounds, 0)
            answer = reader.finish(tag)
        self.assertLess(peak.bytes - before, GROWTH, "FETCH")
        self.assertEqual("OK", answer.status)
        literals = [literal for response in answer.untagged for literal in response.literals]
        self.assertEqual([support.digest(content)], [support.digest(literal) for literal in literals])

    def test_copy(self):
        user, maildir = self.account()
        client = self.connect(user)
        client.append_ok("INBOX", support.message("large", size=SIZE))
        client.ok("CREATE INBOX.copy")
        client.ok("SELECT INBOX")
        before = self.server.resident_bytes()
        with Peak(self.server) as peak:
            client.ok("COPY 1 INBOX.copy")
        self.assertLess(peak.bytes - before, GROWTH)
        copies = [text for folder in ("", "/.copy") for _, text, _ in support.files_of(maildir + folder).values()]
        self.assertEqual(2, len(copies))
        self.assertEqual(support.digest(copies[0]), support.digest(copies[1]))

    def test_a_message_that_never_ends_leaves_nothing(self):
        user, maildir = self.account()
        client = self.connect(user)
        client.start("APPEND INBOX {%d}" % SIZE)
        self.assertTrue(client.response().text.startswith("+"))
        client.send(support.message("cut off", size=5_000_000))
        client.close()
        self.server.wait_for_log("DISCONNECTED, user=" + user)
        self.assertEqual({}, support.files_of(maildir))
        fresh = self.connect(user)
        self.assertEqual(0, fresh.ok("SELECT INBOX").exists())


if __name__ == "__main__":
    support.main()
