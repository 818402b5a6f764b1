"""The Maildir that every point begins with, and the commands that are played in it.

A scene's commands are what faults meet; what comes before (`opening`) always succeeds.
"""
import os

import support


def _mail(number, size):
    """About as long as that."""
    return support.message("number %d" % number, ("x" * 70 + "\n") * (size // 72))


class Append:
    """An APPEND as a command of a scene."""

    def __init__(self, folder, content, arguments=""):
        self.folder, self.content, self.arguments = folder, content, arguments

    def run(self, client):
        return client.append(self.folder, self.content, self.arguments)


class Scene:
    """One point's commands, with a name.

    opening, commands: IMAP, or Append.  selected: the folder that is selected when the commands are over.
    deliver: {folder: messages that wait in its new/}.  late: the same, when the opening is over.
    forget: folders that lose their UID list.  target: where COPY goes.  renames: {old: new}.
    moves: (source, target) of messages that are always in one of them.
    implies_flags: OK does not promise them (FETCH sets \\Seen where it can).  needs: the capability of the commands.
    settings: lines of the file imapd for the session that plays it.
    """

    def __init__(self, name, commands, opening=("SELECT INBOX",), selected="INBOX", deliver=None, late=None, forget=(),
                 target=None, renames=None, moves=None, implies_flags=False, needs=None, settings=""):
        self.name, self.commands, self.opening, self.selected = name, commands, opening, selected
        self.deliver, self.late, self.forget = deliver or {}, late or {}, forget
        self.target, self.renames, self.moves = target, renames or {}, moves
        self.implies_flags, self.needs, self.settings = implies_flags, needs, settings

    def prepare(self, maildir):
        for folder in self.forget:
            os.unlink(os.path.join(directory_of(maildir, folder), "courierimapuiddb"))
        self._deliver(self.deliver, maildir)

    def open(self, client, maildir):
        for command in self.opening:
            client.ok(command)
        self._deliver(self.late, maildir)

    @staticmethod
    def _deliver(messages, maildir):
        for folder, contents in messages.items():
            for content in contents:
                directory = directory_of(maildir, folder)
                name = os.path.join(directory, "new", support.deliver(directory, content))
                os.utime(name, (OLD_TIME, OLD_TIME))
                # Older than what is appended meanwhile: to lose a UID list is to change the order.
                os.rename(name, os.path.join(directory, "new", "%d.%s" % (OLD_TIME, name.partition(".M")[2])))

    def waiting(self):
        """{folder: contents} of all that lies in the Maildir and has no UID yet."""
        return {**self.deliver, **self.late}


OLD, OLD_TIME = '"01-Jan-2020 10:00:00 +0000"', 1577872800
INBOX = (("(\\Seen)", 900), ("(\\Deleted)", 300), ("(\\Flagged todo)", 9000), ("(\\Deleted \\Seen todo)", 400),
         ("", 70_000), ("(\\Deleted \\Draft)", 300))
NEWS = [_mail(number, 500 + number) for number in (91, 92, 93)]
EVERYTHING = "UID FETCH 1:* (UID BODY.PEEK[])"

SCENES = [
    Scene("append", [Append("INBOX", _mail(51, 20_000), "(\\Seen)")]),
    Scene("append_keywords", [Append("INBOX.Work", _mail(52, 700), "(\\Flagged todo Fresh) " + OLD)]),
    Scene("copy", ["UID COPY 1,3,5 INBOX.Work"], target="INBOX.Work"),
    Scene("copy_here", ["UID COPY 3 INBOX"], target="INBOX"),
    Scene("move", ["UID MOVE 1,3,5 INBOX.Work"], target="INBOX.Work", moves=("INBOX", "INBOX.Work"), needs="MOVE"),
    Scene("store", ["UID STORE 1:6 +FLAGS (\\Answered)"]),
    Scene("store_undelete", ["UID STORE 1:6 -FLAGS.SILENT (\\Deleted \\Seen)"]),
    Scene("keywords_new", ["UID STORE 1,3 +FLAGS (Fresh todo)"]),
    Scene("keywords_replaced", ["UID STORE 3:4 FLAGS (\\Seen other)"]),
    Scene("keywords_twice", ["UID STORE 3 +FLAGS (Fresh)", "UID STORE 3 -FLAGS (todo)", "UID STORE 3 +FLAGS (third)"]),
    Scene("fetch_sets_seen", ["UID FETCH 5:6 (UID BODY[])"], implies_flags=True),
    Scene("expunge", ["EXPUNGE"]),
    Scene("uid_expunge", ["UID EXPUNGE 2"]),
    Scene("expunge_to_trash", ["EXPUNGE"], moves=("INBOX", "INBOX.Trash"), settings="IMAP_MOVE_EXPUNGE_TO_TRASH=1\n"),
    Scene("expunge_then_append", ["EXPUNGE", Append("INBOX", _mail(53, 800))]),
    Scene("close", ["CLOSE"], selected=None),
    Scene("create", ["CREATE INBOX.Fresh"]),
    Scene("create_below", ["CREATE INBOX.Fresh.Below.It"]),
    Scene("create_again", ["CREATE INBOX.Gone"]),
    Scene("delete", ["DELETE INBOX.Work.Sub"]),
    Scene("delete_parent", ["DELETE INBOX.Work"]),
    Scene("rename", ["RENAME INBOX.Work INBOX.Plans"],
          renames={"INBOX.Work": "INBOX.Plans", "INBOX.Work.Sub": "INBOX.Plans.Sub"}),
    Scene("rename_then_append", ["RENAME INBOX.Work.Sub INBOX.Other", Append("INBOX.Other", _mail(54, 600))],
          renames={"INBOX.Work.Sub": "INBOX.Other"}),
    Scene("rename_to_gone", ["RENAME INBOX.Work.Sub INBOX.Gone"], renames={"INBOX.Work.Sub": "INBOX.Gone"}),
    Scene("rename_inbox", ["RENAME INBOX INBOX.Old"], moves=("INBOX", "INBOX.Old")),
    Scene("subscribe", ["SUBSCRIBE INBOX.Work.Sub"]),
    Scene("unsubscribe", ["UNSUBSCRIBE INBOX.Work"]),
    Scene("select_news", ["SELECT INBOX", EVERYTHING], opening=(), deliver={"INBOX": NEWS}),
    Scene("noop_news", ["NOOP", EVERYTHING], late={"INBOX": NEWS}),
    Scene("append_news", [Append("INBOX", _mail(55, 900)), EVERYTHING], late={"INBOX": NEWS}),
    Scene("status_news", ["STATUS INBOX.Work (MESSAGES UIDNEXT UIDVALIDITY)"], deliver={"INBOX.Work": NEWS}),
    Scene("select_without_list", ["SELECT INBOX.Bare", EVERYTHING], opening=(), selected="INBOX.Bare",
          deliver={"INBOX.Bare": NEWS}, forget=("INBOX.Bare",)),
]


def directory_of(maildir, folder):
    below = folder.removeprefix("INBOX")
    return os.path.join(maildir, below) if below else maildir


def fill(client, maildir):
    """Makes the Maildir's content by a session. INBOX.Gone existed once; INBOX.Bare is empty."""
    for number, (flags, size) in enumerate(INBOX, 1):
        client.append_ok("INBOX", _mail(number, size), ("%s %s" % (flags, OLD)).strip())
    for folder, count in (("INBOX.Work", 3), ("INBOX.Work.Sub", 2), ("INBOX.Gone", 2), ("INBOX.Bare", 0)):
        client.ok("CREATE " + folder)
        for number in range(count):
            client.append_ok(folder, _mail(number + 11, 400 + number), "(todo) " + OLD if number == 1 else OLD)
    for folder in ("INBOX", "INBOX.Work"):
        client.ok("SUBSCRIBE " + folder)
    client.ok("SELECT INBOX.Work")
    client.ok("SELECT INBOX")
