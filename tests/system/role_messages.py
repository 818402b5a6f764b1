"""Messages between the server's processes as bytes: src/service/messages.hpp, packet.cpp, codec.hpp."""
import os
import re
import struct

MESSAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/service/messages.hpp")


def kinds():
    """The kinds of messages by name, as the program numbers them."""
    with open(MESSAGES) as file:
        block = re.search(r"enum class Kind[^{]*\{([^}]*)\}", file.read()).group(1)
    return {name: number for number, name in enumerate(re.findall(r"\w+", block))}


KIND = kinds()


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(data)) + data


def packet(kind, body=b""):
    """kind: its name, or a number."""
    return struct.pack("<IB", len(body), KIND.get(kind, kind)) + body


def numbered(kind, session, more=b""):
    """A message that begins with a session's number."""
    return packet(kind, struct.pack("<Q", session) + more)


#: As include/core/session_facts.hpp numbers them.
IMAP, POP3 = b"\0", b"\1"


def login(request, user, password, peer="127.0.0.1", protocol=IMAP):
    """A front's question whether these credentials are right."""
    credentials = b"\0" + text(user) + text(password) + text("")  # the first kind of proof
    return numbered("login", request, protocol + credentials + text(peer) + b"\0")


def hand_over(session, protocol=IMAP):
    """A front's wish that the connection that comes along be this session's."""
    peer = text("127.0.0.1") + text("::ffff:127.0.0.1") + struct.pack("<H", 4711)
    words = protocol + peer + text("t1") + text("") + b"\0\0" + struct.pack("<qQQ", 0, 0, 0) + text("")
    return numbered("hand_over", session, words + protocol + b"\0")


def log(line, level=1):
    return packet("log", struct.pack("<B", level) + text(line) + IMAP)


#: An order for the sessions, as `postrider who` sends it.
WHO = packet("order", b"\0" + text(""))
