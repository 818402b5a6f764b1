"""A program whose system calls are held one by one, and an IMAP session with it."""
import fcntl
import os
import select
import signal
import socket
import struct
import tempfile
import threading

import support
import system_calls
from system_calls import Call

RECEIVE, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_*
GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE


class Decision:
    """What becomes of a held call: see go_on, fail, claim, KILL."""

    def __init__(self, value=0, error=0, flags=0, kill=False):
        self.value, self.error, self.flags, self.kill = value, error, flags, kill


GO = Decision(flags=GO_ON)
#: The process dies, the call does not happen.
KILL = Decision(kill=True)


def fail(error):
    """The call does not happen and gives this errno."""
    return Decision(error=-error)


def claim(value):
    """The call does not happen, the program is told that it did."""
    return Decision(value=value)


class Holder(threading.Thread):
    """Asks decide(call) for each held call of a process while `asks`, in its own thread, until the process is gone."""

    def __init__(self, listener, pid, decide):
        super().__init__(daemon=True)
        self.listener, self.pid, self.decide = listener, pid, decide
        self.asks, self.error = False, None

    def run(self):
        poller = select.poll()
        poller.register(self.listener, select.POLLIN)
        while True:
            events = poller.poll()[0][1]
            if not events & select.POLLIN:
                break
            buffer = bytearray(80)
            try:
                fcntl.ioctl(self.listener, RECEIVE, buffer)
                self._settle(*struct.unpack("=QIIiIQ6Q", buffer))
            except (FileNotFoundError, ProcessLookupError):
                pass  # killed while it waited
        os.close(self.listener)

    def _settle(self, number, thread, _flags, name, _architecture, _place, *arguments):
        decision = GO
        try:
            if self.asks:
                decision = self.decide(Call(name, thread, arguments))
        except Exception as error:
            self.error = self.error or error
        if decision.kill:
            os.kill(self.pid, signal.SIGKILL)
            return
        answer = struct.pack("=QqiI", number, decision.value, decision.error, decision.flags)
        fcntl.ioctl(self.listener, SEND, answer)


def start(arguments, environment, kinds, streams, errors):
    """Gives (pid, listener)."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(streams.fileno(), 0)
            os.dup2(streams.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            listener = system_calls.install_filter(kinds)
            socket.send_fds(theirs, [b"."], [listener])
            os.close(listener)
            os.execve(arguments[0], arguments, environment)
        finally:
            os._exit(127)
    theirs.close()
    with ours:
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        os.waitpid(pid, 0)
        raise OSError("this kernel does not let us hold system calls")
    return pid, descriptors[0]


def end_of(pid, holder, errors):
    """Waits for the end of a held process. Gives (exit code or minus the signal, what it wrote to standard error)."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    holder.join()
    if holder.error:
        raise holder.error
    errors.seek(0)
    text = errors.read().decode("utf-8", "backslashreplace")
    errors.close()
    return code, text


class Session(support.Client):
    """A session of `imapd MAILDIR` under a Holder.  is_cut: it ended when a part of a literal had come."""

    def __init__(self, arguments, environment, kinds, decide):
        ours, theirs = socket.socketpair()
        super().__init__(ours)
        self.errors, self.is_cut = tempfile.TemporaryFile(), False
        with theirs:
            self.pid, listener = start(arguments, environment, kinds, theirs, self.errors)
        self.holder = Holder(listener, self.pid, decide)
        self.holder.start()
        self.greeting = self.response().text

    def take(self, size):
        if size > 0 and not self.buffer:
            self._fill()
        try:
            return super().take(size)
        except support.Gone:
            self.is_cut = True
            raise

    def end(self):
        """Waits for the end of the process. Gives (exit code or minus the signal, what it wrote to standard error)."""
        self.close()
        return end_of(self.pid, self.holder, self.errors)
