"""Day trades, counted in runs: the examples a customer would ask about."""

import pytest

from domain.day_trades import DAYS, DayTrades
from tests.builders import IBM, VOD

TODAY = [
    ("bought and sold", 0, [100, -100], 1),
    ("sold short and bought back", 0, [-100, 100], 1),
    ("bought in three, sold in two", 0, [50, 30, 20, -60, -40], 1),
    ("bought and sold twice", 0, [100, -100, 100, -100], 2),
    ("bought, sold in part, bought, sold", 0, [100, -50, 20, -70], 2),
    ("held overnight and sold", 100, [-100], 0),
    ("held overnight, sold, and bought again", 100, [-100, 100], 0),
    ("held overnight, added to and sold", 100, [10, -110], 1),
    ("held overnight and turned over, then bought back", 100, [-150, 50], 1),
    ("bought, and turned over, and bought back", 0, [100, -150, 50], 2),
    ("short overnight and bought back", -100, [100], 0),
]


@pytest.mark.parametrize(("what", "held", "trades", "wanted"), TODAY, ids=[row[0] for row in TODAY])
def test_a_day_trade_is_what_was_opened_and_closed_today(
    what: str, held: int, trades: list[int], wanted: int
) -> None:
    counted, position = DayTrades(), held
    for signed in trades:
        counted.trade(IBM, position, signed)
        position += signed
    assert counted.recent.day_trades == wanted, what


def test_runs_are_the_trades_they_are_held_against() -> None:
    counted, position = DayTrades(), 0
    for signed in (50, 50, -20, -80, -10, 10):
        counted.trade(IBM, position, signed)
        position += signed
    # Bought; sold; sold short; bought back.
    assert (counted.recent.trades, counted.recent.day_trades) == (4, 2)


def test_instruments_do_not_close_each_other() -> None:
    counted = DayTrades()
    counted.trade(IBM, 0, 100)
    counted.trade(VOD, 100, -100)
    assert counted.recent.day_trades == 0


def test_a_count_is_forgotten_after_five_days() -> None:
    counted = DayTrades()
    counted.trade(IBM, 0, 100)
    counted.trade(IBM, 100, -100)
    for _ in range(DAYS - 1):
        counted.turn(1)
        assert counted.recent.day_trades == 1
    counted.turn(1)
    assert counted.recent.day_trades == 0


def test_days_without_trades_pass_alike() -> None:
    counted = DayTrades()
    counted.trade(IBM, 0, 100)
    counted.trade(IBM, 100, -100)
    counted.turn(DAYS - 1)
    assert counted.recent.day_trades == 1
    counted.turn(100)
    assert (counted.recent.trades, len(counted.counts)) == (0, DAYS)


def test_what_was_opened_yesterday_is_not_of_today() -> None:
    counted = DayTrades()
    counted.trade(IBM, 0, 100)
    assert counted.closes(IBM, 100)
    counted.turn(1)
    assert not counted.closes(IBM, 100)
