"""The quote board: newest wins, marks are told together, and a start forgets nothing."""

from adapters.market.board import QuoteBoard
from domain.events import MarketSeen
from domain.fixed import Price
from domain.ids import InstrumentId, Micros
from domain.market import Quote

MSFT = InstrumentId("MSFT.XNAS")


def quote(at: int, last: int) -> Quote:
    return Quote(instrument=MSFT, at=Micros(at), last=Price(last))


class Desk:
    """A board with a clock we turn, and what it told."""

    def __init__(self, *known: Quote) -> None:
        self.now = Micros(0)
        self.told: list[MarketSeen] = []
        self.board = QuoteBoard(
            self.told.append, clock=lambda: self.now, every_us=1_000, known=known
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
