"""Modules of the authentication chain, asked one by one through postrider_modules (tests/modules). Imported first: to
`support` that program is the one that is tested."""
import os
import queue
import subprocess
import threading
import time

os.environ["POSTRIDER"] = os.environ["POSTRIDER_MODULES"]

import support  # noqa: E402  (it looks at POSTRIDER)


class Modules:
    """The program with some modules. Each question is answered in its own time: ask() waits, begin() does not."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([support.PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, encoding="utf-8", errors="surrogateescape")
        self.log = []
        self.failure = None
        self.answers = {}
        self.items = {}
        self.number = 0
        self.lock = threading.Lock()
        started = queue.Queue()
        self.reader = threading.Thread(target=self.read, args=(started,), daemon=True)
        self.reader.start()
        self.failure = started.get(timeout=support.PATIENCE)

    def read(self, started):
        for line in self.process.stdout:
            first, _, rest = line.rstrip("\n").partition("\t")
            if first == "ready":
                started.put(None)
            elif first == "failed":
                started.put(rest)
            elif first == "log":
                self.log.append(rest)
            elif rest.startswith("item\t"):
                self.items[int(first)].append(fields(rest[len("item\t"):]))
            else:
                self.answers[int(first)].put((time.monotonic(), rest))
        started.put("no answer")

    def begin(self, module, verb, user="", *more, service="imap", peer=""):
        """Gives a function that waits for the answer."""
        with self.lock:
            self.number += 1
            number = self.number
            self.answers[number] = queue.Queue()
            self.items[number] = []
            self.process.stdin.write("\t".join([str(number), module, verb, service, user, peer, *more]) + "\n")
            self.process.stdin.flush()
        return lambda: self.answer(number)

    def answer(self, number):
        self.last_time, text = self.answers[number].get(timeout=support.PATIENCE)
        kind, _, rest = text.partition("\t")
        return fields(rest) if kind == "account" else Unavailable(rest) if kind == "unavailable" else ANSWERS[kind]

    def ask(self, *question, **more):
        return self.begin(*question, **more)()

    def list(self, module):
        """The accounts, or the Unavailable."""
        waiting = self.begin(module, "each")
        number = self.number
        answer = waiting()
        return self.items[number] if answer is True else answer

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=support.PATIENCE)
        self.reader.join()
        self.process.stdout.close()
        return status


class Unavailable(str):
    """It could not be said; the text is for the log."""


ANSWERS = {"none": None, "true": True, "false": False}


def fields(text):
    return dict(field.partition("=")[::2] for field in text.split("\t"))
