#!/usr/bin/python3
"""Makes a Maildir folder of many messages; the same arguments give the same folder, but for inodes.

  bench/make_folder.py PATH COUNT [--small] [--links N] [--new] [--uid-list]

--small     messages of some 600 bytes; otherwise of realistic sizes and MIME structures, 14 KB on average
--links N   N files of content only, the others hard links to them: less disk and time, for folders of millions
--new       delivered but not yet looked at: everything in new/
--uid-list  with the courierimapuiddb that Courier would have written
"""
import argparse
import os
import pathlib
import random
import sys
import time

import mail_text

UID_VALIDITY = 700000000
FIRST_TIME = 1700000000  # seconds, of the first message's delivery


def base_name(number, size):
    """As Courier makes them; ascending in number."""
    return f"{FIRST_TIME + number * 61}.M{number * 7919 % 1000000}P4711V000000000000FE00I{number:016X}.bench,S={size}"


def flags(chance):
    """Most mail is read."""
    if chance.random() < 0.07:
        return ""
    return ("F" if chance.random() < 0.05 else "") + ("R" if chance.random() < 0.2 else "") + "S"


def write_uid_list(path, names):
    """names: base names in the order of their UIDs, which begin with 1."""
    with open(path / "courierimapuiddb", "w", encoding="ascii") as out:
        out.write(f"1 {UID_VALIDITY} {len(names) + 1}\n")
        out.writelines(f"{uid} {name}\n" for uid, name in enumerate(names, 1))


def make_folder(path, count, small=False, links=0, new=False, uid_list=False, progress=None):
    """Adds the messages to a Maildir, made if it is not there. links: 0: each file is one of its own.
    progress: called with the number of messages that are there. Gives their size together, in bytes."""
    text, chance, names, total = mail_text.MailText(), random.Random(count), [], 0
    make = text.small if small else text.realistic
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True, exist_ok=True)
    where = os.open(path / ("new" if new else "cur"), os.O_RDONLY | os.O_DIRECTORY)
    contents = []  # (name, size) of what can be linked to
    for number in range(count):
        if links and number >= links:
            source, size = contents[number % links]
        else:
            content = make(number)
            source, size = None, len(content)
        names.append(base_name(number, size))
        name = names[-1] if new else f"{names[-1]}:2,{flags(chance)}"
        if source:
            os.link(source, name, src_dir_fd=where, dst_dir_fd=where)
        else:
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=where)
            os.write(file, content)
            os.utime(file, (FIRST_TIME + number * 61,) * 2)
            os.close(file)
            contents.append((name, size))
        total += size
        if progress and (number + 1) % 50000 == 0:
            progress(number + 1)
    os.close(where)
    if uid_list:
        write_uid_list(path, names)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--links", type=int, default=0, metavar="N")
    parser.add_argument("--new", action="store_true")
    parser.add_argument("--uid-list", action="store_true")
    arguments = parser.parse_args()
    start = time.monotonic()
    total = make_folder(**vars(arguments), progress=lambda there: print(there, "messages", flush=True))
    print(f"{arguments.count} messages, {total / 1e6:.0f} MB, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
