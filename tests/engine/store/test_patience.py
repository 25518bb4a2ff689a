"""How long a statement may wait for its answer before its connection is broken."""

from durable_engine.store.patience import Patience


def test_slow_server_is_given_twice_the_time_until_it_is_calm():
    patience = Patience(beat_seconds=9.0, other_seconds=1.0)
    broken = []

    class Waiting:
        purpose, asked_at = "read", 100.0

        def break_off(self, asked_at):
            broken.append(asked_at)
            return True

    moments = (100.9, 101.0, 101.9, 102.0, 103.9, 104.0, 705.0)
    told = []
    for moment in moments:
        before = len(broken)
        patience._look(Waiting(), moment)
        told.append(len(broken) > before)
    assert told == [False, True, False, True, False, True, True]
    assert patience._factors == {"read": 2}
