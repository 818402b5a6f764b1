"""Giving up root: what is tested or measured is an ordinary user's, whoever starts it."""
import atexit
import os
import pwd
import shutil
import tempfile

#: Whom root becomes. The numbers need no entry in /etc/passwd.
UID = GID = 20001


def use(name):
    """Root becomes this user of /etc/passwd instead."""
    global UID, GID
    user = pwd.getpwnam(name)
    UID, GID = user.pw_uid, user.pw_gid


def drop():
    """Groups, gid, uid; for ever."""
    os.setgroups([])
    os.setresgid(GID, GID, GID)
    os.setresuid(UID, UID, UID)


def reaches(path, mode):
    """Whether the ordinary user can use the path so; mode: os.R_OK, os.X_OK. Asked as root: a child tries it."""
    child = os.fork()
    if child == 0:
        answer = 2
        try:
            drop()
            answer = 0 if os.access(path, mode) else 1
        finally:
            os._exit(answer)
    return os.waitpid(child, 0)[1] == 0


def give(folder):
    """Makes a folder that can be written afterwards too."""
    os.makedirs(folder, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, UID, GID)


def become(program):
    """Root becomes the ordinary user for good, in a new HOME. Gives the path of the program: it is copied into that
    home where the ordinary user cannot reach it, as in a checkout below /root."""
    program = os.path.abspath(program)
    if os.geteuid() != 0:
        return program
    if not reaches(os.__file__, os.R_OK):
        raise SystemExit("An ordinary user cannot read this Python's library, %s: try /usr/bin/python3" % os.__file__)
    home = tempfile.mkdtemp(prefix="postrider-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if not reaches(program, os.R_OK | os.X_OK):
        program = shutil.copyfile(program, os.path.join(home, "postrider"))
        os.chmod(program, 0o755)
    os.chown(home, UID, GID)
    drop()
    os.environ["HOME"] = home
    os.chdir(home)
    return program
