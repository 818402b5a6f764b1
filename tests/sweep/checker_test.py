"""The sweeps see what they are for: calls are answered with success and do not happen, or files are damaged meanwhile,
and the checker has to say what came of it."""
import copy
import os
import re
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import support
from checker import Check, Fault
from held_process import GO, claim
from look import Remains
from points import ERROR_KINDS, KILL_KINDS, Rehearsal, write_half
from power_loss import PowerLoss
from scenes import SCENES
from stage import Play, Stage
from told import Told


def into(name, *calls):
    """A condition: one of the calls, whose last path has that name or lies in a directory of that name."""
    def is_it(call):
        path = call.paths[-1]
        return call.name in calls and name in (os.path.basename(path), os.path.basename(os.path.dirname(path)))
    return is_it


class Lies(support.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.close)
        cls.rehearsals = {}

    def scene(self, name):
        scene, = [each for each in SCENES if each.name == name]
        if name not in self.rehearsals:
            self.rehearsals[name] = Rehearsal(self.stage, scene, KILL_KINDS)
        self.assertEqual([], self.rehearsals[name].violations)
        return scene, self.rehearsals[name].after

    def assert_seen(self, pattern, violations):
        self.assertTrue([line for line in violations if re.search(pattern, line)], violations)

    def after_a_kill(self, name, decide):
        """Plays the scene so, kills the session, and gives what the checker says."""
        scene, after = self.scene(name)
        play = Play(self.stage, scene, ERROR_KINDS, lambda call: decide(call, play))
        self.addCleanup(play.close)
        play.run()
        play.kill()
        play.session.end()
        said = ["left behind: " + lock for lock in Remains(play.maildir).locks]
        found, _ = self.stage.look(play.maildir)
        return said + Check(scene, play.before, after, self.stage.history, Fault.kill).run(found, play.told)

    def claimed(self, name, is_it):
        """The same; all such calls are answered with success and do not happen."""
        met = []

        def decide(call, _):
            if is_it(call):
                met.append(call)
                return claim(call.arguments[2] if "write" in call.name else 0)
            return GO
        said = self.after_a_kill(name, decide)
        self.assertTrue(met, "no such call")
        return said

    def unsynced(self, name, is_it):
        """After a loss of power; such calls did not sync."""
        scene, after = self.scene(name)
        sweep = PowerLoss(self.stage, scene, after, decide=lambda call: claim(0) if is_it(call) else GO)
        self.addCleanup(sweep.close)
        last = sweep.recording.steps[-1]
        return [line for _, step, _, tree in sweep.points() if step is last for line in sweep.run(step, tree)]

    def damaged(self, name, damage):
        """After a kill; damage(maildir) was done during the scene's first call that makes something."""
        done = []

        def decide(call, play):
            if call.kind in KILL_KINDS and not done:
                done.append(damage(play.maildir))
            return GO
        return self.after_a_kill(name, decide)

    def renumbered(self, name, folder, by):
        """The state before the scene, as after a kill; the folder's UIDVALIDITY is greater by so much."""
        scene, after = self.scene(name)
        before = self.stage.before_of(scene)
        found = copy.deepcopy(before)
        found.folders[folder].validity += by
        return Check(scene, before, after, self.stage.history, Fault.kill).run(found, Told(before))

    def told(self, name, answers, fault, damage):
        """The state after the scene, damaged; it was answered so."""
        scene, after = self.scene(name)
        before, found = self.stage.before_of(scene), copy.deepcopy(after)
        told = Told(before)
        told.answers = answers
        damage(before, found, told)
        return Check(scene, before, after, self.stage.history, fault).run(found, told)

    def test_a_message_that_is_not_put_into_cur(self):
        self.assert_seen("OK, but the message|was told for", self.claimed("append", into("cur", "renameat2", "linkat")))

    def test_half_a_message(self):
        def decide(call, play):
            if call.name == "write" and into("tmp", "write")(call) and call.arguments[2] > 1000:
                write_half(play.session.pid, call)
                return claim(call.arguments[2])
            return GO
        self.assert_seen("a part of one", self.after_a_kill("append", decide))

    def test_a_list_of_uids_that_is_not_written(self):
        self.assert_seen("was told for", self.claimed("append_news", lambda call: any(
            into("courierimapuiddb", name)(call) for name in ("renameat", "write", "pwrite64"))))

    def test_a_removal_that_does_not_happen(self):
        self.assert_seen("was removed and is there", self.claimed("expunge", into("cur", "unlinkat")))

    def test_flags_that_are_not_changed(self):
        self.assert_seen("as promised", self.claimed("store", into("cur", "renameat2")))

    def test_keywords_that_are_not_written(self):
        self.assert_seen("keywords", self.claimed("keywords_new", into("courierimapkeywords", "renameat2", "linkat")))

    def test_a_subscription_that_is_not_written(self):
        self.assert_seen("subscriptions", self.claimed("subscribe", into("courierimapsubscribed", "renameat")))

    def test_a_folder_that_is_not_deleted(self):
        self.assert_seen("is still there", self.claimed("delete", into("tmp", "renameat2")))

    def test_a_folder_that_is_not_renamed(self):
        self.assert_seen("is still there", self.claimed("rename", into(".Plans", "renameat2")))

    def test_a_lock_that_stays(self):
        self.assert_seen("left behind", self.claimed("append", into("courier.lock", "unlinkat")))

    def test_content_that_was_not_synced(self):
        self.assert_seen("a part of one|was told for", self.unsynced("append", into("tmp", "fsync")))

    def test_names_that_were_not_synced(self):
        self.assert_seen("was told for|OK, but", self.unsynced("append", into("cur", "fsync")))

    def test_a_list_of_uids_that_was_not_synced(self):
        lists = ("courierimapuiddb", "Maildir", "tmp")
        self.assert_seen("was told for|UIDVALIDITY", self.unsynced("append_news", lambda call: any(
            into(name, "fsync", "fdatasync")(call) for name in lists)))

    def test_a_folder_that_was_not_synced(self):
        self.assert_seen("OK, but there is no", self.unsynced("create", into("Maildir", "fsync")))

    def test_a_message_that_vanishes(self):
        def damage(maildir):
            cur = os.path.join(maildir, "cur")
            os.unlink(os.path.join(cur, sorted(name for name in os.listdir(cur) if name.endswith(",S"))[0]))
        self.assert_seen("UID 1 is lost", self.damaged("subscribe", damage))

    def test_a_list_of_uids_that_vanishes(self):
        self.assert_seen("UIDVALIDITY", self.damaged("subscribe", lambda maildir: os.unlink(
            os.path.join(maildir, ".Work", "courierimapuiddb"))))

    def test_uids_that_point_to_others(self):
        def damage(maildir):
            path = os.path.join(maildir, "courierimapuiddb")
            with open(path) as file:
                lines = file.read().splitlines()
            bases = [line.partition(" ")[2] for line in lines[1:]]
            with open(path, "w") as file:
                file.write("\n".join([lines[0], *("%d %s" % row for row in enumerate(bases[::-1], 1))]) + "\n")
        self.assert_seen("had another content", self.damaged("subscribe", damage))

    def test_a_move_whose_target_was_not_synced(self):
        self.assert_seen("the waiting message .* is lost", self.unsynced("noop_news", into("cur", "fsync")))

    def test_removals_that_were_not_synced(self):
        for name in ("expunge", "uid_expunge", "close", "rename_inbox"):
            self.assert_seen("was removed and is there", self.unsynced(name, into("cur", "fsync")))

    def test_a_rename_to_a_used_name_may_leave_a_greater_uid_validity(self):
        self.assertEqual([], self.renumbered("rename_to_gone", "INBOX.Work.Sub", 1))

    def test_no_other_uid_validity_changes(self):
        for name, folder, by in (("rename_to_gone", "INBOX.Work.Sub", -1), ("rename_to_gone", "INBOX.Work", 1),
                                 ("rename", "INBOX.Work", 1), ("delete", "INBOX.Work.Sub", 1)):
            self.assert_seen("UIDVALIDITY", self.renumbered(name, folder, by))

    def test_a_refused_subscription_that_is_made(self):
        self.assert_seen("subscriptions", self.told("subscribe", ["NO"], Fault.error, lambda *_: None))

    def test_seen_that_was_told_and_is_not_set(self):
        def forget(before, found, told):
            found.folders["INBOX"].messages[5].flags = before.folders["INBOX"].messages[5].flags

        def claim_seen(before, found, told):
            forget(before, found, told)
            told.flags[5] = frozenset({"\\Seen"})
        self.assertEqual([], self.told("fetch_sets_seen", ["OK"], Fault.error, forget))
        self.assert_seen("as promised", self.told("fetch_sets_seen", ["OK"], Fault.error, claim_seen))
        self.assert_seen("as promised", self.told("fetch_sets_seen", ["OK"], Fault.kill, forget))

    def test_a_message_that_comes_back_after_a_loss_of_power(self):
        def come_back(before, found, told):
            messages = found.folders["INBOX"].messages
            messages[max(before.folders["INBOX"].messages) + 1] = before.folders["INBOX"].messages[2]
            found.folders["INBOX"].uid_next += 1
        self.assertEqual([], self.told("uid_expunge", [], Fault.power, come_back))
        self.assert_seen("nobody stored", self.told("uid_expunge", ["OK"], Fault.power, come_back))

    def test_a_folder_that_vanishes(self):
        self.assert_seen("folder INBOX.Work is lost", self.damaged("subscribe", lambda maildir: shutil.rmtree(
            os.path.join(maildir, ".Work"))))


if __name__ == "__main__":
    unittest.main(verbosity=2)
