"""Where a point is played: a fresh copy of the Maildir, and a session under a Holder."""
import os
import shutil
import signal
import tempfile
import time

import support
from held_process import GO, Session
from look import Folder, State, look
from scenes import Scene, fill
from told import Told

#: No settings but the defaults.
ENVIRONMENT = {**os.environ, "POSTRIDER_CONFIG_DIR": "/nonexistent", "TZ": "UTC"}
#: Where files are quick.
MEMORY = "/dev/shm"
#: For what takes milliseconds, locks of dead processes included. Seconds; a busy machine is slow, and a wait for a lock
#: that nobody holds takes ten.
PATIENCE = 3.0
#: Courier is asked at one point of so many.
COURIER_EVERY = 10


class Stage:
    """folder: of all points; template: the Maildir that each begins with; before: what it holds; history: what was ever
    told of its names, {(name, UIDVALIDITY, UID): content}."""

    def __init__(self, parent=None, peer=None):
        """parent: where its folder comes.  peer: Courier's program and environment, to be asked now and then."""
        self.peer, self._looks = peer, 0
        parent = parent or (MEMORY if os.access(MEMORY, os.W_OK) else None)
        self.folder = tempfile.mkdtemp(prefix="postrider-sweep-", dir=parent)
        self.template = support.make_maildir(os.path.join(self.folder, "template"))
        client = self.plain_session(self.template)
        self.capabilities = client.ok("CAPABILITY").lines[0].split()
        fill(client, self.template)
        support.end_imapd_session(client)
        self.history = {}
        self.remember(look(self.plain_session(self.template)))
        client = self.plain_session(self.template)
        client.ok("DELETE INBOX.Gone")
        support.end_imapd_session(client)
        self.before = look(self.plain_session(self.template))
        self.remember(self.before)
        if self.before.problems:
            raise AssertionError(self.before.problems)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def plain_session(maildir):
        """Not searched for leaks: that takes a quarter of its time, and it meets no fault."""
        options = ":".join(filter(None, [ENVIRONMENT.get("ASAN_OPTIONS"), "detect_leaks=0"]))
        return support.imapd_session([support.PROGRAM, "imapd", maildir], {**ENVIRONMENT, "ASAN_OPTIONS": options})

    def remember(self, state):
        self.history.update({(name, folder.validity, uid): message.content
                             for name, folder in state.folders.items() for uid, message in folder.messages.items()})

    def new_folder(self):
        """For one Maildir; remove() takes it away."""
        return tempfile.mkdtemp(prefix="point-", dir=self.folder)

    def maildir(self, scene: Scene):
        """A fresh one, as the scene wants it."""
        path = os.path.join(self.new_folder(), "Maildir")
        shutil.copytree(self.template, path, symlinks=True)
        scene.prepare(path)
        return path

    @staticmethod
    def remove(maildir):
        shutil.rmtree(os.path.dirname(maildir), ignore_errors=True)

    def look(self, maildir):
        """By a new session. Gives (State, complaints): it has to be there soon; now and then Courier has to agree."""
        began = time.monotonic()
        found = look(self.plain_session(maildir))
        complaints = self.too_slow("the next session", time.monotonic() - began)
        self._looks += 1
        if self.peer and self._looks % COURIER_EVERY == 0:
            complaints += self._ask_courier(maildir, found)
        return found, complaints

    def _ask_courier(self, maildir, found):
        """Not about a message in new/ and in cur/, as after a rename that half lasted: Courier shows it twice."""
        for folder, parts, _ in os.walk(maildir):
            if "tmp" in parts:
                parts.remove("tmp")  # where folders lie that are half made
                names = [{name.partition(":2,")[0] for name in os.listdir(os.path.join(folder, part))}
                         for part in ("new", "cur")]
                if names[0] & names[1]:
                    return []
        program, environment = self.peer
        theirs = look(support.imapd_session([program, maildir], environment))
        return ["to Courier: " + line for line in [*theirs.problems, *differences(found, theirs)]]

    @staticmethod
    def too_slow(what, seconds):
        """Complaints about something that a lock or a failing call must not hold up."""
        patience = PATIENCE * (3 if support.is_built_with("asan") or support.is_built_with("tsan") else 1)
        return ["%s took %.1f s" % (what, seconds)] if seconds > patience else []

    def before_of(self, scene):
        """What must not be lost. A folder without its list has nothing that was ever told."""
        folders = {**self.before.folders, **{name: Folder(None, 1, {}) for name in scene.forget}}
        return State(folders, self.before.subscribed, [])


def differences(ours, theirs):
    """What two looks at one Maildir tell differently, flags and dates left out."""
    lines = []
    for name in sorted({*ours.folders, *theirs.folders}):
        one, other = ours.folders.get(name), theirs.folders.get(name)
        facts = [folder and (folder.validity, {uid: each.content[:8] for uid, each in folder.messages.items()})
                 for folder in (one, other)]
        if facts[0] != facts[1]:
            lines.append("%s is %s, not %s" % (name, facts[1], facts[0]))
    return lines


class Play:
    """A scene played on a fresh Maildir. decide(call) is asked during its commands."""

    def __init__(self, stage, scene, kinds=(), decide=lambda call: GO):
        self.stage, self.scene = stage, scene
        self.maildir = stage.maildir(scene)
        self.before = stage.before_of(scene)
        self.told = Told(self.before)
        self.session = Session([support.PROGRAM, "imapd", self.maildir], self._environment(), kinds, decide)
        scene.open(self.session, self.maildir)

    def _environment(self):
        """With the settings of the scene, which lie beside the Maildir."""
        if not self.scene.settings:
            return ENVIRONMENT
        folder = os.path.dirname(self.maildir)
        with open(os.path.join(folder, "imapd"), "w") as file:
            file.write(self.scene.settings)
        return {**ENVIRONMENT, "POSTRIDER_CONFIG_DIR": folder}

    def run(self):
        """Plays the commands. What was told is in `told`, also when the session ends on the way."""
        self.session.holder.asks = True
        self.told.hear(self.scene, self.session)
        self.session.holder.asks = False

    def kill(self):
        os.kill(self.session.pid, signal.SIGKILL)

    def close(self):
        self.stage.remove(self.maildir)
