"""A checker for OpenMetrics 1.0 text, as far as counters and gauges without timestamps go."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(r"(%s)(?:\{((?:%s)(?:,%s)*)\})? (\d+)" % (NAME, LABEL, LABEL))
METADATA = re.compile(r"# (TYPE|UNIT|HELP) (%s) (\S.*)" % NAME)


def expect(condition, line):
    if not condition:
        raise AssertionError("no OpenMetrics: %r" % line)


def check(text):
    """Gives {(sample name, labels): value}; fails on what the format does not allow."""
    lines = text.split("\n")
    expect(lines[-2:] == ["# EOF", ""], text[-80:])
    families, samples, told = {}, {}, set()
    family = None
    for line in lines[:-2]:
        if metadata := METADATA.fullmatch(line):
            kind, name, value = metadata.groups()
            if name != family:
                expect(name not in families, line)  # families stand together, each once
                family, families[name], told = name, None, set()
            expect(kind not in told, line)
            told.add(kind)
            if kind == "TYPE":
                expect(value in ("counter", "gauge"), line)
                families[name] = value
            expect(kind != "UNIT" or name.endswith("_" + value), line)
            continue
        sample = SAMPLE.fullmatch(line)
        expect(sample and family and families[family], line)
        name, labels, value = sample.groups()
        expect(name == family + ("_total" if families[family] == "counter" else ""), line)
        expect((name, labels) not in samples, line)
        told = {"TYPE", "UNIT", "HELP"}  # nothing of them behind a sample
        samples[name, labels] = int(value)
    return samples
