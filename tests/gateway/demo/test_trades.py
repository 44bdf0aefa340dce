"""The table of an account's trades, and what is wrong with it."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from domain.fixed import NANO, parse_fixed
from domain.ids import InstrumentId
from domain.reference import Reference
from gateway.demo.show import TRADES
from gateway.demo.trades import Unreadable, read_account
from tests.gateway.demo.conftest import FULL, WHOLE

HEAD = ",amount,price,sid,symbol,txn_dollars\n"
ROW = "2008-09-02 00:00:00+00:00,-300,11.48,1,CERN,3444\n"
CERN = InstrumentId("CERN.XNAS")


def test_the_sample_is_four_months_of_seven_shares(reference: Reference) -> None:
    account = read_account(TRADES, reference.instruments)
    assert len(account.trades) == 515
    assert account.trades[0].on == date(2008, 9, 2)
    assert account.trades[-1].on == date(2008, 12, 31)
    assert len({trade.instrument.id for trade in account.trades}) == 7
    assert account.opening[CERN].quantity == 2257 * NANO


def test_positions_are_the_opening_and_all_trades(reference: Reference, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(HEAD + ROW + ROW.replace("-300", "20"))
    (tmp_path / "opening.csv").write_text("symbol,quantity,price\nCERN,1000,11.5\n")
    account = read_account(path, reference.instruments)
    assert account.positions() == {CERN: 720 * NANO}
    assert account.first(1).positions() == {CERN: 700 * NANO}
    assert account.first(None) == account


def test_a_packed_table_is_unpacked(reference: Reference, tmp_path: Path) -> None:
    path = tmp_path / "trades.csv.gz"
    path.write_bytes(gzip.compress((HEAD + ROW).encode()))
    (trade,) = read_account(path, reference.instruments).trades
    assert (trade.quantity, trade.price) == (-300 * NANO, parse_fixed("11.48"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("CERN", "IBM"), ":2: the facts list no `IBM`, only AMD, CERN,"),
        (ROW.replace("-300", "1e3"), ":2: `amount`: `1e3` is not a plain decimal"),
        (ROW.replace("11.48", ""), ":2: `price`: `` is not a plain decimal"),
        (ROW.replace("2008-09-02", "2.9.2008"), ":2: `2.9.2008 00:00:00+00:00` is not a day"),
    ],
)
def test_a_line_that_is_no_trade_is_told_with_its_place(
    reference: Reference, tmp_path: Path, row: str, said: str
) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(HEAD + row)
    with pytest.raises(Unreadable) as refusal:
        read_account(path, reference.instruments)
    assert said in str(refusal.value)


@WHOLE
def test_the_sample_stands_in_the_whole_account(reference: Reference) -> None:
    whole = read_account(FULL, reference.instruments)
    sample = read_account(TRADES, reference.instruments)
    before = [trade for trade in whole.trades if trade.on < sample.trades[0].on]
    within = whole.trades[len(before) : len(before) + len(sample.trades)]
    assert tuple(within) == tuple(sample.trades)
    held = whole.first(len(before)).positions()
    assert held == {name: holding.quantity for name, holding in sample.opening.items()}
