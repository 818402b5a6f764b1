"""An IMAP client for measuring: it counts bytes and looks for the tagged line, and spends little on anything else."""
import dataclasses
import re
import socket
import ssl

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


def log_in(connection):
    """Nothing to do where the server greets with PREAUTH."""
    if read_until(connection, b"\r\n").startswith(b"* PREAUTH"):
        return
    connection.sendall(f"a LOGIN bench {PASSWORD}\r\n".encode())
    read_until(connection, b"a OK")


def connect(port, tls=False):
    connection = socket.create_connection(("127.0.0.1", port))
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = context.wrap_socket(connection)
    return connection


class Client:
    """One session, logged in."""

    def __init__(self, port):
        self.connection = connect(port)
        log_in(self.connection)
        self.buffer = bytearray(1 << 20)
        self.commands = 0

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
        self.wait_for(b"+ ")
        self.connection.sendall(message + b"\r\n")
        return self._finish(tag)

    def idle(self):
        self._start("IDLE")
        self.wait_for(b"+ ")

    def wait_for(self, mark):
        return read_until(self.connection, mark)

    def log_out(self):
        self.ask("LOGOUT")
        self.connection.close()

    def _start(self, command):
        self.commands += 1
        tag = f"t{self.commands}x"
        self.connection.sendall(f"{tag} {command}\r\n".encode())
        return tag.encode()

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
