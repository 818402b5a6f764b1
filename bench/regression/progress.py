"""One line on standard error that says how far a long run is: at once on a terminal, else after five seconds."""
import sys
import time


class Line:
    def __init__(self, total):
        self.total, self.done, self.start, self.shown = total, 0, time.monotonic(), 0.0
        self.terminal = sys.stderr.isatty()

    def step(self, what):
        """One more is done."""
        self.done += 1
        now = time.monotonic()
        text = f"[{self.done}/{self.total}] {what}"
        if self.terminal:
            print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
        elif now - max(self.start, self.shown) >= 5:
            print(text, file=sys.stderr, flush=True)
            self.shown = now

    def end(self):
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
