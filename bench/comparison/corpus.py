"""Maildir folders of many messages; the same count and kind give the same folder, but for inodes."""
import os
import random

from . import mail_text

FIRST_TIME = 1700000000  # seconds, of the first message's delivery
UID_VALIDITY = 700000000
#: From this size on, a folder's files are hard links to LINKED messages: less disk and time.
LARGE, LINKED = 200_000, 10_000


def base_name(number, size):
    """As Courier makes them; ascending in number."""
    return f"{FIRST_TIME + number * 61}.M{number * 7919 % 1000000}P4711V000000000000FE00I{number:016X}.bench,S={size}"


def flags(chance):
    """Most mail is read."""
    if chance.random() < 0.07:
        return ""
    return ("F" if chance.random() < 0.05 else "") + ("R" if chance.random() < 0.2 else "") + "S"


def write_uid_list(path, names):
    """The courierimapuiddb that Courier would have written.  names: base names in the order of their UIDs, from 1."""
    with open(path / "courierimapuiddb", "w", encoding="ascii") as out:
        out.write(f"1 {UID_VALIDITY} {len(names) + 1}\n")
        out.writelines(f"{uid} {name}\n" for uid, name in enumerate(names, 1))


def make(path, count, small=False, new=False, uid_list=False, progress=lambda there: None):
    """Makes the messages in a Maildir, which is made where it is not there. Gives their size together, in bytes.

    small: some 600 bytes each; else of realistic sizes and MIME structures, 14 KB on average.  new: in new/, delivered
    but not looked at.  progress: called with the number of messages that are there, now and then."""
    text, chance, names, total = mail_text.MailText(), random.Random(count), [], 0
    content_of = text.small if small else text.realistic
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True, exist_ok=True)
    where = os.open(path / ("new" if new else "cur"), os.O_RDONLY | os.O_DIRECTORY)
    sources = []  # (name, size) of what can be linked to
    for number in range(count):
        source, content = None, b""
        if count >= LARGE and number >= LINKED:
            source, size = sources[number % LINKED]
        else:
            content = content_of(number)
            size = len(content)
        names.append(base_name(number, size))
        name = names[-1] if new else f"{names[-1]}:2,{flags(chance)}"
        if source:
            os.link(source, name, src_dir_fd=where, dst_dir_fd=where)
        else:
            _write(where, name, content, FIRST_TIME + number * 61)
            sources.append((name, size))
        total += size
        if (number + 1) % 50_000 == 0:
            progress(number + 1)
    os.close(where)
    if uid_list:
        write_uid_list(path, names)
    return total


def make_one(path, size):
    """A Maildir with one message of about `size` bytes of text lines."""
    line = b"The quick brown fox jumps over the lazy dog, again and again and again.\n"
    text = b"From: a@example.org\nSubject: large\n\n" + line * (size // len(line))
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    (path / "cur" / f"{base_name(0, len(text))}:2,S").write_bytes(text)


def _write(where, name, content, moment):
    """where: descriptor of the directory.  moment: the file's time."""
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=where)
    with os.fdopen(file, "wb") as out:
        out.write(content)
        out.flush()
        os.utime(file, (moment, moment))
