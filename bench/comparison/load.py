"""Runs postrider-bench against a server and reads the figures that it gives. What they are: bench/load."""
import json
import pathlib
import subprocess

from . import client

PATIENCE = 3600  # seconds, for one scenario
UNSUPPORTED = 3  # exit code


class Unsupported(Exception):
    """The server cannot do this; says why."""


class Failed(Exception):
    """The work went wrong: the figures would not be those of this work."""


class Generator:
    """program: postrider-bench.  prefix: words before it, such as those that pin it to a core."""

    def __init__(self, program, prefix=()):
        self.program, self.prefix = program, list(prefix)
        if not pathlib.Path(program).is_file():
            raise SystemExit(f"{program}: no such program; build it, or name another one with --generator")

    def run(self, server, scenario, *options, users=("bench",), tls="none", protocol="imap", settle=None,
            patience=60, must_succeed=True):
        """The median of the scenario's runs, as a dictionary; {"unit": ...} is in it too.
        settle: seconds that the server must rest for, so that work it put off counts.
        patience: seconds for one answer.
        must_succeed: no operation may fail; else errors are a figure like others."""
        words = [self.program, scenario, "--host", "127.0.0.1", "--port", server.ports[_port(protocol, tls)],
                 "--protocol", protocol, "--tls", tls, "--accounts", self._accounts(server, users),
                 "--server-pid", server.process.pid, "--json", "-", "--quiet", "--timeout", patience, *options]
        if settle:
            words += ["--settle", settle]
        try:
            done = subprocess.run(self.prefix + list(map(str, words)), capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {PATIENCE} s") from None
        return read(done.returncode, done.stdout, done.stderr, must_succeed)

    @staticmethod
    def _accounts(server, users):
        path = server.folder / "accounts"
        path.write_text("".join(f"{user}:{client.PASSWORD}\n" for user in users))
        return path


def _port(protocol, tls):
    return protocol + ("s" if tls == "implicit" else "")


def read(code, output, errors, must_succeed=True):
    """The figures of a run that ended with this exit code. Raises Unsupported or Failed."""
    try:
        told = json.loads(output)
    except ValueError:
        raise Failed(f"exit {code}: {errors.strip()[-300:]}") from None
    if code == UNSUPPORTED or "unsupported" in told:
        raise Unsupported(told.get("unsupported", "no reason given"))
    figures = told.get("median", {})
    if not must_succeed and "operations" in figures:
        return {**figures, "unit": told["unit"], "error_texts": told["error_texts"]}
    if code or figures.get("errors") or told.get("error_texts"):
        texts = "; ".join(f"{text} ({times})" for text, times in told.get("error_texts", {}).items())
        raise Failed(texts or errors.strip()[-300:] or f"exit {code}")
    if not figures.get("operations"):
        raise Failed("nothing was done")
    return {**figures, "unit": told["unit"]}
