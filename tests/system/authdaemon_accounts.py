"""A site's program for authpipe, Courier's and ours. What it does follows from the name that it is asked for."""
import base64
import hmac
import sys

ACCOUNTS = {
    b"john@example.com": b"ADDRESS=john@example.com\nUID=1012\nGID=1013\nHOME=/home/vmail\nNAME=John Doe\n"
                         b"MAILDIR=/home/vmail/john\nQUOTA=10000000S,1000C\nOPTIONS=disablepop3=1,group=sales\n",
    b"two words": b"ADDRESS=two words\nUID=1\nGID=1\nHOME=/h\n",
    b"plain": b"ADDRESS=plain\nUID=7\nGID=5\nHOME=/h\n",
    b"empty": b"ADDRESS=empty\nUID=7\nGID=5\nHOME=/h\nMAILDIR=\n",
    b"system": b"ADDRESS=system\nUSERNAME=daemon\nGID=5\nHOME=/h\n",
}
PASSWORD = b"secret"
IN_CLEAR = b"PASSWD2=secret\n"
HASH = b"PASSWD=$1$24kydcZk$II6RGkIra2g014TLaN5JI1\n"
LIST = (b"john@example.com\t1012\t1013\t/home/vmail\t/home/vmail/john\tdisablepop3=1,group=sales\n"
        b"hidden\t1\t1\t/h\t\tdisableshared=1\nword\t1\t1\t/h\t\tdisableshared=t\n"
        b"last\t65534\t65534\t/nonexistent\t\t\n.\n")


def is_proved(kind, challenge, response):
    """The user, or None."""
    user, _, digest = base64.b64decode(response).rpartition(b" ")
    wanted = hmac.new(PASSWORD, base64.b64decode(challenge), kind.decode().replace("cram-", "")).hexdigest()
    return user if digest.decode() == wanted else None


def account(user, more):
    return ACCOUNTS[user] + more + b".\n" if user in ACCOUNTS else b"FAIL\n"


def authenticated(service, kind, first, second):
    if kind in (b"cram-md5", b"cram-sha1", b"cram-sha256"):
        return account(is_proved(kind, first, second), IN_CLEAR)
    return account(first, HASH + IN_CLEAR) if kind == b"login" and second == PASSWORD else b"FAIL\n"


def answer(line):
    verb, _, rest = line.rstrip(b"\n").partition(b" ")
    if verb == b"PRE":
        user = rest.split(b" ", 2)[2]
        if user == b"exit":
            sys.exit()
        return account(user, HASH if user != b"plain" else b"")
    if verb == b"AUTH":
        fields = sys.stdin.buffer.read(int(rest)).split(b"\n") + [b""] * 3
        return authenticated(*fields[:4])
    if verb == b"PASSWD":
        return b"OK\n" if rest.split(b"\t")[2] == PASSWORD else b"FAIL\n"
    return LIST


for request in sys.stdin.buffer:
    sys.stdout.buffer.write(answer(request))
    sys.stdout.buffer.flush()
