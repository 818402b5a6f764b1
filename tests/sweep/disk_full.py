"""The sweep of full disks: a scene with room for 0, 1, 2 ... blocks, or files, until it fits. Meanwhile everything
stays readable and as it was; when there is room again, all works. The stage is on a small disk (small_disk.py)."""
import os

import support
from checker import Check, Fault
from look import digest_of
from points import PROBE
from stage import Play

#: A scene that still does not fit in this many is not limited by them.
MOST = 80


class Ballast:
    """Fills the disk of a folder up to `blocks` or `files` that stay free."""

    def __init__(self, folder, what, free):
        self.folder = os.path.join(folder, "ballast")
        os.mkdir(self.folder)
        if what == "files":
            self._take_files(free)
        else:
            self._take_blocks(free)

    def _take_files(self, free):
        for number in range(os.statvfs(self.folder).f_ffree - free):
            os.close(os.open(os.path.join(self.folder, str(number)), os.O_CREAT | os.O_WRONLY))

    def _take_blocks(self, free):
        disk = os.statvfs(self.folder)
        with open(os.path.join(self.folder, "block"), "wb") as file:
            file.write(bytes(disk.f_frsize * (disk.f_bfree - free)))

    def remove(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)


class DiskFull:
    """One scene with room for `free` of `what` ("blocks" or "files"). stage: one on the small disk."""

    def __init__(self, stage, scene, after, what, free):
        self.stage, self.scene, self.after, self.what, self.free = stage, scene, after, what, free
        self.fitted = False

    def run(self):
        """Gives what is wrong, as lines; `fitted` says whether the scene was answered OK."""
        self.play = Play(self.stage, self.scene)
        try:
            ballast = Ballast(self.stage.folder, self.what, self.free)
            try:
                self.play.run()
                self.fitted = self.play.told.status(self.scene) == "OK"
                violations = ["while the disk is full: " + line for line in self._look(Fault.full)]
            finally:
                ballast.remove()
            violations += self._go_on()
            return violations + ["with room again: " + line for line in self._look(Fault.error)]
        finally:
            self.play.close()

    def _go_on(self):
        """With room again the same session works."""
        client, violations = self.play.session, []
        try:
            if self.play.told.gone:
                raise support.Gone(self.play.told.gone)
            client.ok("NOOP")
            uid = client.append_ok("INBOX", PROBE)
            client.ok("SELECT INBOX")
            client.ok("UID STORE %d +FLAGS.SILENT (\\Deleted)" % uid)
            client.ok("UID EXPUNGE %d" % uid)
            client.ok("LOGOUT")
        except (support.Gone, ConnectionError, AssertionError) as error:
            violations.append("with room again: %s" % error)
        code, errors = client.end()
        if code != 0 or support.SANITIZER_REPORT.search(errors):
            violations.append("exit %s\n%s" % (code, errors[-4000:]))
        return violations

    def _look(self, fault):
        found, complaints = self.stage.look(self.play.maildir)
        trash = found.folders.get("INBOX.Trash")
        if trash:  # where the probe may be, too
            trash.messages = {uid: each for uid, each in trash.messages.items() if each.content != digest_of(PROBE)}
        check = Check(self.scene, self.play.before, self.after, self.stage.history, fault)
        return complaints + check.run(found, self.play.told)
