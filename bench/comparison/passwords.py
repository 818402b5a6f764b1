"""How servers have the password of all accounts (client.PASSWORD) stored."""
import base64
import hashlib

from . import client

_DIGESTS = {"sha": hashlib.sha1, "sha256": hashlib.sha256}
#: One hash for all, since making a thousand of them takes a minute: crypt(3) of the password.
_YESCRYPT = "$y$j9T$KcPz.ynX0jP2hVQdKcPz.0$ms6ebDIZTD9Nn9WdpI1NbtirDEyiygUxpxNz927cqR0"


def stored(scheme):
    """scheme: "sha", "sha256", "yescrypt"."""
    if scheme == "yescrypt":
        return _YESCRYPT
    digest = _DIGESTS[scheme](client.PASSWORD.encode()).digest()
    return f"{{{scheme.upper()}}}" + base64.b64encode(digest).decode()
