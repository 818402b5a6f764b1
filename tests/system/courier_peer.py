"""Courier's own programs, to run beside ours: imapd, pop3d, authdaemond with its tools, and maildrop.

imapd, pop3d, authtest: what COURIER_IMAPD, COURIER_POP3D and COURIER_AUTHTEST name, or installed ones. Else, and for
maildrop, Debian's packages are unpacked once below POSTRIDER_PEERS, or below ~/.cache where this user cannot go there.
Imported before `support`, since Courier and its libraries look for the user in /etc/passwd.
"""
import glob
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import ordinary_user

ordinary_user.use("nobody")
PEERS = os.environ.get("POSTRIDER_PEERS", "")
if PEERS:
    ordinary_user.give(PEERS)

ENVIRONMENT = {"IMAP_KEYWORDS": "1", "IMAP_USELOCKS": "1", "IMAP_BROKENUIDV": "1", "IMAP_ENHANCEDIDLE": "0",
               "IMAP_TRASHFOLDERNAME": "Trash", "IMAP_MOVE_EXPUNGE_TO_TRASH": "0", "TZ": "UTC", "IMAP_UMASK": "022"}
#: Longest wait for a program that answers at once, and for the archive.
PATIENCE = 60
ARCHIVE_PATIENCE = 300


def is_courier(path):
    """Whether the file is Courier's imapd itself, not ours and not a script that starts a daemon."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return content.startswith(b"\x7fELF") and b"Courier-IMAP" in content and b"postrider" not in content


def installed():
    for path in (shutil.which("imapd"), "/usr/lib/courier/bin/imapd", "/usr/lib/courier-imap/bin/imapd",
                 "/usr/bin/imapd"):
        if path and is_courier(path):
            return path
    return None


def packages(wanted):
    """The wanted packages and what they need of Courier's family and of libraries, as far as this system has it not."""
    told = subprocess.run(["apt-cache", "depends", *wanted], capture_output=True, text=True, timeout=PATIENCE).stdout
    names = {*wanted, *re.findall(r"^ *\|?(?:Pre)?Depends: ((?:courier|lib)[\w.+-]*)$", told, re.M)}
    missing = []
    for name in sorted(names):
        state = subprocess.run(["dpkg-query", "-W", "-f=${Status}", name], capture_output=True, text=True)
        if "ok installed" not in state.stdout:
            missing.append(name)
    return missing


def unpacked(folder, program, wanted):
    """Fetches and unpacks Debian's packages once, installing nothing. None: the archive cannot be reached."""
    cache = PEERS if os.access(PEERS, os.X_OK) else os.path.expanduser("~/.cache/postrider-peers")
    target = os.path.join(cache, folder)
    if not os.path.exists(os.path.join(target, program)) and shutil.which("apt-get") and shutil.which("dpkg"):
        os.makedirs(cache, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as download:
            done = subprocess.run(["apt-get", "-q", "download", *packages(wanted)], cwd=download, capture_output=True,
                                  text=True, timeout=ARCHIVE_PATIENCE)
            tree = os.path.join(download, "tree")
            for package in glob.glob(os.path.join(download, "*.deb")):
                subprocess.run(["dpkg", "-x", package, tree], check=True, timeout=PATIENCE)
            if os.path.exists(os.path.join(tree, program)):
                os.rename(tree, target)
            else:
                print(done.stderr, file=sys.stderr)
    path = os.path.join(target, program)
    return path if os.path.exists(path) else None


def environment_of(program):
    """ENVIRONMENT, and the folders of Courier's libraries beside an unpacked program."""
    root = os.path.abspath(program).rpartition("/usr/")[0]
    found = []
    if root:
        found = [path for top in ("usr/lib", "lib")
                 for path in glob.glob(os.path.join(root, top, "**/*.so*"), recursive=True)]
    folders = [*sorted({os.path.dirname(path) for path in found}), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**ENVIRONMENT, "LD_LIBRARY_PATH": ":".join(filter(None, folders))}


def answers(program, option, name):
    """(program, environment); fails when a program that is there does not run."""
    environment = environment_of(program)
    version = subprocess.run([program, option], capture_output=True, text=True, timeout=PATIENCE,
                             env={**os.environ, **environment})
    if name not in version.stdout:
        raise RuntimeError("%s does not run: %s%s" % (program, version.stdout, version.stderr))
    return program, environment


def find():
    """imapd as (program, environment), or None."""
    program = (os.environ.get("COURIER_IMAPD") or installed() or
               unpacked("courier", "usr/bin/imapd", ["courier-imap", "courier-base", "courier-authlib"]))
    return answers(program, "--version", "Courier-IMAP") if program else None


def find_pop3d():
    """courierpop3d as (program, environment), or None."""
    path = "usr/lib/courier/courier/courierpop3d"
    program = (os.environ.get("COURIER_POP3D") or (os.path.exists("/" + path) and "/" + path) or
               unpacked("courier-pop", path, ["courier-pop", "courier-base", "courier-authlib"]))
    return answers(program, "/nowhere", "-ERR chdir /nowhere failed") if program else None


def find_maildrop():
    """maildrop as (program, environment), or None."""
    program = shutil.which("maildrop") or unpacked("maildrop", "usr/bin/maildrop", ["maildrop", "courier-authlib"])
    if not program:
        return None
    if os.stat(program).st_mode & stat.S_ISGID and not program.startswith("/usr/"):
        os.chmod(program, 0o755)  # a program that changes its group ignores where its libraries are said to be
    return answers(program, "-v", "maildrop")


def find_authlib():
    """(root folder, environment) of authdaemond, authtest and authenumerate, with authpipe; or None."""
    path = "usr/sbin/authtest"
    program = (os.environ.get("COURIER_AUTHTEST") or
               (glob.glob("/usr/lib/courier-authlib/libauthpipe.so*") and os.path.exists("/" + path) and "/" + path) or
               unpacked("courier-authlib", path, ["courier-authdaemon", "courier-authlib-pipe", "courier-authlib"]))
    if not program:
        return None
    environment = environment_of(program)
    told = subprocess.run([program], capture_output=True, text=True, timeout=PATIENCE,
                          env={**os.environ, **environment})
    if "Usage: authtest" not in told.stderr:
        raise RuntimeError("%s does not run: %s%s" % (program, told.stdout, told.stderr))
    return os.path.abspath(program)[:-len(path)], environment


def find_userdb():
    """Root folder of makeuserdb, userdb, userdbpw, pw2userdb, and of authdaemond with authuserdb; or None."""
    path = "usr/sbin/makeuserdb"
    module = glob.glob("/usr/lib/courier-authlib/libauthuserdb.so*")
    if module and os.path.exists("/" + path) and not os.path.islink("/" + path):
        return "/"
    program = unpacked("courier-userdb", path, ["courier-authdaemon", "courier-authlib-userdb", "courier-authlib"])
    return program[:-len(path)] if program else None
