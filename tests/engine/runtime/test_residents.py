"""What is kept of who waits in memory."""

from types import SimpleNamespace

from durable_engine.records import Place
from durable_engine.runtime.residents import Residents

LOOKS = 1_000
LIMIT = 10


class Waiting:
    """A run that waits for two things, and looks at one of them after the other."""

    registration = SimpleNamespace(unload=True)
    claimed = SimpleNamespace(place=Place.NONE)
    caller = None

    def look(self, residents, due):
        self.waits = (SimpleNamespace(due=lambda: due), SimpleNamespace(due=lambda: 9))
        residents.add(self)


def test_who_looks_often_and_always_waits_takes_no_more_memory():
    residents = Residents(LIMIT)
    runs = [Waiting() for _ in range(LIMIT)]
    for due in range(LOOKS):
        for run in runs:
            run.look(residents, due)
    assert len(residents) == LIMIT
    assert len(residents._heap) < 100
