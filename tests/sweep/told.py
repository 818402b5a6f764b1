"""What a client was told: the promises that must be kept whatever happens afterwards."""
import re

import support
from look import digest_of, parts_of
from scenes import Append


class Told:
    """What the client was told while a scene was played.

    answers: of the commands in turn: "OK", "NO", "BAD"; shorter than the commands when the session ended before.
    pairs: {(folder, UIDVALIDITY, UID): content}; a FETCH tells no UIDVALIDITY: None.  uid_next: {folder: UIDNEXT}.
    expunged, flags: UIDs of the selected folder, and {uid: system flags} as told last.
    """

    def __init__(self, before):
        self.before = before
        self.answers, self.texts, self.pairs, self.uid_next = [], [], {}, {}
        self.expunged, self.flags = set(), {}
        self.gone = None

    def status(self, scene):
        """"OK": all of the scene was answered so; "NO": something was refused; None: the session ended before."""
        if any(answer != "OK" for answer in self.answers):
            return "NO"
        return "OK" if len(self.answers) == len(scene.commands) else None

    def hear(self, scene, client):
        """Plays the commands, up to the end of the session."""
        try:
            for command in scene.commands:
                answer = command.run(client) if isinstance(command, Append) else client.run(command)
                self._take(scene, command, answer)
        except (support.Gone, ConnectionError) as gone:
            self.gone = str(gone)

    def _take(self, scene, command, answer):
        lines, text = answer.lines, answer.text
        self.answers.append(answer.status)
        self.texts.append("%s %s" % (answer.status, text))
        self._take_expunges(scene, lines)
        if isinstance(command, Append):
            if found := re.search(r"APPENDUID (\d+) (\d+)", text):
                self.pairs[command.folder, int(found[1]), int(found[2])] = digest_of(command.content)
        if found := re.search(r"COPYUID (\d+) (\S+) ([\d,:]+)", " ".join([*lines, text])):
            for source, copy in zip(_numbers(found[2]), _numbers(found[3])):
                content = self.before.folders[scene.selected].messages[source].content
                self.pairs[scene.target, int(found[1]), copy] = content
        for line in lines:
            if found := re.match(r"\* (?:STATUS \"?([^ \"]+).*|OK \[)UIDNEXT (\d+)", line):
                self.uid_next[found[1] or scene.selected] = int(found[2])
            if found := re.match(r"\* \d+ FETCH (?=.*\bUID (\d+)).*\bFLAGS \(([^)]*)\)", line):
                self.flags[int(found[1])] = parts_of(found[2])[0]
        for response in answer.untagged:
            if response.literals and (uid := re.search(r"FETCH .*UID (\d+)", response.text)):
                self.pairs[scene.selected, None, int(uid[1])] = digest_of(response.literals[0])

    def _take_expunges(self, scene, lines):
        present = sorted(self.before.folders[scene.selected].messages) if scene.selected in self.before.folders else []
        present = [uid for uid in present if uid not in self.expunged]
        for line in lines:
            if found := re.match(r"\* (\d+) EXPUNGE", line):
                self.expunged.add(present.pop(int(found[1]) - 1))


def _numbers(ranges):
    found = []
    for part in ranges.split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    return found
