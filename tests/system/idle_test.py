"""IDLE hears at once what other programs do to a folder, although it is never looked at by itself."""
import os
import time

import support
from support import deliver, message


class Idle(support.Test):
    settings = {"MAXPERIP": 1000, "IMAP_IDLE_TIMEOUT": 3600}

    def setUp(self):
        super().setUp()
        self.user, self.maildir = self.account()

    def idler(self):
        client = self.connect(self.user)
        client.ok("SELECT INBOX")
        client.idle()
        return client

    def test_a_delivery(self):
        idlers = [self.idler() for _ in range(3)]
        begin = time.monotonic()
        deliver(self.maildir, message("one"))
        for idler in idlers:
            idler.until(r"^\* 1 EXISTS", 30)
        self.assertLess(time.monotonic() - begin, 30)
        # each message is \Recent to one of them
        deliver(self.maildir, message("two"))
        recents = []
        for idler in idlers:
            idler.until(r"^\* 2 EXISTS", 30)
            recents.append(int(idler.response().text.split()[1]))
        self.assertEqual(2, sum(recents), recents)

    def test_a_flag_and_an_expunge_by_hand(self):
        deliver(self.maildir, message("one"))
        deliver(self.maildir, message("two"))
        client = self.idler()
        cur = os.path.join(self.maildir, "cur")
        first = sorted(os.listdir(cur))[0]
        os.rename(os.path.join(cur, first), os.path.join(cur, first + "F"))
        client.until(r"^\* \d FETCH \(FLAGS \(.*\\Flagged", 30)
        os.unlink(os.path.join(cur, first + "F"))
        client.until(r"^\* \d EXPUNGE", 30)

    def test_another_session_stores_and_expunges(self):
        deliver(self.maildir, message("one"))
        client = self.idler()
        other = self.connect(self.user)
        other.ok("SELECT INBOX")
        other.ok(r"STORE 1 +FLAGS (\Deleted)")
        client.until(r"^\* 1 FETCH \(FLAGS \(.*\\Deleted", 30)
        other.ok("EXPUNGE")
        client.until(r"^\* 1 EXPUNGE", 30)
        other.append_ok("INBOX", message("two"))
        client.until(r"^\* 1 EXISTS", 30)

    def test_a_storm_of_deliveries_is_told_to_the_end(self):
        client = self.idler()
        for number in range(300):
            deliver(self.maildir, message("storm %d" % number))
        client.until(r"^\* 300 EXISTS", 60)


if __name__ == "__main__":
    support.main()
