"""Trading hours: open at the opening, shut at the close, silent where nothing is known."""

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, always_open
from domain.ids import CalendarId, Micros

DAY = CalendarId("XTST")


def calendar(*sessions: tuple[int, int], since: int = 0, until: int = 100) -> Calendar:
    pairs = tuple((Micros(start), Micros(end)) for start, end in sessions)
    return Calendar(DAY, Micros(since), Micros(until), pairs)


def test_a_venue_is_open_from_its_opening_until_before_its_close() -> None:
    hours = calendar((10, 20), (30, 40))
    found = {at: hours.is_open(Micros(at)) for at in (9, 10, 19, 20, 29, 30, 39, 40)}
    assert [at for at, is_open in found.items() if is_open] == [10, 19, 30, 39]


def test_outside_its_years_a_calendar_knows_nothing() -> None:
    hours = calendar((10, 20), since=5, until=25)
    assert [hours.is_open(Micros(at)) for at in (4, 5, 24, 25)] == [None, False, False, None]


def test_a_venue_that_never_closes_is_always_open() -> None:
    hours = always_open(DAY)
    assert hours.is_open(Micros(0)) is True
    assert hours.is_open(Micros(2**53 - 2)) is True


def test_a_venue_without_sessions_is_shut() -> None:
    assert calendar().is_open(Micros(50)) is False


@given(
    edges=st.lists(st.integers(0, 99), unique=True, max_size=12).map(sorted),
    at=st.integers(-5, 105),
)
def test_the_quick_search_finds_what_a_plain_one_does(edges: list[int], at: int) -> None:
    sessions = list(zip(edges[::2], edges[1::2], strict=False))
    plain = any(start <= at < end for start, end in sessions) if 0 <= at < 100 else None
    assert calendar(*sessions).is_open(Micros(at)) is plain
