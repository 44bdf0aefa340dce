"""Replay: the journal alone rebuilds the state, and proves that the rules still say the same.

Recovery, a standby, a what-if and the regression test on real history are all this function:
decide every recorded event again and apply it. Where the new outcome's text differs from the
recorded one, the gate that runs now would not do what the gate that ran then did; the first
such record is a `Difference`, and recovery refuses to go on from it.
"""

from collections.abc import Iterable, Iterator

from domain.events import Event
from gateway.core import apply, decide
from gateway.outcome import Outcome
from gateway.records import read_record, write_outcome
from gateway.state import State


class Difference(Exception):
    """Record `seq` was decided otherwise than it would be now."""

    def __init__(self, seq: int, recorded: str, decided: str) -> None:
        super().__init__(
            f"record {seq} would be decided differently now\n"
            f"  recorded: {recorded}\n"
            f"  decided:  {decided}"
        )
        self.seq = seq
        self.recorded = recorded
        self.decided = decided


def replay(
    state: State, records: Iterable[bytes], *, check: bool = True
) -> Iterator[tuple[Event, Outcome]]:
    """Carry recorded events out again, one by one, yielding each as it is applied.

    Raises
    ------
    Difference
        At the first record whose outcome is not, byte for byte, what is decided now.
    gateway.records.RecordUnreadable
        At a record this version cannot read.
    """
    for line in records:
        event, recorded = read_record(line, mark=state.mark)
        assert event.seq == state.next_seq, "records come in order, without gaps"
        outcome = decide(state, event)
        if check:
            text = write_outcome(outcome)
            if text != recorded:
                raise Difference(event.seq, recorded, text)
        apply(state, event, outcome)
        yield event, outcome
