"""An IMAP client for single commands: it looks for the tagged line, and spends little on anything else."""
import dataclasses
import re
import socket

PASSWORD = "bench"


@dataclasses.dataclass
class Answer:
    """size: bytes that came for the command.  end: the last of them, 64 KiB at most."""
    size: int
    end: bytes

    def number(self, pattern):
        """What the pattern's group finds last."""
        found = re.findall(pattern, self.end)
        if not found:
            raise SystemExit(f"no {pattern!r} in {self.end[-300:]!r}")
        return int(found[-1])

    @property
    def exists(self):
        return self.number(rb"\* (\d+) EXISTS")


def read_until(connection, mark):
    data = b""
    while mark not in data:
        piece = connection.recv(65536)
        if not piece:
            raise SystemExit(f"connection lost after {data[-200:]!r}")
        data += piece
    return data


class Client:
    """One session, logged in."""

    def __init__(self, port, user="bench"):
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.buffer = bytearray(1 << 20)
        self.commands = 0
        read_until(self.connection, b"\r\n")
        self.ask(f"LOGIN {user} {PASSWORD}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, command):
        """Sends a command and reads its whole answer, which must be OK."""
        return self._finish(self._start(command))

    def append(self, folder, message):
        """message: bytes with CRLF line ends; announced by a literal that waits for the server."""
        tag = self._start(f'APPEND "{folder}" {{{len(message)}}}')
        read_until(self.connection, b"+ ")
        self.connection.sendall(message + b"\r\n")
        return self._finish(tag)

    def append_all(self, folder, messages):
        """messages: [(flags, bytes)]; one command, for servers with MULTIAPPEND (RFC 3502) and LITERAL+ (RFC 7888)."""
        tag = self._tag()
        parts = [b" (%s) {%d+}\r\n%s" % (flags.encode(), len(message), message) for flags, message in messages]
        self.connection.sendall(b'%s APPEND "%s"%s\r\n' % (tag, folder.encode(), b"".join(parts)))
        return self._finish(tag)

    def idle(self):
        self._start("IDLE")
        read_until(self.connection, b"+ ")

    def log_out(self):
        self.ask("LOGOUT")
        self.connection.close()

    def _tag(self):
        self.commands += 1
        return b"t%dx" % self.commands

    def _start(self, command):
        tag = self._tag()
        self.connection.sendall(tag + f" {command}\r\n".encode())
        return tag

    def _finish(self, tag):
        mark, size, end = b"\r\n" + tag + b" ", 0, b"\r\n"
        while True:
            got = self.connection.recv_into(self.buffer)
            if not got:
                raise SystemExit(f"connection lost after {end[-300:]!r}")
            size += got
            fresh = bytes(self.buffer[max(0, got - 65536):got])
            end = (end + fresh)[-65536:]
            begin = end.rfind(mark)
            if begin >= 0 and end.endswith(b"\r\n") and begin + len(mark) < len(end):
                break
        if not end.startswith(b"OK", begin + len(mark)):
            raise SystemExit(f"refused: {end[begin:]!r}")
        return Answer(size, end)
