"""Courier's imapd and ours take turns on one Maildir; after each step both must tell the same of it.

The peer: courier_peer.py. COURIER_SEED repeats a run.
"""
import os
import random
import re
import sys
import time

import courier_peer  # before support, which gives up root
import support

STEPS = 200
SYSTEM_FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted")
KEYWORDS = ("$Forwarded", "$Label1", "todo", "TODO", "Junk")


def in_lower_case(messages):
    """The messages' flags as keywords compare."""
    return {uid: (sorted(flag.lower() for flag in flags), date, content)
            for uid, (flags, date, content) in messages.items()}


class Alternation(support.Test):
    peer = None

    def setUp(self):
        self.maildir = support.make_maildir(os.path.join(self.new_folder(), "Maildir"))
        seed = int(os.environ.get("COURIER_SEED") or time.time_ns() % 1_000_000)
        print("COURIER_SEED=%d" % seed, flush=True)
        self.chance = random.Random(seed)
        self.steps = []

    def session(self, name):
        if name == "courier":
            program, environment = self.peer
            return support.imapd_session([program, self.maildir], environment)
        return support.imapd_session([support.PROGRAM, "imapd", self.maildir], {"TZ": "UTC"})

    def ask(self, name):
        """Everything that the two must agree on."""
        client = self.session(name)
        try:
            told = {"folders": client.names(), "subscribed": client.names("LSUB")}
            for folder in told["folders"]:
                selected = client.ok('SELECT "%s"' % folder)
                told[folder] = {"validity": selected.uid_validity(), "count": selected.exists()}
                told[folder]["messages"] = in_lower_case(client.messages()) if selected.exists() else {}
                told[folder]["keywords"] = self.keywords_told(selected)
                status = client.ok('STATUS "%s" (UIDNEXT)' % folder)
                told[folder]["next"] = status.number(r"UIDNEXT (\d+)")
                for word in KEYWORDS:
                    told[folder]["keyword " + word] = sorted(client.ok("SEARCH KEYWORD " + word).found())
                told[folder]["unseen"] = client.ok("SEARCH UNSEEN").found()
                told[folder]["sizes"] = [re.sub(r"\s*\)$", "", line) for line in
                                         client.ok("FETCH 1:* RFC822.SIZE").lines] if selected.exists() else []
        finally:
            support.end_imapd_session(client, log_out=False)
        return told

    @staticmethod
    def keywords_told(selected):
        """Keywords of the FLAGS line: what is in use in the folder. Case does not matter in a keyword, and which of
        two spellings is met first depends on the order of a directory."""
        line, = [line for line in selected.lines if line.startswith("* FLAGS (")]
        return sorted(word.lower() for word in line[9:-1].split() if not word.startswith("\\"))

    def compare(self):
        names = ["courier", "postrider"]
        self.chance.shuffle(names)
        first, second = (self.ask(name) for name in names)
        if first == second:
            return first
        differences = []
        for key in sorted({*first, *second}):
            if first.get(key) != second.get(key):
                one, two = first.get(key), second.get(key)
                if isinstance(one, dict) and isinstance(two, dict):
                    for inner in sorted({*one, *two}):
                        if one.get(inner) != two.get(inner):
                            differences.append("%s, %s:\n    %s: %.1500r\n    %s: %.1500r" %
                                               (key, inner, names[0], one.get(inner), names[1], two.get(inner)))
                else:
                    differences.append("%s:\n    %s: %r\n    %s: %r" % (key, names[0], one, names[1], two))
        self.fail("\n".join(["the two disagree", *differences, "steps:", *self.steps[-12:]]))

    # Each step changes something by one server, chosen by chance, and gives a line that says what.

    def any_folder(self, state):
        return self.chance.choice(state["folders"])

    def filled_folder(self, state):
        return self.chance.choice([name for name in state["folders"] if state[name]["messages"]] or [None])

    def some_uids(self, state, folder):
        uids = list(state[folder]["messages"])
        return ",".join(map(str, sorted(self.chance.sample(uids, self.chance.randint(1, min(4, len(uids)))))))

    def some_flags(self):
        flags = [flag for flag in (*SYSTEM_FLAGS, *KEYWORDS) if self.chance.random() < 0.25]
        self.chance.shuffle(flags)
        return flags

    def content(self):
        body = self.chance.choice(("short\n", "two\n\nparagraphs\n", "Umlaut: \u00fc\n", "x" * 5000 + "\n",
                                   "dots\n.\n..\nFrom here\n", "\r\r bare\rCR\n", "no line end"))
        body *= self.chance.randint(1, 5)
        return support.message("step %d" % len(self.steps)) + body.replace("\n", "\r\n").encode()

    def append(self, client, state):
        folder, flags = self.any_folder(state), self.some_flags()
        date = '"%2d-Feb-20%02d 10:%02d:00 +0100"' % (self.chance.randint(1, 28), self.chance.randint(10, 25),
                                                     self.chance.randint(0, 59))
        date = date if self.chance.random() < 0.5 else ""
        client.append_ok('"%s"' % folder, self.content(), ("(%s) %s" % (" ".join(flags), date)).strip())
        return "APPEND %s (%s) %s" % (folder, " ".join(flags), date)

    def deliver(self, _, state):
        folder = self.any_folder(state)
        for _ in range(self.chance.randint(1, 3)):
            support.deliver(self.path(folder), self.content())
        return "delivery to " + folder

    def path(self, folder):
        name = folder.removeprefix("INBOX").replace("&AOk-", "\u00e9")  # UTF-8 on disk
        return os.path.join(self.maildir, name) if name else self.maildir

    def flag_by_hand(self, _, state):
        cur = os.path.join(self.path(self.any_folder(state)), "cur")
        names = sorted(os.listdir(cur))
        if not names:
            return None
        name = self.chance.choice(names)
        letters = "".join(letter for letter in "DFRST" if self.chance.random() < 0.4)
        os.rename(os.path.join(cur, name), os.path.join(cur, name.partition(":2,")[0] + ":2," + letters))
        return "rename %s to %s" % (name, letters)

    def store(self, client, state):
        folder = self.filled_folder(state)
        if not folder:
            return None
        sign = self.chance.choice(("+", "-", ""))
        silent = self.chance.choice(("", ".SILENT"))
        command = "UID STORE %s %sFLAGS%s (%s)" % (self.some_uids(state, folder), sign, silent,
                                                  " ".join(self.some_flags()))
        client.ok('SELECT "%s"' % folder)
        client.ok(command)
        return folder + ": " + command

    def copy(self, client, state):
        folder, target = self.filled_folder(state), self.any_folder(state)
        if not folder:
            return None
        command = 'UID COPY %s "%s"' % (self.some_uids(state, folder), target)
        client.ok('SELECT "%s"' % folder)
        client.ok(command)
        return folder + ": " + command

    def expunge(self, client, state):
        folder = self.filled_folder(state)
        if not folder:
            return None
        uids = self.some_uids(state, folder)
        client.ok('SELECT "%s"' % folder)
        client.ok("UID STORE %s +FLAGS (\\Deleted)" % uids)
        command = self.chance.choice(("EXPUNGE", "CLOSE", "UID EXPUNGE " + uids))
        client.ok(command)
        return "%s: %s of %s" % (folder, command, uids)

    def remove_by_hand(self, _, state):
        cur = os.path.join(self.path(self.any_folder(state)), "cur")
        names = sorted(os.listdir(cur))
        if not names:
            return None
        name = self.chance.choice(names)
        os.unlink(os.path.join(cur, name))
        return "unlink " + name

    def create(self, client, state):
        if len(state["folders"]) > 4:
            return None
        name = "INBOX." + self.chance.choice(("a", "b", "a.b", "&AOk-t&AOk-", "with blank"))
        status = client.run('CREATE "%s"' % name).status
        self.assertEqual("NO" if name in state["folders"] else "OK", status)
        return "CREATE %s: %s" % (name, status)

    def delete(self, client, state):
        folder = self.any_folder(state)
        if folder == "INBOX" or len(state["folders"]) < 3:
            return None
        # A folder made again within the second would get its old UIDVALIDITY: that is what the setting allows.
        client.ok('DELETE "%s"' % folder)
        return "DELETE " + folder

    def subscribe(self, client, state):
        name = self.chance.choice([*state["folders"], "INBOX.missing"])
        client.ok('SUBSCRIBE "%s"' % name)
        return "SUBSCRIBE " + name

    def unsubscribe(self, client, state):
        if not state["subscribed"]:
            return None
        name = self.chance.choice(state["subscribed"])
        client.ok('UNSUBSCRIBE "%s"' % name)
        return "UNSUBSCRIBE " + name

    def steps_by_weight(self):
        weights = {self.append: 5, self.deliver: 4, self.store: 8, self.copy: 5, self.expunge: 4, self.create: 2,
                   self.delete: 1, self.subscribe: 2, self.unsubscribe: 1, self.flag_by_hand: 2,
                   self.remove_by_hand: 1}
        return list(weights), list(weights.values())

    def test_turns(self):
        state = self.compare()
        steps, weights = self.steps_by_weight()
        while len(self.steps) < STEPS:
            name = self.chance.choice(("courier", "postrider"))
            step, = self.chance.choices(steps, weights)
            if sum(len(state[folder]["messages"]) for folder in state["folders"]) > 60:
                step = self.expunge
            client = self.session(name)
            try:
                said = step(client, state)
            except Exception as error:
                raise AssertionError("%s, %s: %s\nbefore:\n%s" %
                                     (name, step.__name__, error, "\n".join(self.steps[-12:]))) from error
            finally:
                support.end_imapd_session(client, log_out=False)
            if said:
                self.steps.append("%d %s: %s" % (len(self.steps) + 1, name, said))
                state = self.compare()

    def test_both_connected_at_once(self):
        """Sessions that stay open hear of each other's changes with the next NOOP."""
        ours, theirs = self.session("postrider"), self.session("courier")
        try:
            for client in (ours, theirs):
                client.ok("SELECT INBOX")
            for n in range(10):
                writer, reader = (ours, theirs) if n % 2 else (theirs, ours)
                writer.append_ok("INBOX", self.content(), "(\\Seen todo)")
                writer.ok("NOOP")
                reader.ok("NOOP")
                self.assertEqual(writer.messages(), reader.messages())
                uids = writer.ok("UID SEARCH ALL").found()
                reader.ok("UID STORE %d +FLAGS (\\Flagged $Label1)" % uids[-1])
                writer.ok("NOOP")
                self.assertEqual([uids[-1]], writer.ok("UID SEARCH FLAGGED KEYWORD $Label1 UID %d" %
                                                       uids[-1]).found())
                if n % 3 == 2:
                    writer.ok("UID STORE %d +FLAGS.SILENT (\\Deleted)" % uids[0])
                    writer.ok("EXPUNGE")
                    self.assertIn("* 1 EXPUNGE", reader.ok("NOOP").lines)
                self.assertEqual(writer.messages(), reader.messages())
        finally:
            for client in (ours, theirs):
                support.end_imapd_session(client, log_out=False)


if __name__ == "__main__":
    Alternation.peer = courier_peer.find()
    if Alternation.peer is None:
        print("Courier's imapd is not installed and Debian's archive cannot be reached", file=sys.stderr)
        sys.exit(support.SKIP)
    support.main()
