"""What a session sees of a Maildir, and what lies in it that no session sees."""
import datetime
import hashlib
import os
import re
import stat

import support

#: Instead of a date that is the time of the run.
NOW = "now"
#: What may stand in a Maildir and its folders beside the folders themselves.
KNOWN_FILES = {"cur", "new", "tmp", "maildirfolder", "courierimapuiddb", "courierimapkeywords",
               "courierimapsubscribed", "courierpop3dsizelist", "postrider-retired", "postrider-index"}


class Message:
    """content: a digest of the text; date: INTERNALDATE or NOW."""

    def __init__(self, content, flags, keywords, date):
        self.content, self.flags, self.keywords, self.date = content, flags, keywords, date

    def __repr__(self):
        return "%s.. %s %s" % (self.content[:8], " ".join(sorted(self.flags | self.keywords)) or "no flags", self.date)


class Folder:
    """messages: {uid: Message}."""

    def __init__(self, validity, uid_next, messages):
        self.validity, self.uid_next, self.messages = validity, uid_next, messages

    def contents(self):
        return [message.content for message in self.messages.values()]


class State:
    """folders: {name: Folder}; problems: lines about what no state of a mailbox may be."""

    def __init__(self, folders, subscribed, problems):
        self.folders, self.subscribed, self.problems = folders, subscribed, problems


def digest_of(text):
    """Of a message as it is stored and shown: line ends do not count."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()


def _date(text):
    when = datetime.datetime.strptime(text.strip(), "%d-%b-%Y %H:%M:%S %z")
    age = datetime.datetime.now(datetime.timezone.utc) - when
    return NOW if abs(age) < datetime.timedelta(days=1) else when.isoformat()


def parts_of(flags):
    """FLAGS without \\Recent as (system flags, keywords), keywords in lower case."""
    words = [word for word in flags.split() if word != "\\Recent"]
    return (frozenset(word for word in words if word.startswith("\\")),
            frozenset(word.lower() for word in words if not word.startswith("\\")))


def _message(row, literal):
    flags = parts_of(re.search(r"FLAGS \(([^)]*)\)", row).group(1))
    return Message(digest_of(literal), *flags, _date(re.search(r'INTERNALDATE "([^"]*)"', row).group(1)))


def _folder(client, name, problems):
    answer = client.run('SELECT "%s"' % name)
    if answer.status != "OK":
        problems.append("SELECT %s: %s %s" % (name, answer.status, answer.text))
        return None
    count, messages = answer.exists(), {}
    uid_next = [int(found.group(1)) for line in answer.lines if (found := re.search(r"UIDNEXT (\d+)", line))]
    fetched = client.run("UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])") if count else None
    for response in fetched.untagged if fetched else []:
        row = response.text
        uid = re.search(r"UID (\d+)", row)
        if not uid or not response.literals:
            continue
        size = int(re.search(r"RFC822\.SIZE (\d+)", row).group(1))
        if size != len(response.literals[0]):
            problems.append("%s: UID %s has %d bytes, not %d" % (name, uid[1], len(response.literals[0]), size))
        if int(uid[1]) in messages:
            problems.append("%s: UID %s twice" % (name, uid[1]))
        messages[int(uid[1])] = _message(row, response.literals[0])
    if fetched and fetched.status != "OK":
        problems.append("FETCH in %s: %s %s" % (name, fetched.status, fetched.text))
    if len(messages) != count:
        problems.append("%s: %d EXISTS, %d messages" % (name, count, len(messages)))
    return Folder(answer.uid_validity(), uid_next[0] if uid_next else max(messages, default=0) + 1, messages)


def look(client):
    """Everything that a session tells. Ends the session."""
    problems, folders = [], {}
    try:
        for name in client.names():
            folder = _folder(client, name, problems)
            if folder:
                folders[name] = folder
        subscribed = frozenset(client.names("LSUB"))
    except support.Gone as gone:
        problems.append("the session that looks ended: %s" % gone)
        subscribed = frozenset()
    try:
        support.end_imapd_session(client, log_out=not problems)
    except (AssertionError, support.Gone) as error:
        problems.append("the session that looks: %s" % error)
    return State(folders, subscribed, problems)


class Remains:
    """What a fault left: temporary files, locks, and files that nothing will ever clean."""

    def __init__(self, maildir):
        self.temporary, self.locks, self.strange = [], [], []
        folders = [name for name in os.listdir(maildir) if name.startswith(".")]
        for folder in ("", *folders):
            self._look_at(maildir, folder)

    def _look_at(self, maildir, folder):
        path = os.path.join(maildir, folder)
        for name in os.listdir(path):
            if name not in KNOWN_FILES and not (folder == "" and name.startswith(".")):
                self.strange.append(os.path.join(folder, name))
        tmp = os.path.join(path, "tmp")
        for name in os.listdir(tmp) if os.path.isdir(tmp) else []:
            entry = os.path.join(folder, "tmp", name)
            if name == "courier.lock":
                self.locks.append(entry)
                continue
            self.temporary.append(entry)
            is_file = stat.S_ISREG(os.lstat(os.path.join(maildir, entry)).st_mode)
            if name.startswith(".") or not (is_file or (folder == "" and name.endswith(",folder"))):
                self.strange.append(entry)  # the cleaning after 36 hours passes it by
