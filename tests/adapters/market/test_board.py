"""The quote board: newest wins, marks are told together, and a start forgets nothing."""

from collections.abc import Iterable
from typing import Any

import pytest

from adapters.market.board import QuoteBoard
from domain.events import MarketSeen
from domain.fixed import Price, Quantity
from domain.ids import InstrumentId, Micros
from domain.market import Figures, Phase, Quote, TradingStatus

MSFT = InstrumentId("MSFT.XNAS")


def quote(at: int, last: int) -> Quote:
    return Quote(instrument=MSFT, at=Micros(at), last=Price(last))


class Desk:
    """A board with a clock we turn, and what it told."""

    def __init__(self, *known: Quote, statuses: Iterable[TradingStatus] = ()) -> None:
        self.now = Micros(0)
        self.told: list[MarketSeen] = []
        self.board = QuoteBoard(
            self.told.append,
            clock=lambda: self.now,
            every_us=1_000,
            known=known,
            statuses=statuses,
        )


def test_an_older_quote_changes_nothing() -> None:
    desk = Desk()
    desk.board.put([quote(5, 10)])
    desk.board.put([quote(4, 11)])
    assert desk.board.quote_of(MSFT) == quote(5, 10)


def test_quotes_of_one_interval_are_told_as_the_newest_alone() -> None:
    desk = Desk()
    desk.now = Micros(1_000)
    desk.board.put([quote(1, 10)])
    desk.board.put([quote(2, 11)])
    desk.board.put([quote(3, 12)])
    assert desk.told == [MarketSeen(quotes=(quote(1, 10),), rates=())]
    desk.now = Micros(2_000)
    desk.board.flush()
    assert desk.told[1:] == [MarketSeen(quotes=(quote(3, 12),), rates=())]


def test_a_board_begins_with_what_the_journal_knows_and_tells_it_to_nobody() -> None:
    desk = Desk(quote(5, 10))
    desk.board.put([quote(4, 11)])
    desk.board.flush()
    assert desk.board.quote_of(MSFT) == quote(5, 10)
    assert desk.told == []


def status(at: int, phase: Phase = Phase.CONTINUOUS, **more: Any) -> TradingStatus:
    return TradingStatus(instrument=MSFT, at=Micros(at), phase=phase, **more)


@pytest.mark.parametrize(
    "news",
    [
        status(3, Phase.HALTED),
        status(3, band_low=Price(9)),
        status(3, band_high=Price(11)),
        status(3, short_restricted=True),
    ],
)
def test_a_status_that_says_something_new_is_told_at_once(news: TradingStatus) -> None:
    desk = Desk(statuses=[status(1)])
    desk.now = Micros(1)
    desk.board.put(statuses=[status(2)])
    assert desk.told == [], "it only says again what it said"
    desk.board.put(statuses=[news])
    assert desk.told == [MarketSeen(statuses=(news,))]


def test_a_status_that_says_the_same_again_goes_with_the_next_marks() -> None:
    desk = Desk(statuses=[status(1)])
    desk.board.put(statuses=[status(2)])
    desk.board.put(statuses=[status(3)])
    desk.board.flush()
    assert desk.told == [MarketSeen(statuses=(status(3),))]


def test_an_older_status_changes_nothing() -> None:
    desk = Desk()
    desk.board.put(statuses=[status(5)])
    desk.board.put(statuses=[status(4, Phase.HALTED)])
    desk.board.flush()
    assert desk.told == [MarketSeen(statuses=(status(5),))]


def test_figures_wait_for_the_next_marks_and_the_newest_is_told() -> None:
    desk = Desk()
    first, newest, older = (
        Figures(instrument=MSFT, at=Micros(at), adv=Quantity(at)) for at in (2, 3, 1)
    )
    for each in (first, newest, older):
        desk.board.put(figures=[each])
    assert desk.told == []
    desk.board.flush()
    assert desk.told == [MarketSeen(figures=(newest,))]
