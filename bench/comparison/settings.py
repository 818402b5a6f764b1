"""Templates of settings: @name@ stands for a value. A peer's are in bench/peers/NAME, laid out as below /."""
import pathlib
import re

TEMPLATES = pathlib.Path(__file__).resolve().parent.parent / "peers"


class Unknown(Exception):
    """A template wants a value that is not there."""


def filled(text, values):
    """Every @name@ replaced; one that values lacks is a mistake in the template."""
    def value(found):
        if found.group(1) not in values:
            raise Unknown(found.group())
        return str(values[found.group(1)])
    return re.sub(r"@([a-z0-9_]+)@", value, text)


def write(peer, target, values):
    """All files of a peer's templates but its README, below target; returns the path of its start script."""
    source = TEMPLATES / peer
    for path in source.rglob("*"):
        if path.is_file() and path.name != "README.md":
            to = target / path.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(filled(path.read_text(), values))
            to.chmod(0o755 if path.name == "start" else 0o644)
    return target / "start"


def statement(peer):
    """What its README says, without the title."""
    return (TEMPLATES / peer / "README.md").read_text().partition("\n\n")[2].strip()
