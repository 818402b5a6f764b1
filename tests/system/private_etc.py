"""An /etc of the test's own, in a mount namespace of its own: users, passwords and PAM services that nobody else sees.
Imported first: it starts the test again in that namespace, or ends it where there can be none (77)."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
INSIDE = "POSTRIDER_TEST_PRIVATE_ETC"


def enter():
    if os.geteuid() != 0 or not shutil.which("unshare"):
        print("needs root and unshare(1)")
        sys.exit(SKIP)
    unshare = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        print("no mount namespaces here")
        sys.exit(SKIP)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*unshare, sys.executable, *sys.argv])


def replace_etc():
    folder = tempfile.mkdtemp(prefix="postrider-etc-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = os.path.join(folder, "etc")
    shutil.copytree("/etc", copy, symlinks=True, ignore_dangling_symlinks=True)
    subprocess.run(["mount", "--bind", copy, "/etc"], check=True)
    # Where the mount ends before the copy goes, nothing of the real /etc is in the way.
    atexit.register(subprocess.run, ["umount", "--lazy", "/etc"])


if os.environ.get(INSIDE) != "1":
    enter()
replace_etc()


def hash_of(password):
    return subprocess.run(["openssl", "passwd", "-6", password], check=True, capture_output=True,
                          text=True).stdout.strip()


def add_user(name, uid, passwd="x", shadow=None, gecos="", changed="", most="", expires=""):
    """shadow: the hash there; None: no entry.  changed, most, expires: days, as in shadow(5)."""
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.write("%s:%s:%d:%d:%s:/home/%s:/bin/sh\n" % (name, passwd, uid, uid, gecos, name))
    if shadow is not None:
        with open("/etc/shadow", "a", encoding="utf-8") as file:
            file.write("%s:%s:%s:0:%s:7::%s:\n" % (name, shadow, changed, most, expires))


def add_service(name, text):
    with open("/etc/pam.d/" + name, "w", encoding="utf-8") as file:
        file.write(text)
