"""The invariants that hold after any crash or fault.

A scene has a state before and, played without a fault, a state after it. What is found must lie between the two: each
message, set of flags, set of keywords, folder and list of subscriptions as before or as after, whole; as after when all
was answered OK, and with nothing added when it was refused.
"""
import collections
import enum
import re

from look import NOW, digest_of


class Fault(enum.Enum):
    """What happened: it decides how much may be unfinished.

    error: a call failed, the session went on.  kill: the process died.
    full: as error, and the disk still is full, so mail that waits for a UID may not be shown.
    power: all that was not synced may be lost; flags are not, so they may be as before.
    """
    error, full, kill, power = range(4)


class Check:
    """Gives its findings as lines in `violations`."""

    def __init__(self, scene, before, after, history, fault):
        self.scene, self.before, self.after, self.history, self.fault = scene, before, after, history, fault
        self.waiting = {name: collections.Counter(map(digest_of, contents))
                        for name, contents in scene.waiting().items()}
        self.violations = []

    def run(self, found, told):
        """found: what a new session sees; told: what the client was told before."""
        self.found, self.told, self.status = found, told, told.status(self.scene)
        self.violations = list(found.problems)
        self._folders()
        for name, folder in found.folders.items():
            self._history(name, folder)
            if name in self.after.folders or name in self.before.folders:
                self._folder(name, folder)
        self._pairs()
        self._moves()
        self._subscriptions()
        return self.violations

    def _say(self, text, *values):
        self.violations.append(text % values)

    def _old_name(self, name):
        """Under which name the folder was known before; None: it is new."""
        if name in self.before.folders:
            return name
        return next((old for old, new in self.scene.renames.items() if new == name), None)

    def _must_be_undone(self):
        """A refused command left nothing; one that moves may have got half way, and of two one may be done."""
        return (self.status == "NO" and self.fault in (Fault.error, Fault.full) and len(self.scene.commands) == 1 and
                not self.scene.moves)

    def _folders(self):
        before, after, found = (set(state.folders) for state in (self.before, self.after, self.found))
        for name in found - before - after:
            self._say("a folder %s that nobody made", name)
        for name in (before & after) - found:
            self._say("folder %s is lost", name)
        if self.status == "OK":
            for name in (after - before) - found:
                self._say("OK, but there is no %s", name)
            for name in found & (before - after):
                self._say("OK, but %s is still there", name)
        if self._must_be_undone():
            for name in found & (after - before):
                self._say("refused, but %s is there", name)
            for name in (before - after) - found:
                self._say("refused, but %s is gone", name)
        for old, new in self.scene.renames.items():
            if (old in found) == (new in found):
                self._say("RENAME: %s is %s", old, "there under both names" if old in found else "under neither name")

    def _history(self, name, folder):
        """(UIDVALIDITY, UID) names one content for ever."""
        for uid, message in folder.messages.items():
            once = self.history.get((name, folder.validity, uid), message.content)
            if once != message.content:
                self._say("%s: UIDVALIDITY %d, UID %d had another content once", name, folder.validity, uid)
        if folder.uid_next <= max(folder.messages, default=0):
            self._say("%s: UIDNEXT %d is not above the UIDs", name, folder.uid_next)

    def _folder(self, name, folder):
        old_name = self._old_name(name)
        old = self.before.folders.get(old_name)
        new_name = name if name in self.after.folders else self.scene.renames.get(name)
        new = self.after.folders.get(new_name)
        if old:
            self._numbers(name, folder, old, new)
        known = old.messages if old else {}
        for uid, message in known.items():
            wanted = new.messages.get(uid) if new else message
            self._message(name, uid, message, wanted, folder.messages.get(uid))
        back = {message.content for uid, message in known.items()
                if not (new and uid in new.messages) and not self._is_told_gone(name, uid)}
        added = {uid: message for uid, message in folder.messages.items()
                 if uid not in known and not (self.fault is Fault.power and message.content in back)}
        wanted = [message for uid, message in new.messages.items() if uid not in known] if new else []
        self._added(name, old, added, wanted)

    def _numbers(self, name, folder, old, new):
        """UIDVALIDITY stays, but under a new name, where the scene gives another one there. A RENAME onto a name that
        was used before renews it first: what ends it then leaves the old name with a greater one (docs/maildir.md)."""
        is_renewed = name != self._old_name(name) and (not new or new.validity != old.validity)
        if name in self.scene.renames and new and new.validity != old.validity:
            is_renewed = old.validity is not None and folder.validity > old.validity
        may_change = old.validity is None or is_renewed
        if folder.validity != old.validity and not may_change:
            self._say("%s: UIDVALIDITY %d became %d", name, old.validity, folder.validity)
        if folder.uid_next < old.uid_next:
            self._say("%s: UIDNEXT fell from %d to %d", name, old.uid_next, folder.uid_next)

    def _message(self, name, uid, old, new, found):
        """One that was there before. new: None where the scene removes it."""
        where = "%s, UID %d" % (name, uid)
        if found is None:
            if new is not None:
                self._say("%s is lost", where)
            return
        if new is None:
            if self._is_told_gone(name, uid):
                self._say("%s was removed and is there", where)
            new = old
        if found.content != old.content:
            self._say("%s has another content", where)
        if found.date != old.date:
            self._say("%s: date %s became %s", where, old.date, found.date)
        promised = self._are_promised(name, uid, new.flags)
        if found.flags != new.flags and (found.flags != old.flags or promised):
            self._say("%s: flags %s, neither %s nor, %s, %s", where, set(found.flags), set(old.flags),
                      "as promised" if promised else "later", set(new.flags))
        done = self.status == "OK"
        if found.keywords != new.keywords and (done or not self._is_on_the_way(found, old, new)):
            self._say("%s: keywords %s; before: %s, %s: %s", where, set(found.keywords), set(old.keywords),
                      "answered OK" if done else "later", set(new.keywords))

    def _is_told_gone(self, name, uid):
        """Of a message that the scene removes."""
        return self.status == "OK" or (name == self.scene.selected and uid in self.told.expunged)

    def _are_promised(self, name, uid, flags):
        """A FETCH that could not set \\Seen is OK all the same, but then it must not say that it did."""
        if self.fault is Fault.power:
            return False
        if name == self.scene.selected and self.told.flags.get(uid) == flags:
            return True
        return self.status == "OK" and (not self.scene.implies_flags or self.fault is Fault.kill)

    def _is_on_the_way(self, found, old, new):
        """As before, or one of the states that a scene of more than one command goes through."""
        words = {word.lower() for command in self.scene.commands for word in re.findall(r"\w+", str(command))}
        return found.keywords == old.keywords or (len(self.scene.commands) > 1 and
                                                  found.keywords <= old.keywords | new.keywords | words)

    def _added(self, name, old, added, wanted):
        waiting = self.waiting.get(name, collections.Counter())
        found = collections.Counter(message.content for message in added.values())
        wanted_count = collections.Counter(message.content for message in wanted)
        for content in (found - (wanted_count | waiting)).elements():
            self._say("%s: a message %s.. that nobody stored, or a part of one", name, content[:8])
        hidden = waiting if self.fault is Fault.full else collections.Counter()
        for content in (waiting - hidden - found).elements():
            self._say("%s: the waiting message %s.. is lost", name, content[:8])
        if self.status == "OK":
            for content in (wanted_count - hidden - found).elements():
                self._say("%s: OK, but the message %s.. is not there", name, content[:8])
        if self._must_be_undone():
            for content in (found - waiting).elements():
                self._say("%s: refused, but the message %s.. is there", name, content[:8])
        for uid, message in added.items():
            if old and uid < old.uid_next:
                self._say("%s: a new message has the old UID %d", name, uid)
            self._added_message("%s, new UID %d" % (name, uid), message,
                                [each for each in wanted if each.content == message.content])

    def _added_message(self, where, message, wanted):
        for each in wanted:
            flags = message.flags == each.flags or (self.fault is Fault.power and not message.flags)
            keywords = message.keywords == each.keywords or (self.status != "OK" and not message.keywords)
            date = message.date == each.date or (self.status != "OK" and message.date == NOW)
            if flags and keywords and date:
                return
        if wanted:
            self._say("%s: %s, not as stored: %s", where, message, wanted)

    def _pairs(self):
        """What was told is there with that UID."""
        for (name, validity, uid), content in self.told.pairs.items():
            present = self.found.folders.get(name) or self.found.folders.get(self.scene.renames.get(name))
            message = present.messages.get(uid) if present else None
            if message is None or message.content != content or validity not in (None, present.validity):
                self._say("%s: UID %d was told for %s.. and is %s", name, uid, content[:8], message or "nothing")
        for name, uid_next in self.told.uid_next.items() if self.fault is not Fault.full else ():
            if name in self.found.folders and self.found.folders[name].uid_next < uid_next:
                self._say("%s: UIDNEXT %d was told and is %d", name, uid_next, self.found.folders[name].uid_next)

    def _moves(self):
        source, target = self.scene.moves or (None, None)
        if source not in self.found.folders:
            return
        left = {message.content for message in self.found.folders[source].messages.values()}
        there = set(self.found.folders[target].contents()) if target in self.found.folders else set()
        before = set(self.before.folders[source].contents())
        moved = before - set(self.after.folders[source].contents())
        for content in before - left - there:
            self._say("%s.. is in neither %s nor %s", content[:8], source, target)
        if self.status == "OK":
            for content in moved & left & there:
                self._say("%s.. is in both %s and %s", content[:8], source, target)

    def _subscriptions(self):
        before, after = self.before.subscribed, self.after.subscribed
        allowed = [after] if self.status == "OK" else [before] if self._must_be_undone() else [before, after]
        if self.found.subscribed not in allowed:
            self._say("subscriptions: %s", sorted(self.found.subscribed))
