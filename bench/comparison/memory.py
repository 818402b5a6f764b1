"""In which programs of a server its memory is: at rest, and what idle sessions add."""
import contextlib

SESSIONS = 50


def by_program(server, rest=0.03):
    """{program: {"rest": KiB, "session": KiB that each further session adds}}
    rest: seconds that the server must have rested for before its memory is read."""
    def idle():
        session = stack.enter_context(server.session("small"))
        session.ask("SELECT INBOX")
        session.idle()
    with contextlib.ExitStack() as stack:
        server.meter.settle()
        none = server.meter.pss_of_programs()
        idle()
        server.meter.settle(rest)
        one = server.meter.pss_of_programs()
        for _ in range(SESSIONS):
            idle()
        server.meter.settle(rest)
        many = server.meter.pss_of_programs()
    return {name: {"rest": none.get(name, 0), "session": (many.get(name, 0) - one.get(name, 0)) / SESSIONS}
            for name in sorted({*many, *one})}
