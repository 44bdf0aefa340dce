"""Up to which number (34) what a session brought is recorded.

quickfix counts a message as received when its callback returns; we, when its record is in the
journal. A gateway killed in between would never see that message again. So the number of the last
recorded message is marked, and after a start the engine expects the one behind it: the other side
resends what was lost, and fills the gap where there were only heartbeats.

INVARIANT (ask again for what was not recorded): the mark is never ahead of the journal. It may be
behind; then messages come twice, and the core knows them by their ids.
"""

from adapters.fix.mark import Mark


class Received:
    """The numbers one session brought."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._era = 0

    def arrive(self, number: int) -> int:
        """Note that a message has arrived, and give the era its number belongs to.

        A number that is not above the last recorded one begins a new era: they were reset.
        """
        if number <= self._mark.number:
            self._era += 1
            self._mark.set(number - 1)
        return self._era

    def keep(self, number: int, era: int) -> None:
        """Note that a message is recorded."""
        if era == self._era:
            self._mark.set(number)

    def expected(self, incoming: int) -> int | None:
        """Say which number to expect in place of `incoming`; None where nothing is missing."""
        wanted = self._mark.number + 1
        return wanted if 1 < wanted < incoming else None
