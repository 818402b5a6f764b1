"""Clients' sides of SASL mechanisms, with Python's own hashes: RFC 2195, RFC 5802, RFC 7677, RFC 4422."""
import base64
import hashlib
import hmac
import os


def encoded(data):
    return base64.b64encode(data).decode()


class Cram:
    """hash_name: as hashlib calls it."""

    def __init__(self, hash_name, user, password):
        self.hash_name, self.user, self.password = hash_name, user, password

    def first(self):
        return None

    def answer(self, challenge):
        digest = hmac.new(self.password.encode(), challenge, self.hash_name).hexdigest()
        return ("%s %s" % (self.user, digest)).encode()


class Scram:
    """binding: (type, data) for a -PLUS mechanism.  is_proved: whether the server has shown that it knows the secret."""

    def __init__(self, hash_name, user, password, binding=None):
        self.hash_name, self.password = hash_name, password.encode()
        self.header = "p=%s,," % binding[0] if binding else "n,,"
        self.binding = self.header.encode() + (binding[1] if binding else b"")
        self.nonce = encoded(os.urandom(18))
        self.bare = "n=%s,r=%s" % (user.replace("=", "=3D").replace(",", "=2C"), self.nonce)
        self.signature = None
        self.is_proved = False

    def hmac(self, key, text):
        return hmac.new(key, text, self.hash_name).digest()

    def first(self):
        return (self.header + self.bare).encode()

    def answer(self, challenge):
        fields = dict(part.split("=", 1) for part in challenge.decode().split(","))
        if self.signature:
            self.is_proved = base64.b64decode(fields["v"]) == self.signature
            return b""
        assert fields["r"].startswith(self.nonce)
        salted = hashlib.pbkdf2_hmac(self.hash_name, self.password, base64.b64decode(fields["s"]), int(fields["i"]))
        without = "c=%s,r=%s" % (encoded(self.binding), fields["r"])
        text = ",".join((self.bare, challenge.decode(), without)).encode()
        client_key = self.hmac(salted, b"Client Key")
        signature = self.hmac(hashlib.new(self.hash_name, client_key).digest(), text)
        self.signature = self.hmac(self.hmac(salted, b"Server Key"), text)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return ("%s,p=%s" % (without, encoded(proof))).encode()


class External:
    def __init__(self, identity=None):
        self.identity = identity

    def first(self):
        return self.identity.encode() if self.identity else None

    def answer(self, _):
        return b""


def imap_authenticate(client, mechanism, party, initial=True):
    """Gives the last line without its tag. initial: with SASL-IR."""
    first = party.first()
    inline = " " + encoded(first) if initial and first is not None else ""
    client.send("a AUTHENTICATE %s%s\r\n" % (mechanism, inline))
    waiting = first if not inline else None
    while (line := client.line()).startswith("+"):
        answer = waiting if waiting is not None else party.answer(base64.b64decode(line[2:]))
        waiting = None
        client.send(encoded(answer) + "\r\n")
    return line.partition(" ")[2]


def pop3_authenticate(client, mechanism, party):
    first = party.first()
    client.send("AUTH %s%s\r\n" % (mechanism, "" if first is None else " " + encoded(first)))
    while (line := client.line()).startswith("+ "):
        client.send(encoded(party.answer(base64.b64decode(line[2:]))) + "\r\n")
    return line
